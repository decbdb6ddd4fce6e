"""`pas route`: what to do with one asset next, what each route is expected to net, and what would change the choice."""

from typing import Annotated

import typer

from pas.commands.frame import reading
from pas.terminal import AsJson, InvalidValue, TenantSlug, out, print_json, print_table, refuses


@refuses
def route(
    asset: Annotated[str, typer.Argument(help="Public identifier, serial number or id.")],
    *,
    wage: Annotated[
        float | None, typer.Option("--wage", min=0, max=1e6, help="Wage per hour; the product's if left out.")
    ] = None,
    carbon_price: Annotated[
        float | None,
        typer.Option(
            "--carbon-price", min=0, max=1e6, help="Price of a tonne of CO2e; market prices alone if left out."
        ),
    ] = None,
    as_json: AsJson = False,
    tenant: TenantSlug = None,
) -> None:
    """Weigh the routes of one asset over the grades that it may have; decides nothing."""
    from lifecycle.queries import assets_by_reference
    from lifecycle.read_outlook import read_outlook

    with reading(tenant) as work:
        found = assets_by_reference(work.session, [asset])
        if asset not in found:
            raise InvalidValue(f"{asset!r} names no asset, or more than one; try its public identifier", field="asset")
        made = read_outlook(work.session, asset_id=found[asset], now=work.now, wage=wage, carbon_price=carbon_price)
    if as_json:
        print_json(made)
        return
    print_table(
        f"{made.route}, at {made.wage:g} an hour and {made.carbon_price:g} a tonne of CO2e",
        [{"route": name, "expected to net": f"{net:.2f}"} for name, net in made.expected.items()],
    )
    print_table(
        "By grade",
        [
            one.model_dump(include={"grade", "chance", "route", "runner_up", "turning_wage", "turning_carbon"})
            for one in made.grades
        ],
    )
    out.print(f"knowing the grade first would add {made.value_of_inspection:.2f}", highlight=False)
    print_table("At published prices of CO2e", [one.model_dump() for one in made.presets])
