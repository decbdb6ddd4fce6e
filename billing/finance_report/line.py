"""One thing of the report: what it may bring and net, by which route, against what the books say, step by step."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from pydantic import BaseModel, Field

from billing.contract_life.ending import EndReportLine
from billing.finance_report.assumptions import figure
from billing.finance_report.frozen import SetResidual
from billing.finance_report.known_thing import KnownThing
from billing.finance_report.simulated import Net
from lifecycle.money import to_cents
from lifecycle.route.economics import Takings
from lifecycle.valuation.depreciation import Schedule
from lifecycle.valuation.value import DAYS_A_YEAR, AssetValue

NOTHING = Decimal("0.00")
STEPS = ("price_new", "age", "use", "condition", "market", "premise", "route_price", "route_cost", "doubt")
"""The steps of a waterfall, in order; the first six end at the gross value, all at the expected net."""
GROSS = 6


class WaterfallStep(BaseModel):
    """One step from the price new to the value."""

    step: str
    amount: Decimal


class FinanceLine(EndReportLine):
    """One thing, valued as of its last day. P10, P50 and P90 are gross and under the premise of the report.

    `net_*` are after the costs of the route that nets most in each scenario, `route` is the one expected to net most;
    `headroom` is the expected net less the book value, `write_down` what the book value is too high. `engine` is
    `expert` where no sale was learned from, `comparables` how many were, `sales_seen` how many were on record.
    """

    product_name: str
    category: str
    years_left: float
    made_on: date | None
    comparables: int
    sales_seen: int
    engine: str
    net_mean: Decimal | None = None
    net_p10: Decimal | None = None
    net_p50: Decimal | None = None
    net_p90: Decimal | None = None
    route_cost: Decimal | None = None
    routes: dict[str, float] = Field(default_factory=dict)
    book_value: Decimal | None = None
    book_formula: str = ""
    headroom: Decimal | None = None
    write_down: Decimal | None = None
    residual_set: Decimal | None = None
    guaranteed: Decimal = NOTHING
    guaranteed_by: str = ""
    unguaranteed: Decimal | None = None
    ias16_residual: Decimal | None = None
    ifrs16_fall: Decimal | None = None
    crr_years: int
    crr_amount: Decimal | None = None
    left_out: str | None = None
    waterfall: list[WaterfallStep] = Field(default_factory=list)


class Told(NamedTuple):
    """What the rules told of one thing on its last day: its value, and without what sales taught."""

    thing: KnownThing
    value: AssetValue
    declared: AssetValue


def line_of(told: Told, *, as_of: date, factor: float) -> FinanceLine:
    """Say of a thing what can be said whatever its route: gross values, books, guarantee."""
    thing, worth = told.thing, told.value
    frozen, product = thing.frozen, thing.known.product
    gross = {name: _times(getattr(worth, name), factor) for name in ("p10", "p50", "p90")}
    shared = {name: getattr(worth, name) for name in EndReportLine.model_fields if name in AssetValue.model_fields}
    schedule, passed = books(thing, frozen.last_day)
    booked = None if schedule is None else schedule.after(passed)
    years = (frozen.last_day - as_of).days / DAYS_A_YEAR
    named = ("contract", "customer", "customer_name", "public_id", "last_day", "made_on")
    lesson = thing.known.lesson
    whole = max(int(figure("capital", "least_years")), round(years))
    open_part = None if booked is None else max(booked - _guaranteed(frozen.residual), NOTHING)
    return FinanceLine(
        **(shared | gross | {name: getattr(frozen, name) for name in named}),
        product_name=product.name,
        category=product.trade,
        years_left=round(years, 2),
        sales_seen=thing.known.sales,
        comparables=0 if lesson is None else lesson.sales,
        engine="expert" if lesson is None else lesson.engine,
        book_value=booked,
        book_formula="" if schedule is None else schedule.formula(passed),
        residual_set=None if frozen.residual is None else frozen.residual.residual,
        guaranteed=_guaranteed(frozen.residual),
        guaranteed_by="" if frozen.residual is None else frozen.residual.guaranteed_by,
        unguaranteed=open_part,
        crr_years=whole,
        crr_amount=None if open_part is None else to_cents(open_part / whole),
        left_out=_why_left_out(thing, worth),
    )


def netted(line: FinanceLine, told: Told, net: Net, routes: dict[str, float], taken: Takings | None) -> FinanceLine:
    """Add what a thing nets, and hold it against the books."""
    mean, low, middle, high = (_cents(one) for one in net)
    route = max(routes, key=lambda name: routes[name])
    cost = NOTHING if taken is None else _cents(taken.income - taken.net)
    headroom = None if line.book_value is None else mean - line.book_value
    expected_set = line.residual_set
    return line.model_copy(
        update={
            "route": route,
            "routes": {name: round(one, 2) for name, one in routes.items()},
            "net_mean": mean,
            "net_p10": low,
            "net_p50": middle,
            "net_p90": high,
            "route_cost": cost,
            "headroom": headroom,
            "write_down": None if headroom is None else max(-headroom, NOTHING),
            "ias16_residual": None if told.value.p50 is None else max(told.value.p50 - cost, NOTHING),
            "ifrs16_fall": None if expected_set is None else _fall(line, mean),
            "left_out": None,
            "waterfall": waterfall(line, told, taken, mean),
        }
    )


def books(thing: KnownThing, day: date) -> tuple[Schedule | None, int]:
    """Give the schedule by which a thing is written off, to the residual set for it, and how much has passed of it."""
    frozen, product, began = thing.frozen, thing.known.product, thing.born
    if began is None or began > day:
        return None, 0
    residual = NOTHING if frozen.residual is None else frozen.residual.residual
    life = max(round(product.rated_years * DAYS_A_YEAR), 1)
    return Schedule(to_cents(product.price_new), residual, life), (day - began).days


def waterfall(line: FinanceLine, told: Told, taken: Takings | None, mean: Decimal) -> list[WaterfallStep]:
    """Walk from the price new to the expected net; the steps add up to it to the cent.

    Age, use and condition are as the maker declares them, where it does; market is what sales say beyond that.
    """
    parts = _steps_of(told.declared if told.declared.p50 is not None else told.value)
    fair = told.value.p50 or NOTHING
    gross = line.p50 or NOTHING
    steps = {name: parts.get(name, NOTHING) for name in ("price_new", "age", "use", "condition")}
    steps["market"] = fair - sum(steps.values(), NOTHING)
    steps["premise"] = gross - fair
    income, cost = (NOTHING, NOTHING) if taken is None else (_cents(taken.income), _cents(taken.income - taken.net))
    steps["route_price"] = income - gross
    steps["route_cost"] = -cost
    steps["doubt"] = mean - income + cost
    return [WaterfallStep(step=name, amount=steps[name] + NOTHING) for name in STEPS]


def _steps_of(worth: AssetValue) -> dict[str, Decimal]:
    names = {"value.price_new": "price_new", "value.age": "age", "value.use": "use", "value.grade": "condition"}
    return {
        names[one.code]: _cents(one.effect) for one in worth.reasons if one.code in names and one.effect is not None
    }


def _fall(line: FinanceLine, mean: Decimal) -> Decimal:
    """Give by how much the unguaranteed part fell below what was set: IFRS 16.77 takes it at once."""
    was = max((line.residual_set or NOTHING) - line.guaranteed, NOTHING)
    return max(was - max(mean - line.guaranteed, NOTHING), NOTHING)


def _guaranteed(residual: SetResidual | None) -> Decimal:
    return NOTHING if residual is None else residual.guaranteed


def _why_left_out(thing: KnownThing, worth: AssetValue) -> str | None:
    """Name what is missing for a net value, until there is one."""
    if worth.p50 is None:
        return next((one.code for one in worth.reasons), "value.no_curve")
    if thing.frozen.condition is None:
        return "report.not_assessed"
    return "report.no_routes" if not thing.known.product.routes else "report.no_route_open"


def _cents(amount: float) -> Decimal:
    return to_cents(Decimal(amount))


def _times(amount: Decimal | None, factor: float) -> Decimal | None:
    return None if amount is None else to_cents(amount * Decimal(str(factor)))


def sum_of(amounts: Sequence[Decimal | None]) -> Decimal:
    """Add up what is known."""
    return sum((one for one in amounts if one is not None), NOTHING)
