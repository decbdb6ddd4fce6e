"""`pas audit` says whether all chains are whole."""

import typer

from pas.commands.frame import reading
from pas.terminal import AsJson, TenantSlug, out, print_json, refuses

app = typer.Typer(no_args_is_help=True, help="The chains of the histories and of the audit.")


@app.callback()
def _group() -> None:
    """Keep `verify` a word of its own, as more will follow."""


@app.command()
@refuses
def verify(*, as_json: AsJson = False, tenant: TenantSlug = None) -> None:
    """Walk every chain and name the first broken link; exit code 1 if there is one."""
    from lifecycle.verify_history import verify_chains

    with reading(tenant) as work:
        report = verify_chains(work.session)
    if as_json:
        print_json(report)
    elif report.broken is None:
        out.print(f"{report.links} links in {report.chains} chains are whole")
    else:
        broken = report.broken
        out.print(f"[bold red]broken[/]: {broken.chain}, link {broken.sequence}: {broken.why}", soft_wrap=True)
    if report.broken is not None:
        raise typer.Exit(1)
