"""What is shown of conclusions: columns turned into plain lists, as they are written down."""

import hashlib
from datetime import date
from functools import cache
from typing import Any, NamedTuple, Self

import numpy as np

from lifecycle.condition.assumptions import figure, rule
from lifecycle.condition.conclusions import Conclusions, Parts
from lifecycle.condition.remaining_life import Three
from lifecycle.condition.terms import Terms
from lifecycle.grade import Floats, grades_of

Quantiles = tuple[float | None, float | None, float | None]


class Shown(NamedTuple):
    """Of every component, or of every thing: index, grade, chances, life left, layer and points."""

    middle: list[tuple[float, float, float]]
    grade: list[str]
    grades: list[list[float]]
    scores: list[list[float]]
    use: list[Quantiles]
    days: list[Quantiles]
    layer: list[int]
    points: list[list[float]]

    @classmethod
    def of(cls, parts: Parts) -> Self:
        """Turn columns into lists."""
        index = parts.told
        return cls(
            middle=list(zip(index.p10.tolist(), index.p50.tolist(), index.p90.tolist(), strict=True)),
            grade=grades_of(index.p50),
            grades=parts.grades.tolist(),
            scores=parts.scores.tolist(),
            use=quantiles(parts.left.use),
            days=quantiles(parts.left.days),
            layer=parts.left.layer.tolist(),
            points=np.stack(index.points, axis=1).tolist(),
        )


class Columns(NamedTuple):
    """What else of the conclusions is written down, as plain lists."""

    rule: str
    product: list[int]
    start: list[int]
    component: list[int]
    jump: list[int]
    seen: list[float]
    expected: list[float]
    row_look: list[int]
    worst: list[int]
    last_look: list[int]
    earlier_looks: list[int]
    looks: list[tuple[str, str, str]]
    since: list[str]
    by_use: list[bool]
    use: list[float]
    years: list[float]
    ambient: list[float | None]
    load: list[float | None]
    health: list[float | None]
    heat_factor: list[float]
    load_factor: list[float]
    flagged: list[bool]
    narrowed: list[float]
    lives: list[tuple[float, float]]
    fingerprints: list[str]
    weighed: list[list[tuple[str, float, bool]]]
    learned: list[dict[str, Any]]
    calibration: list[dict[str, Any]]
    rate_days: int
    least_share: float

    @classmethod
    def of(cls, told: Conclusions) -> Self:
        """Turn columns into lists."""
        fleet, anchors = told.fleet, told.anchors
        looks = fleet.looks
        days = [_day(day) for day in looks.day.tolist()]
        plain, warm, worn = (_ran(now, then, told) for now, then in zip(fleet.clock, looks.clock, strict=True))
        counted = (
            np.bincount(looks.thing, minlength=len(fleet.product)) if len(looks.thing) else np.zeros(len(fleet.product))
        )
        last = np.where(told.last_look >= 0, np.append(looks.day, 0)[told.last_look], fleet.since)
        low, _, high = told.things.left.lives
        return cls(
            rule=rule(),
            product=fleet.product.tolist(),
            start=np.append(told.rows.start, len(told.rows.thing)).tolist(),
            component=told.rows.component.tolist(),
            jump=anchors.jump.tolist(),
            seen=anchors.seen.round(2).tolist(),
            expected=anchors.expected.round(2).tolist(),
            row_look=anchors.look.tolist(),
            worst=told.worst.tolist(),
            last_look=told.last_look.tolist(),
            earlier_looks=np.maximum(counted - 1, 0).astype(int).tolist(),
            looks=list(zip(days, looks.sources, looks.ids, strict=True)),
            since=[_day(day) for day in fleet.since.tolist()],
            by_use=fleet.by_use.tolist(),
            use=fleet.use.round(1).tolist(),
            years=(np.maximum(told.today.toordinal() - last, 0) / 365.25).round(2).tolist(),
            ambient=_known(fleet.ambient.round(1)),
            load=_known(fleet.load.round(2)),
            health=_known(fleet.health.round(2)),
            heat_factor=_ratio(warm, plain),
            load_factor=_ratio(worn, warm),
            flagged=fleet.flagged.tolist(),
            narrowed=told.narrowed.tolist(),
            lives=list(zip((high - low).tolist(), told.things.left.lives[1].tolist(), strict=True)),
            fingerprints=_fingerprints(told),
            weighed=[_weighed(terms) for terms in fleet.terms],
            learned=[_learned(terms) for terms in fleet.terms],
            calibration=[_calibration(terms) for terms in fleet.terms],
            rate_days=int(figure("windows", "rate_days")),
            least_share=figure("narrows", "least_share"),
        )

    def narrows(self, things: Shown, place: int, terms: Terms) -> dict[str, Any] | None:
        """Tell from what to what an inspection would narrow the life left; None where it would hardly."""
        width, narrowed = self.lives[place][0], self.narrowed[place]
        if not width > 0 or narrowed > width * (1 - self.least_share):
            return None
        for unit, (low, _, high) in ((terms.usage_metric, things.use[place]), ("days", things.days[place])):
            if unit and low is not None and high is not None and high > low:
                return ({} if unit == "days" else {"metric": unit}) | {
                    "from": round(high - low),
                    "to": round((high - low) * narrowed / width),
                }
        return None


