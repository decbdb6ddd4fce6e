"""`pas route`: what to do with one asset next, its work plan, the decision; and what other prices would change."""

from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from pas.commands.frame import Work, reading, writing
from pas.terminal import AsJson, InvalidValue, TenantSlug, out, print_json, print_table, refuses

if TYPE_CHECKING:
    from uuid import UUID

    from lifecycle.portfolio.route_scenario import RouteScenarios
    from lifecycle.route.outlook import Outlook
    from lifecycle.route.planned import RoutePlan


class AssetFirst(TyperGroup):
    """Takes `pas route ASSET` for `pas route asset ASSET`, as it is mostly asked."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Put the command in that is meant where none is named."""
        is_named = not args or args[0] in {*self.commands, "--help"}
        return super().parse_args(ctx, args if is_named else ["asset", *args])


app = typer.Typer(
    cls=AssetFirst,
    no_args_is_help=True,
    help="Routes: `pas route ASSET` weighs them for one asset, `pas route scenarios` for the fleet at other prices.",
)

_STEP = ("position", "kind", "part", "quantity", "minutes", "parts_cost", "carbon")
_AT_GRADE = ("grade", "chance", "route", "runner_up", "turning_wage", "turning_carbon")
_MOVED = ("currency", "things", "held", "flips", "net_now", "net_then", "of_prices", "of_flips", "carbon_change")


@app.command("asset")
@refuses
def asset_(
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
    plan: Annotated[bool, typer.Option("--plan", help="Show the work plan: steps, minutes, parts, cost, CO2.")] = False,
    decide: Annotated[bool, typer.Option("--decide", help="Decide: the route that nets most, or --route.")] = False,
    lift: Annotated[bool, typer.Option("--lift", help="Take the decision that stands back; needs --reason.")] = False,
    route: Annotated[str | None, typer.Option("--route", help="The route to plan or to decide on.")] = None,
    reason: Annotated[str, typer.Option("--reason", help="Why it shall be this route.")] = "",
    as_json: AsJson = False,
    tenant: TenantSlug = None,
) -> None:
    """Weigh the routes of one asset over the grades that it may have; with --decide, --lift or --plan that instead."""
    if plan + decide + lift > 1:
        raise typer.BadParameter("one of --plan, --decide and --lift at a time")
    if decide or lift:
        _settle(asset, route, reason, tenant, lift=lift, as_json=as_json)
        return
    from lifecycle.read_outlook import read_outlook
    from lifecycle.read_route_plan import read_route_plan

    with reading(tenant) as work:
        asset_id = _found(work, asset)
        if plan:
            planned = read_route_plan(work.session, asset_id=asset_id, route=route, now=work.now, wage=wage)
        else:
            made = read_outlook(work.session, asset_id=asset_id, now=work.now, wage=wage, carbon_price=carbon_price)
    if as_json:
        print_json(planned if plan else made)
    elif plan:
        _tell_plan(planned)
    else:
        _tell_outlook(made)


@app.command()
@refuses
def scenarios(
    *,
    labour: Annotated[float | None, typer.Option("--labour", min=0, max=100, help="Times the wages of today.")] = None,
    carbon: Annotated[float | None, typer.Option("--carbon", min=0, max=1e6, help="Price of a tonne of CO2e.")] = None,
    scrap: Annotated[float | None, typer.Option("--scrap", min=0, max=100, help="Times today's scrap prices.")] = None,
    as_json: AsJson = False,
    tenant: TenantSlug = None,
) -> None:
    """Tell how many assets would go another route at other prices, and what value and CO2 that moves."""
    from lifecycle.read_scenarios import read_scenarios
    from pas.api.route_scenarios import asked

    with reading(tenant) as work:
        told = read_scenarios(work.session, settings=asked(labour, carbon, scrap), now=work.now)
    if as_json:
        print_json(told)
    else:
        _tell_scenarios(told)


