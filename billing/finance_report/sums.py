"""What is said of many things together: totals, groups, ladder, fan, sensitivities; sums of scenarios, not of P10s."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from math import ceil

from pydantic import BaseModel

from billing.finance_report.assumptions import figure, price_factor
from billing.finance_report.foreseen import Days, Foreseen, foresee, stressed
from billing.finance_report.frozen import Inputs
from billing.finance_report.known_thing import KnownThing
from billing.finance_report.line import FinanceLine, books, sum_of
from billing.finance_report.simulated import total_of
from billing.finance_report.stress import Stress, premises, sensitivities
from lifecycle.grade import Floats
from lifecycle.money import to_cents
from lifecycle.portfolio.loss import spread
from lifecycle.valuation.value import DAYS_A_YEAR

ADDED = (
    "price_new", "straight_line", "declining_balance", "book_value", "guaranteed", "unguaranteed", "ias16_residual",
    "ifrs16_fall", "crr_amount", "headroom", "write_down",
)  # fmt: skip
"""What adds up over things."""


class GroupSums(BaseModel):
    """One group of things that can be netted; quantiles are of its own total, `share` is of the whole's mean."""

    kind: str
    name: str
    things: int
    mean: Decimal
    p10: Decimal
    p50: Decimal
    p90: Decimal
    book_value: Decimal
    headroom: Decimal
    write_down: Decimal
    value_at_risk: Decimal
    expected_shortfall: Decimal
    share: float


class LadderStep(BaseModel):
    """What matures in one year: residuals in the books, guaranteed or not, and what they weigh under CRR 134(7)."""

    year: int
    things: int
    book_value: Decimal
    guaranteed: Decimal
    unguaranteed: Decimal
    crr_amount: Decimal
    mean: Decimal


class FanYear(BaseModel):
    """What all things together would net if their service ended so many years from now."""

    years: int
    on: date
    p10: Decimal
    p50: Decimal
    p90: Decimal
    book_value: Decimal


class StressedTotal(BaseModel):
    """The same things with one thing changed: their total, by how much it differs, how many would go another way."""

    name: str
    mean: Decimal
    p10: Decimal
    p50: Decimal
    p90: Decimal
    change: Decimal
    things_that_flip: int


class CurrencySums(BaseModel):
    """All that is said of the things of one currency together; `valued` have a value, `netted` a net value as well."""

    currency: str
    things: int
    valued: int
    netted: int
    expert_only: int
    price_new: Decimal
    straight_line: Decimal
    declining_balance: Decimal
    book_value: Decimal
    guaranteed: Decimal
    unguaranteed: Decimal
    ias16_residual: Decimal
    ifrs16_fall: Decimal
    crr_amount: Decimal
    headroom: Decimal
    write_down: Decimal
    whole: GroupSums | None
    groups: list[GroupSums]
    routes: dict[str, int]
    ladder: list[LadderStep]
    fan: list[FanYear]
    premises: list[StressedTotal]
    sensitivities: list[StressedTotal]


def sums(
    inputs: Inputs,
    things: Sequence[KnownThing],
    lines: Sequence[FinanceLine],
    totals: Mapping[tuple[str, str], Floats],
    *,
    draws: int,
) -> CurrencySums:
    """Say what there is to say of the things of one currency."""
    netted = [line for line in lines if line.net_mean is not None]
    groups = [_group(kind, name, total, netted) for (kind, name), total in sorted(totals.items())]
    whole = next((one for one in groups if one.kind == "portfolio"), None)
    return CurrencySums(
        currency=lines[0].currency,
        things=len(lines),
        valued=sum(line.p50 is not None for line in lines),
        netted=len(netted),
        expert_only=sum(line.engine == "expert" for line in lines),
        **{name: sum_of([getattr(line, name) for line in lines]) for name in ADDED},
        whole=whole,
        groups=[one for one in groups if one.kind != "portfolio"],
        routes=dict(sorted(Counter(line.route for line in netted if line.route).items())),
        ladder=_ladder(lines),
        fan=_fan(inputs, things, draws),
        premises=_stressed(inputs, things, premises(), draws),
        sensitivities=_stressed(inputs, things, _under(inputs, sensitivities()), draws),
    )


