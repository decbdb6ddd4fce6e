"""What the rules of alerts say of one thing: what raises one, what clears it again, since when, and what it costs."""

from collections.abc import Collection, Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any, NamedTuple

import numpy as np

from lifecycle.alert import AlertKind
from lifecycle.alert_episode import DayLine, Limits, Standing, running_mean, standing
from lifecycle.alert_rule import RuleCode, RuleInForce, Rules, figures, our_rules
from lifecycle.condition.assessment import Assessment, limit
from lifecycle.condition.assumptions import assumptions
from lifecycle.product import Product, Rating
from lifecycle.reason import Reason

UNKNOWN_PATTERN = "condition.unknown_pattern"
"""The reason by which an assessment says that its guard knows no such readings."""
DAYS_OF_MEAN = 7
_MONTHS_A_YEAR = 12

Quantiles = tuple[float | None, float | None, float | None]


class Recent(NamedTuple):
    """What was measured of one thing of late: mean of each gauge, and use and shocks a day; empty where nothing.

    `lines` are day means of the gauges, `used` and `shaken` what the meters of use and of shocks rose each day.
    """

    means: Mapping[str, float] = {}
    use: float | None = None
    shocks: float | None = None
    days: int = 28
    lines: Mapping[str, DayLine] = {}
    used: DayLine = DayLine()
    shaken: DayLine = DayLine()


class Finding(NamedTuple):
    """What a rule says of one failure mode today: raise it, clear it, or (neither) leave it as it is."""

    rule: RuleInForce
    failure_mode: str
    raises: bool
    clears: bool
    reasons: list[Reason]
    began: int | None = None
    """The day since when it is so, counted as `date.toordinal` does; None where the readings do not tell."""
    days: Quantiles = (None, None, None)
    cost: Decimal | None = None

    @property
    def kind(self) -> AlertKind:
        """Tell what sort of thing is the matter."""
        return self.rule.kind


def rules() -> dict[str, Any]:
    """Give the rules' figures; every rule says why in words."""
    return figures()


def findings(
    product: Product,
    assessment: Assessment | None,
    recent: Recent,
    *,
    by: Rules | None = None,
    doubted: Collection[str] = (),
    today: date | None = None,
) -> list[Finding]:
    """Hold one thing against every rule that is on; a rule without evidence, or with doubted readings, says nothing.

    Without a day nobody is asked about the past.
    """
    by = by or our_rules()
    found: list[Finding] = []
    if assessment is not None:
        found += [wear(product, assessment, by[RuleCode.WEAR]), strange(assessment, by[RuleCode.UNKNOWN_PATTERN])]
        found.append(unexplained(assessment, by[RuleCode.UNEXPLAINED], today))
    if recent.means or recent.shocks is not None:
        ratings = [Rating.model_validate(rating) for rating in product.ratings]
        found += environment(product, ratings, recent, by[RuleCode.ENVIRONMENT], doubted)
        found += misuse(product, ratings, recent, by[RuleCode.MISUSE])
    return [one for one in found if one.rule.terms.active]


def wear(product: Product, assessment: Assessment, rule: RuleInForce) -> Finding:
    """Alert before the end comes: few days left, or an index below the attention limit."""
    terms, days = rule.terms, assessment.remaining_days[1]
    attention = limit(product, "attention")
    low = assessment.index_p50 < attention
    soon = days is not None and days < terms.limit
    well = assessment.index_p50 >= min(attention + terms.clear_points, 100)
    later = days is None or days > max(terms.clear, terms.limit)
    reasons = []
    if low or not soon:
        inputs: dict[str, Any] = {"index": assessment.index_p50, "limit": attention}
        reasons.append(_reason(rule, "alert.index_low", inputs, round(assessment.index_p50 - attention, 2)))
    if days is not None:
        p10, _, p90 = assessment.remaining_days
        inputs = {"days": days, "p10": p10, "p90": p90, "limit": terms.limit}
        reasons.append(_reason(rule, "alert.days_left", inputs, None))
    cost = Decimal(product.price_new).quantize(Decimal("0.01"))
    reasons.append(_reason(rule, "alert.cost_replacement", {"amount": str(cost), "currency": product.currency}, None))
    return Finding(rule, "wear", low or soon, well and later, reasons, days=assessment.remaining_days, cost=cost)


