"""The finance report: one model, made of frozen inputs alone, that is written as JSON, workbook and PDF."""

import hashlib
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal

from pydantic import BaseModel

from billing.contract_life.ending import NOTE
from billing.finance_report.assumptions import Premise, price_factor, rule
from billing.finance_report.foreseen import Foreseen, foresee
from billing.finance_report.frozen import FrozenSale, Inputs
from billing.finance_report.known_thing import KnownThing, known_things
from billing.finance_report.line import FinanceLine, Told, line_of, netted, sum_of
from billing.finance_report.realised import Realised, realised
from billing.finance_report.simulated import simulate
from billing.finance_report.stress import Stress
from billing.finance_report.sums import CurrencySums, sums
from lifecycle.grade import GRADES
from lifecycle.portfolio.forecast import DRAWS, SEED
from lifecycle.portfolio.forecast import RULE as PORTFOLIO
from lifecycle.portfolio.market import COMMON, SPREAD_PER_ROOT_YEAR
from lifecycle.route.assumptions import rule as route_rule
from lifecycle.route.economics import Takings
from lifecycle.valuation.assumptions import rule as value_rule
from lifecycle.valuation.value import AssetValue, value


class Engine(BaseModel):
    """What made the figures: the rules with their versions, and how the scenarios were drawn."""

    report: str
    value: str
    route: str
    portfolio: str
    learned_by: dict[str, str]
    draws: int
    seed: int
    market_spread_per_root_year: float
    common_share: float


class FinanceReport(BaseModel):
    """The whole report. `comparables` counts the sales that the values of its products were learned from.

    `premise` says under which circumstances a sale is supposed; `inputs_sha256` is the digest of the frozen inputs,
    `sha256` that of this report without itself.
    """

    start: date
    end: date
    as_of: date
    data_until: date
    premise: Premise
    price_factor: float
    reporter: str
    expert_only: bool
    comparables: int
    note: str = NOTE
    engine: Engine
    lines: list[FinanceLine]
    totals: list[CurrencySums]
    realised: list[Realised]
    realised_sales: list[FrozenSale]
    inputs_sha256: str
    sha256: str = ""


def make_report(inputs: Inputs, *, draws: int = DRAWS) -> FinanceReport:
    """Make the report; the same inputs give the same report, to the letter."""
    things = known_things(inputs)
    lines: list[FinanceLine] = []
    totals: list[CurrencySums] = []
    for currency in sorted({one.currency for one in things}):
        some = [one for one in things if one.currency == currency]
        of_currency, summed = _of_currency(inputs, some, draws)
        lines += of_currency
        totals.append(summed)
    learned = {one.known.product.code: one.known.lesson for one in things if one.known.lesson is not None}
    report = FinanceReport(
        start=inputs.start,
        end=inputs.end,
        as_of=inputs.as_of,
        data_until=inputs.known_on,
        premise=inputs.premise,
        price_factor=price_factor(inputs.premise),
        reporter=inputs.reporter,
        expert_only=not learned,
        comparables=_comparables(things),
        engine=_engine({code: f"{lesson.engine}, {lesson.rule}" for code, lesson in sorted(learned.items())}, draws),
        lines=sorted(lines, key=lambda line: (line.last_day, line.contract, line.serial, str(line.asset_id))),
        totals=totals,
        realised=realised(inputs.sales),
        realised_sales=inputs.sales,
        inputs_sha256=inputs.sha256,
    )
    return report.model_copy(update={"sha256": digest(report)})


def digest(report: FinanceReport) -> str:
    """Give the digest of a report without its own."""
    return hashlib.sha256(report.model_copy(update={"sha256": ""}).model_dump_json().encode()).hexdigest()


def _of_currency(inputs: Inputs, things: Sequence[KnownThing], draws: int) -> tuple[list[FinanceLine], CurrencySums]:
    factor, known_on = price_factor(inputs.premise), inputs.known_on
    told = _told(things, known_on)
    seen = foresee(things, days=last_day, known_on=known_on, stress=Stress(inputs.premise.value, price=factor))
    groups = {
        "portfolio": ["" for _ in seen.things],
        "customer": [one.frozen.customer for one in seen.things],
        "product": [one.known.product.code for one in seen.things],
        "category": [one.known.product.trade for one in seen.things],
        "contract": [one.frozen.contract for one in seen.things],
        "maturity": [str(one.frozen.last_day.year) for one in seen.things],
    }
    simulated, expected = simulate(seen, groups, draws=draws), seen.expected()
    places = {one.id: at for at, one in enumerate(seen.things)}
    lines = []
    for one in told:
        line = line_of(one, as_of=known_on, factor=factor)
        at = places.get(one.thing.id)
        if at is not None:
            line = netted(line, one, simulated.each[at], expected[at], _taken(seen, at, expected[at]))
        lines.append(line)
    return lines, sums(inputs, things, lines, simulated.groups, draws=draws)


def last_day(thing: KnownThing) -> date:
    """Give the last day of a thing under its contract."""
    return thing.frozen.last_day


def _taken(seen: Foreseen, at: int, nets: Mapping[str, float]) -> Takings | None:
    """Give the takings of the route expected to net most, at the likeliest grade."""
    grade = seen.things[at].grade_on(seen.days[at]) or GRADES[-1]
    return seen.lines[at].taken(max(nets, key=lambda name: nets[name]), grade, float(seen.prices[at]))


def _told(things: Sequence[KnownThing], known_on: date) -> list[Told]:
    """Value things, each as of its own day, day by day."""
    by_day: defaultdict[date, list[KnownThing]] = defaultdict(list)
    for one in things:
        by_day[last_day(one)].append(one)
    return [
        told
        for day, some in sorted(by_day.items())
        for told in map(Told, some, _values(some, day, known_on), _values(some, day, known_on, learned=False))
    ]


def _values(things: Sequence[KnownThing], day: date, known_on: date, *, learned: bool = True) -> list[AssetValue]:
    return value([one.valued(one.grade_on(day), learned=learned) for one in things], as_of=day, today=known_on)


def _comparables(things: Sequence[KnownThing]) -> int:
    products = {one.frozen.product_id: one.known for one in things}
    return sum(known.lesson.sales for known in products.values() if known.lesson is not None)


def _engine(learned_by: dict[str, str], draws: int) -> Engine:
    return Engine(
        report=rule(),
        value=value_rule(),
        route=route_rule(),
        portfolio=PORTFOLIO,
        learned_by=learned_by,
        draws=draws,
        seed=SEED,
        market_spread_per_root_year=SPREAD_PER_ROOT_YEAR,
        common_share=COMMON,
    )


def written_down(report: FinanceReport) -> Decimal:
    """Add up what the report proposes to write down, whatever the currency: for a count, not for the books."""
    return sum_of([line.write_down for line in report.lines])