def _found(work: Work, asset: str) -> "UUID":
    from lifecycle.queries import assets_by_reference

    found = assets_by_reference(work.session, [asset])
    if asset not in found:
        raise InvalidValue(f"{asset!r} names no asset, or more than one; try its public identifier", field="asset")
    return found[asset]


def _settle(asset: str, route: str | None, reason: str, tenant: str | None, *, lift: bool, as_json: bool) -> None:
    """Decide on a route, or take the decision back."""
    from lifecycle.decide_route import decide_route, lift_route
    from lifecycle.route.verdict import NewVerdict, VerdictLifted
    from telemetry.identity import new_id

    with writing(tenant) as work:
        asset_id = _found(work, asset)
        if lift:
            lifted = VerdictLifted.model_validate({"why": reason})
            lift_route(work.session, asset_id=asset_id, lifted=lifted, now=work.now, by=work.by)
            document: dict[str, Any] = {"asset_id": str(asset_id), "lifted": True}
        else:
            verdict = NewVerdict(id=new_id(), route=route, why=reason)
            made = decide_route(work.session, asset_id=asset_id, verdict=verdict, now=work.now, by=work.by)
            document = made.model_dump(mode="json", exclude={"tenant_id"})
    if as_json:
        print_json(document)
    elif lift:
        out.print("the decision is taken back; the asset is assessed again", highlight=False)
    else:
        nets = f"it nets {document['net_value']} {document['currency']} at grade {document['grade']}"
        out.print(f"decided: {document['route']}; {nets}; {document['proposed']} nets most", highlight=False)


def _tell_plan(plan: "RoutePlan") -> None:
    title = f"{plan.route} ({plan.rung or 'no rung'}) at grade {plan.grade}, by {plan.basis.value}"
    print_table(title, [{name: _shown(getattr(step, name)) for name in _STEP} for step in plan.steps])
    out.print(
        f"{plan.minutes:g} minutes at {plan.wage:.2f} an hour: {plan.labour}; parts {plan.parts_cost}; "
        f"together {plan.cost} {plan.currency}; CO2e saved {plan.carbon_saved} kg",
        highlight=False,
    )
    if plan.realised.orders:
        took = f"{plan.realised.minutes} minutes, {plan.realised.cost} {plan.currency}"
        out.print(f"such work took before ({plan.realised.orders} orders, mean): {took}", highlight=False)
    if not plan.feasible:
        out.print("this route is barred to the asset as it is graded now", highlight=False)


def _tell_outlook(made: "Outlook") -> None:
    print_table(
        f"{made.route}, at {made.wage:g} an hour and {made.carbon_price:g} a tonne of CO2e",
        [
            {"route": name, "rung": made.rungs.get(name) or "-", "expected to net": f"{net:.2f}"}
            for name, net in made.expected.items()
        ],
    )
    print_table(
        "By grade",
        [{name: _shown(getattr(one, name)) for name in _AT_GRADE} for one in made.grades],
    )
    out.print(f"knowing the grade first would add {made.value_of_inspection:.2f}", highlight=False)
    print_table("At published prices of CO2e", [one.model_dump() for one in made.presets])


def _tell_scenarios(told: "RouteScenarios") -> None:
    for one in told.scenarios:
        title = f"{one.name}: labour x {one.labour:g}, CO2 at {one.carbon:g} a tonne, scrap x {one.scrap:g}"
        print_table(title, [{name: getattr(total, name) for name in _MOVED} for total in one.totals])
        for total in one.totals:
            ways = ", ".join(f"{way}: {count}" for way, count in total.ways.items())
            out.print(f"ways taken instead: {ways or 'none'}", highlight=False)
    out.print(f"{told.left_out} of {told.things} things left out: no grade, no value, or no way open", highlight=False)


def _shown(cell: Any) -> str:
    """Write a cell as one reads it."""
    if cell is None:
        return "-"
    return str(round(cell, 3)) if isinstance(cell, float) else str(cell)