def _weighed(terms: Terms) -> list[tuple[str, float, bool]]:
    columns = (terms.components, terms.weights.round(4).tolist(), terms.critical.tolist())
    return list(zip(*columns, strict=True))


def _learned(terms: Terms) -> dict[str, Any]:
    known = terms.parameters
    return {
        "coverage": known.coverage if known.is_calibrated else None,
        "n": known.n,
        "parameters": known.fingerprint,
        "telemetry_weight": known.telemetry_weight,
    }


def _calibration(terms: Terms) -> dict[str, Any]:
    """Give the reason that says how often such intervals held."""
    known = terms.parameters
    if known.is_calibrated:
        code, inputs = "condition.coverage", {"coverage": known.coverage, "n": known.n}
    else:
        least = int(figure("calibration", "least_outcomes"))
        code, inputs = "condition.not_calibrated", {"n": known.n, "least": least}
    return {"code": code, "rule": rule(), "inputs": inputs, "effect": None}


def quantiles(three: Three) -> list[Quantiles]:
    """Give P10, P50 and P90 of each, None where it cannot be told."""
    low, middle, high = (_known(some) for some in three)
    return list(zip(low, middle, high, strict=True))


def _known(column: Floats) -> list[float | None]:
    if not np.isnan(column).any():
        return list(column.tolist())
    return [None if value != value else value for value in column.tolist()]  # noqa: PLR0124 - NaN


def _ratio(more: Floats, less: Floats) -> list[float]:
    found: list[float] = np.where(less > 0, more / np.where(less > 0, less, 1), 1.0).round(2).tolist()
    return found


def _ran(now: Floats, then: Floats, told: Conclusions) -> Floats:
    return np.asarray(np.maximum(now - np.append(then, 0.0)[told.last_look], 0))


@cache
def _day(ordinal: int) -> str:
    return date.fromordinal(ordinal).isoformat()


def _fingerprints(told: Conclusions) -> list[str]:
    """Give the SHA-256 of everything each conclusion rests on."""
    fleet, looks = told.fleet, told.fleet.looks
    names = [_facts(terms) for terms in fleet.terms]
    seen = ["" for _ in fleet.ids]
    for thing, one in zip(looks.thing.tolist(), looks.ids, strict=True):
        seen[thing] += one
    worn = np.bincount(looks.thing, weights=looks.clock.worn, minlength=len(fleet.ids)) if len(looks.thing) else 0
    columns = (
        *(*fleet.clock, fleet.use, fleet.per_day, fleet.per_day_spread, fleet.ambient, fleet.load, fleet.health),
        *(fleet.by_use, fleet.flagged, fleet.since, worn + np.zeros(len(fleet.ids))),
    )
    numbers = np.stack([np.asarray(column, dtype=np.float64).round(6) + 0.0 for column in columns], axis=1)
    lines = np.where(np.isnan(numbers), np.inf, numbers)
    return [
        hashlib.sha256(names[product] + line.tobytes() + ids.encode()).hexdigest()
        for product, line, ids in zip(fleet.product.tolist(), lines, seen, strict=True)
    ]


def _facts(terms: Terms) -> bytes:
    facts = (
        *terms[:1],
        terms.weights.round(9).tolist(),
        terms.attention,
        *terms[4:9],
        terms.parameters.fingerprint,
        rule(),
    )
    return repr(facts).encode()