def _group(kind: str, name: str, total: Floats, netted: Sequence[FinanceLine]) -> GroupSums:
    of = [line for line in netted if kind == "portfolio" or named(line, kind) == name]
    booked = sum_of([line.book_value for line in of])
    found = spread(total, booked=float(booked))
    mean = sum_of([line.net_mean for line in of])
    whole = sum_of([line.net_mean for line in netted])
    return GroupSums(
        kind=kind,
        name=name,
        things=len(of),
        mean=mean,
        p10=_cents(found.p10),
        p50=_cents(found.p50),
        p90=_cents(found.p90),
        book_value=booked,
        headroom=mean - booked,
        write_down=sum_of([line.write_down for line in of]),
        value_at_risk=_cents(found.value_at_risk),
        expected_shortfall=_cents(found.expected_shortfall),
        share=round(float(mean / whole), 4) if whole else 0.0,
    )


def named(line: FinanceLine, kind: str) -> str:
    """Name the group of a kind in which a thing is."""
    return str(line.last_day.year) if kind == "maturity" else str(getattr(line, kind))


def _ladder(lines: Sequence[FinanceLine]) -> list[LadderStep]:
    years = sorted({line.last_day.year for line in lines})
    return [_step(year, [line for line in lines if line.last_day.year == year]) for year in years]


def _step(year: int, lines: Sequence[FinanceLine]) -> LadderStep:
    added = ("book_value", "guaranteed", "unguaranteed", "crr_amount")
    return LadderStep(
        year=year,
        things=len(lines),
        **{name: sum_of([getattr(line, name) for line in lines]) for name in added},
        mean=sum_of([line.net_mean for line in lines]),
    )


def _fan(inputs: Inputs, things: Sequence[KnownThing], draws: int) -> list[FanYear]:
    """Look at the same things at the end of every year from the day of the report on."""
    ahead = max(((one.frozen.last_day - inputs.known_on).days / DAYS_A_YEAR for one in things), default=0.0)
    years = min(max(ceil(ahead), int(figure("fan", "least_years"))), int(figure("fan", "most_years")))
    days = [inputs.known_on + timedelta(days=round(year * DAYS_A_YEAR)) for year in range(years + 1)]
    found = []
    for year, day in enumerate(days):
        seen = foresee(things, days=_always(day), known_on=inputs.known_on, stress=_premise(inputs))
        if not seen.things:
            continue
        booked = sum_of([_booked(one, day) for one in seen.things])
        total = spread(total_of(seen, draws=draws), booked=float(booked))
        low, middle, high = map(_cents, (total.p10, total.p50, total.p90))
        found.append(FanYear(years=year, on=day, p10=low, p50=middle, p90=high, book_value=booked))
    return found


def _always(day: date) -> Days:
    return lambda _: day


def _booked(thing: KnownThing, day: date) -> Decimal | None:
    schedule, passed = books(thing, day)
    return None if schedule is None else schedule.after(passed)


def _premise(inputs: Inputs) -> Stress:
    return Stress(inputs.premise.value, price=price_factor(inputs.premise))


def _under(inputs: Inputs, stresses: Sequence[Stress]) -> list[Stress]:
    """Put stresses on top of the premise of the report."""
    return [one._replace(price=one.price * price_factor(inputs.premise)) for one in stresses]


def _stressed(
    inputs: Inputs, things: Sequence[KnownThing], stresses: Sequence[Stress], draws: int
) -> list[StressedTotal]:
    before = foresee(things, days=_own, known_on=inputs.known_on, stress=_premise(inputs))
    if not before.things:
        return []
    base, was = float(total_of(before, draws=draws).mean()), _best(before)
    found = []
    for stress in stresses:
        seen = stressed(before.things, before.days, known_on=inputs.known_on, stress=stress)
        total = spread(total_of(seen, draws=draws), booked=0.0)
        now = _best(seen)
        mean, low, middle, high = map(_cents, (total.mean, total.p10, total.p50, total.p90))
        found.append(
            StressedTotal(
                name=stress.name,
                mean=mean,
                p10=low,
                p50=middle,
                p90=high,
                change=_cents(total.mean - base),
                things_that_flip=sum(now.get(asset_id) != route for asset_id, route in was.items()),
            )
        )
    return found


def _own(thing: KnownThing) -> date:
    return thing.frozen.last_day


def _best(seen: Foreseen) -> dict[object, str]:
    """Name of each thing the route expected to net most."""
    by_route = seen.expected()
    return {
        one.id: max(routes, key=lambda name: routes[name]) for one, routes in zip(seen.things, by_route, strict=True)
    }


def _cents(amount: float) -> Decimal:
    return to_cents(Decimal(amount))