def strange(assessment: Assessment, rule: RuleInForce) -> Finding:
    """Say that nobody knows this pattern of wear, where the guard says so."""
    known = all(one["code"] != UNKNOWN_PATTERN for one in assessment.account)
    said = [] if known else [one for one in assessment.reasons if one.code == UNKNOWN_PATTERN]
    return Finding(rule, "unknown_pattern", bool(said), not said, said, days=assessment.remaining_days)


def unexplained(assessment: Assessment, rule: RuleInForce, today: date | None) -> Finding:
    """Ask for what nobody can explain, as long as the sight is young enough to be remembered."""
    seen = seen_on(assessment.account)
    asks = today is not None and seen is not None and (today - seen).days <= rule.terms.limit
    jumps = assessment.jumps if assessment.has_jumped else []
    began = None if seen is None else seen.toordinal()
    return Finding(rule, "unexplained", bool(jumps) and asks, not jumps, jumps, began=began)


def seen_on(account: Iterable[Mapping[str, Any]]) -> date | None:
    """Give the day of the last sight that a condition rests on; None where nobody looked."""
    told = next((reason["inputs"]["on"] for reason in account if reason["code"] == "condition.last_inspection"), None)
    return None if told is None else date.fromisoformat(told)


def environment(
    product: Product, ratings: Iterable[Rating], recent: Recent, rule: RuleInForce, doubted: Collection[str] = ()
) -> list[Finding]:
    """Alert where the recent mean of a gauge lies outside what the maker vouches for."""
    found = []
    for rating in ratings:
        mean = recent.means.get(rating.metric)
        if mean is None or rating.metric in doubted or (rating.maximum is None and rating.minimum is None):
            continue
        sign, bound = _nearer_bound(rating, mean)
        band = deadband(rating.metric, bound)
        limits = beyond(rule, band)
        over, how = sign * (mean - bound), _standing(recent.lines.get(rating.metric), sign, bound, limits)
        raises, clears, began = _told(over, limits, how)
        inputs = {"metric": rating.metric, "mean": round(mean, 2), "rated": bound, "days": DAYS_OF_MEAN}
        reasons = [_reason(rule, "alert.outside_rating", inputs, round(over, 2))]
        cost = _cost_of_heat(product, rating.metric, over, rule, reasons)
        mode = f"environment:{rating.metric}"[:60]
        found.append(Finding(rule, mode, raises, clears, reasons, began=began, cost=cost))
    return found


def misuse(product: Product, ratings: Iterable[Rating], recent: Recent, rule: RuleInForce) -> list[Finding]:
    """Alert where a thing takes more shocks for its use than the maker vouches for."""
    known = figures()["misuse"]
    limits = [one.maximum for one in ratings if one.metric == known["metric"] and one.maximum is not None]
    if not limits or recent.shocks is None or recent.use is None or recent.use < known["least_use"]:
        return []
    rate, most = recent.shocks / recent.use * known["per_use"], limits[0]
    inputs = {"rate": round(rate, 1), "rated": most, "days": recent.days, "shocks": round(recent.shocks)}
    reasons = [_reason(rule, "alert.shocks", inputs, round(rate - most, 1))]
    cost = _cost_of_shocks(product, rate / most if most else 1.0, rule, reasons)
    bounds = multiples(rule, most)
    line = shock_rates(recent)
    how = standing(line, bounds) if line.days else None
    raises, clears, began = _told(rate, bounds, how)
    return [Finding(rule, "misuse:shocks", raises, clears, reasons, began=began, cost=cost)]


def beyond(rule: RuleInForce, band: float) -> Limits:
    """Give the limits of how far a mean may lie outside the rating, in the metric's unit."""
    terms = rule.terms
    raises = terms.limit * band
    return Limits(raises, min(terms.clear * band, raises), terms.on_delay_days, terms.off_delay_days)


def multiples(rule: RuleInForce, rated: float) -> Limits:
    """Give the limits of a rate, as multiples of the rated one."""
    terms = rule.terms
    raises = terms.limit * rated
    return Limits(raises, min(terms.clear * rated, raises), terms.on_delay_days, terms.off_delay_days)


