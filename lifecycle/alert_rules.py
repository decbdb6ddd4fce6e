"""The rules of alerts: what raises one, what clears it again, and who should do what about it."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

from lifecycle.alert import AlertKind
from lifecycle.assumed import assumed
from lifecycle.condition.assessment import Assessment, limit
from lifecycle.product import Product, Rating
from lifecycle.reason import Reason


class Recent(NamedTuple):
    """What was measured of one thing of late: mean of each gauge, and use and shocks a day; empty where nothing."""

    means: Mapping[str, float] = {}
    use: float | None = None
    shocks: float | None = None
    days: int = 28


class Finding(NamedTuple):
    """What a rule says of one failure mode today: raise it, clear it, or (neither) leave it as it is."""

    kind: AlertKind
    failure_mode: str
    raises: bool
    clears: bool
    action: str
    reasons: list[Reason]


def rules() -> dict[str, Any]:
    """Give the rules' figures; every rule says why in words."""
    return assumed(Path(__file__).with_suffix(".json"))


def findings(product: Product, assessment: Assessment | None, recent: Recent) -> list[Finding]:
    """Hold one thing against every rule; a rule without evidence says nothing at all."""
    found = [] if assessment is None else [wear(product, assessment)]
    ratings = [Rating.model_validate(rating) for rating in product.ratings]
    return [*found, *environment(ratings, recent), *misuse(ratings, recent)]


def wear(product: Product, assessment: Assessment) -> Finding:
    """Alert before the end comes: few days left, or an index below the attention limit."""
    figures, days = rules()["wear"], assessment.remaining_days[1]
    attention = limit(product, "attention")
    low = assessment.index_p50 < attention
    soon = days is not None and days < figures["raise_below_days"]
    well = assessment.index_p50 >= min(attention + figures["clear_above_attention_by"], 100)
    later = days is None or days > figures["clear_above_days"]
    reasons = []
    if low or not soon:
        inputs: dict[str, Any] = {"index": assessment.index_p50, "limit": attention}
        reasons.append(_reason("alert.index_low", inputs, round(assessment.index_p50 - attention, 2)))
    if days is not None:
        p10, _, p90 = assessment.remaining_days
        inputs = {"days": days, "p10": p10, "p90": p90, "limit": figures["raise_below_days"]}
        reasons.append(_reason("alert.days_left", inputs, None))
    return Finding(AlertKind.WEAR, "wear", low or soon, well and later, figures["action"], reasons)


def environment(ratings: Iterable[Rating], recent: Recent) -> list[Finding]:
    """Alert where the recent mean of a gauge lies outside what the maker vouches for."""
    figures, found = rules()["environment"], []
    for rating in ratings:
        mean = recent.means.get(rating.metric)
        if mean is None or (rating.maximum is None and rating.minimum is None):
            continue
        over, bound = _beyond(rating, mean)
        deadband = figures["deadband"].get(rating.metric, abs(bound) * figures["deadband_share"])
        inputs = {"metric": rating.metric, "mean": round(mean, 2), "rated": bound, "days": 7}
        reason = _reason("alert.outside_rating", inputs, round(over, 2))
        mode = f"environment:{rating.metric}"[:60]
        found.append(Finding(AlertKind.ENVIRONMENT, mode, over > 0, over <= -deadband, figures["action"], [reason]))
    return found


def misuse(ratings: Iterable[Rating], recent: Recent) -> list[Finding]:
    """Alert where a thing takes more shocks for its use than the maker vouches for."""
    figures = rules()["misuse"]
    limits = [one.maximum for one in ratings if one.metric == figures["metric"] and one.maximum is not None]
    if not limits or recent.shocks is None or recent.use is None or recent.use < figures["least_use"]:
        return []
    rate, most = recent.shocks / recent.use * figures["per_use"], limits[0]
    inputs = {"rate": round(rate, 1), "rated": most, "days": recent.days, "shocks": round(recent.shocks)}
    reason = _reason("alert.shocks", inputs, round(rate - most, 1))
    clears = rate <= most * figures["clear_at_share"]
    return [Finding(AlertKind.MISUSE, "misuse:shocks", rate > most, clears, figures["action"], [reason])]


def is_due_again(shelved_until: datetime | None, *, now: datetime) -> bool:
    """Tell whether a shelved alert speaks again."""
    return shelved_until is not None and shelved_until <= now


def _beyond(rating: Rating, mean: float) -> tuple[float, float]:
    """Give by how much the mean lies outside the nearer bound (negative inside), and that bound."""
    sides = []
    if rating.maximum is not None:
        sides.append((mean - rating.maximum, rating.maximum))
    if rating.minimum is not None:
        sides.append((rating.minimum - mean, rating.minimum))
    return max(sides)


def _reason(code: str, inputs: dict[str, Any], effect: float | None) -> Reason:
    return Reason(code=code, rule=str(rules()["rule"]), inputs=inputs, effect=effect)
