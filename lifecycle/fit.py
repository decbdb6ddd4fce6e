"""Fit is whether a thing is the right model for how it is used, and which other model would cost less a year."""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple
from uuid import UUID

from lifecycle.assumed import assumed
from lifecycle.condition.assumptions import assumptions
from lifecycle.product import Product, Rating
from lifecycle.reason import Reason

_DAYS_A_YEAR = 365.25
_CENT = Decimal("0.01")
_RULES = Path(__file__).with_name("fit_rules.json")


class Profile(NamedTuple):
    """How a thing is used: use a day in the unit of its usage metric, and levels, with shocks by 1,000 of use."""

    use_per_day: float | None = None
    levels: Mapping[str, float] = {}


class Model(NamedTuple):
    """A product of the catalogue and its id."""

    id: UUID
    product: Product


class Proposal(NamedTuple):
    """A model that fits better: what it saves a year, and how many years longer it lasts in this place."""

    product_id: UUID
    code: str
    name: str
    saving_a_year: Decimal
    years_longer: float


class FitOfThing(NamedTuple):
    """Whether it fits; None where nothing is known of how it is used. Years and cost are those of its own model."""

    fits: bool | None
    years: float | None
    cost_a_year: Decimal | None
    currency: str
    proposal: Proposal | None
    reasons: list[Reason]


def rules() -> dict[str, Any]:
    """Give the figures; every group says why in words."""
    return assumed(_RULES)


def judge(own: Product, profile: Profile, catalogue: Iterable[Model]) -> FitOfThing:
    """Hold how a thing is used against its model, and where it does not fit, look for the model that saves most."""
    if profile.use_per_day is None and not profile.levels:
        return FitOfThing(
            fits=None,
            years=None,
            cost_a_year=None,
            currency=own.currency,
            proposal=None,
            reasons=[_reason("fit.unknown", {})],
        )
    years = years_of(own, profile)
    cost = cost_a_year(own, years)
    outside = broken(own, profile)
    told = {"years": round(years, 1), "cost": str(cost), "currency": own.currency}
    if not outside:
        return FitOfThing(
            fits=True,
            years=years,
            cost_a_year=cost,
            currency=own.currency,
            proposal=None,
            reasons=[_reason("fit.fits", told)],
        )
    reasons = [*outside, _reason("fit.life_here", told)]
    best = max(
        (one for one in _candidates(own, profile, catalogue, years, cost) if one.saving_a_year > 0),
        key=lambda one: (one.saving_a_year, one.years_longer, one.code),
        default=None,
    )
    if best is None:
        return FitOfThing(
            fits=False,
            years=years,
            cost_a_year=cost,
            currency=own.currency,
            proposal=None,
            reasons=[*reasons, _reason("fit.none_better", {})],
        )
    inputs = {"product": best.name, "saving": str(best.saving_a_year), "years": round(best.years_longer, 1)}
    reasons.append(_reason("fit.better", inputs | {"currency": own.currency}, float(best.saving_a_year)))
    return FitOfThing(fits=False, years=years, cost_a_year=cost, currency=own.currency, proposal=best, reasons=reasons)


def broken(product: Product, profile: Profile) -> list[Reason]:
    """Give where a profile left the ratings of a model, one reason each."""
    found = []
    for rating in map(Rating.model_validate, product.ratings):
        level, bound = profile.levels.get(rating.metric), None
        if level is not None:
            bound = _bound_left(rating, level)
        if bound is not None and level is not None:
            inputs = {"metric": rating.metric, "mean": round(level, 1), "rated": bound}
            found.append(_reason("fit.outside", inputs, round(level - bound, 2)))
    pace, most = profile.use_per_day, rated_pace(product)
    if pace is not None and most is not None and pace > most * float(rules()["use"]["most_times"]):
        inputs = {"metric": product.usage_metric, "pace": round(pace, 1), "rated": round(most, 1)}
        found.append(_reason("fit.used_harder", inputs, round(pace - most, 2)))
    return found


def rated_pace(product: Product) -> float | None:
    """Give how much a day a model is made for: its rated use over its rated years."""
    return None if product.rated_usage is None else product.rated_usage / (product.rated_years * _DAYS_A_YEAR)


def years_of(product: Product, profile: Profile) -> float:
    """Give how long a model lasts under a profile: `min(rated years, rated use / use a year) / heat factor`."""
    years = product.rated_years
    if profile.use_per_day and product.rated_usage is not None:
        years = min(years, product.rated_usage / (profile.use_per_day * _DAYS_A_YEAR))
    return years / _heat(product, profile)


def cost_a_year(product: Product, years: float) -> Decimal:
    """Give the price new spread over the years it lasts."""
    return (product.price_new / Decimal(repr(max(years, 1e-3)))).quantize(_CENT)


def _heat(product: Product, profile: Profile) -> float:
    heat = assumptions()["heat"]
    level = profile.levels.get(str(heat["metric"]))
    limits = [row.get("maximum") for row in product.ratings if row.get("metric") == heat["metric"]]
    if level is None or not limits or limits[0] is None:
        return 1.0
    doublings = max(level - float(limits[0]), 0.0) / float(heat["degrees_that_double"])
    return float(2.0 ** min(doublings, float(heat["most_doublings"])))


def _candidates(
    own: Product, profile: Profile, catalogue: Iterable[Model], years: float, cost: Decimal
) -> Iterable[Proposal]:
    """Give the other models of the trade, in the same money and counted by the same meter, that hold the profile."""
    asked = {str(row["metric"]) for row in own.ratings if row["metric"] in profile.levels}
    for one in catalogue:
        other = one.product
        alike = (other.trade, other.currency, other.usage_metric) == (own.trade, own.currency, own.usage_metric)
        rated = {str(row["metric"]) for row in other.ratings}
        if (
            other.code == own.code
            or not alike
            or not _of_one_class(own, other)
            or not asked <= rated
            or broken(other, profile)
        ):
            continue
        there = years_of(other, profile)
        yield Proposal(one.id, other.code, other.name, cost - cost_a_year(other, there), there - years)


def _of_one_class(own: Product, other: Product) -> bool:
    times = float(other.price_new / own.price_new)
    most = float(rules()["alike"]["most_times"])
    return 1 / most <= times <= most


def _bound_left(rating: Rating, level: float) -> float | None:
    share = float(rules()["deadband"]["share"])
    if rating.maximum is not None and level > rating.maximum + abs(rating.maximum) * share:
        return rating.maximum
    if rating.minimum is not None and level < rating.minimum - abs(rating.minimum) * share:
        return rating.minimum
    return None


def _reason(code: str, inputs: dict[str, Any], effect: float | None = None) -> Reason:
    return Reason(code=code, rule=str(rules()["rule"]), inputs=inputs, effect=effect)
