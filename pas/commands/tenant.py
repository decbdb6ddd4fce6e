"""`pas tenant`: the tenants of this installation."""

from typing import Annotated

import typer

from pas import clock
from pas.terminal import AsJson, out, print_json, print_table, refuses

app = typer.Typer(no_args_is_help=True, help="The tenants who share this installation without seeing each other.")


@app.command()
@refuses
def found(
    slug: Annotated[str, typer.Argument(help="What people type at the login: lower case, no blanks.")],
    name: Annotated[str, typer.Option("--name", help="The tenant's name.")],
    *,
    as_json: AsJson = False,
) -> None:
    """Found a tenant, with the metrics that everybody measures."""
    from pas.commands.frame import opened
    from pas.found_tenant import found_tenant

    with opened() as database:
        number = found_tenant(database, slug=slug, name=name, now=clock.now())
    if as_json:
        print_json({"tenant": slug, "name": name, "number": number})
    else:
        out.print(f"founded {slug}; next: pas person add EMAIL --role administrator --name NAME --tenant {slug}")


@app.command("list")
@refuses
def list_tenants(*, as_json: AsJson = False) -> None:
    """List the tenants."""
    from pas.commands.frame import opened
    from pas.found_tenant import tenants

    with opened() as database:
        rows = [{"tenant": one.slug, "name": one.name, "founded_at": one.founded_at} for one in tenants(database)]
    if as_json:
        print_json(rows)
    else:
        print_table("Tenants", rows)