def deadband(metric: str, bound: float) -> float:
    """Give how far back inside a bound a metric must go to be well again."""
    known = figures()["environment"]
    return float(known["deadband"].get(metric, abs(bound) * known["deadband_share"]))


def outside(line: DayLine, sign: float, bound: float) -> DayLine:
    """Give on each day by how much the mean of the last days lay outside a bound."""
    means = running_mean(line, DAYS_OF_MEAN)
    return DayLine(means.days, [sign * (value - bound) for value in means.values])


def shock_rates(recent: Recent) -> DayLine:
    """Give on each day the shocks for a thousand of use over the days before; days with too little use are left out."""
    known, window = figures()["misuse"], recent.days
    shaken, used = dict(zip(*recent.shaken, strict=True)), dict(zip(*recent.used, strict=True))
    days = sorted(set(shaken) & set(used))
    if not days:
        return DayLine()
    both = (DayLine(days, [by_day[day] for day in days]) for by_day in (shaken, used))
    shocks, use = (running_mean(line, window).values for line in both)
    span = np.minimum(np.asarray(days) - days[0] + 1, window)
    kept = [at for at in range(len(days)) if use[at] * span[at] >= known["least_use"]]
    return DayLine([days[at] for at in kept], [shocks[at] / use[at] * known["per_use"] for at in kept])


def is_due_again(shelved_until: datetime | None, *, now: datetime) -> bool:
    """Tell whether a shelved alert speaks again."""
    return shelved_until is not None and shelved_until <= now


def _standing(line: DayLine | None, sign: float, bound: float, limits: Limits) -> Standing | None:
    return standing(outside(line, sign, bound), limits) if line is not None and line.days else None


def _told(value: float, limits: Limits, how: Standing | None) -> tuple[bool, bool, int | None]:
    """Tell whether it raises and whether it clears, and since when; a figure without its days stands for itself."""
    if how is None:
        return value > limits.raises, value <= limits.clears, None
    if how.open is not None:
        return True, False, how.open.began
    return False, how.well, None


def _nearer_bound(rating: Rating, mean: float) -> tuple[float, float]:
    """Give on which side the mean lies nearest outside (1 above, -1 below), and the bound there."""
    sides = []
    if rating.maximum is not None:
        sides.append((mean - rating.maximum, 1.0, rating.maximum))
    if rating.minimum is not None:
        sides.append((rating.minimum - mean, -1.0, rating.minimum))
    return max(sides)[1:]


def _cost_of_heat(
    product: Product, metric: str, over: float, rule: RuleInForce, reasons: list[Reason]
) -> Decimal | None:
    """Give what the heat takes from the thing's price in a month, and say so; None for anything but heat."""
    heat = assumptions().get("heat", {})
    if metric != heat.get("metric") or over <= 0:
        return None
    factor = 2 ** min(over / heat["degrees_that_double"], heat["most_doublings"])
    return _cost_of_hours(product, factor, rule, reasons, code="alert.cost_heat")


def _cost_of_shocks(product: Product, times: float, rule: RuleInForce, reasons: list[Reason]) -> Decimal | None:
    """Give what shocks beyond the rating take from the thing's price in a month, and say so; None within the rating."""
    known = figures()["misuse"]
    factor = min(times ** known["exponent"], known["most_factor"])
    return _cost_of_hours(product, factor, rule, reasons, code="alert.cost_shocks") if factor > 1 else None


def _cost_of_hours(product: Product, factor: float, rule: RuleInForce, reasons: list[Reason], *, code: str) -> Decimal:
    """Give what a month costs more of the price where each hour counts so many times."""
    a_month = Decimal(product.price_new) / Decimal(str(product.rated_years)) / _MONTHS_A_YEAR
    cost = (a_month * Decimal(str(round(factor - 1, 4)))).quantize(Decimal("0.01"))
    inputs = {"amount": str(cost), "currency": product.currency, "factor": round(factor, 2)}
    reasons.append(_reason(rule, code, inputs, None))
    return cost


def _reason(rule: RuleInForce, code: str, inputs: dict[str, Any], effect: float | None) -> Reason:
    return Reason(code=code, rule=rule.name, inputs=inputs, effect=effect)
