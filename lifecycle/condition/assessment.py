"""An assessment is what we conclude of one thing's condition today, with the points each cause took."""

import hashlib
import json
from collections.abc import Sequence
from datetime import date
from typing import Any, NamedTuple
from uuid import UUID

import numpy as np

from lifecycle.condition import index as indices
from lifecycle.condition import usage_clock
from lifecycle.condition.anchor import Anchor
from lifecycle.condition.assumptions import assumptions, figure, rule
from lifecycle.condition.remaining_life import DAYS_A_YEAR, LAYER, RemainingLife, remaining
from lifecycle.grade import Floats, grades_of
from lifecycle.product import Product
from lifecycle.reason import Reason


class Subject(NamedTuple):
    """One thing to assess: its product, its anchor, and what was measured since; None where nothing was."""

    asset_id: UUID
    product: Product
    anchor: Anchor
    use: float | None = None
    use_per_day: float | None = None
    ambient: float | None = None


class Assessment(NamedTuple):
    """A conclusion in the columns of a condition row."""

    asset_id: UUID
    index_p10: float
    index_p50: float
    index_p90: float
    grade: str
    usage: float | None
    remaining_use: tuple[float | None, float | None, float | None]
    remaining_days: tuple[float | None, float | None, float | None]
    layer: str
    reasons: list[Reason]
    rule: str
    input_hash: str


def assess(subjects: Sequence[Subject], *, today: date) -> list[Assessment]:
    """Assess many things at once; the same inputs on the same day give the same answer to the last digit."""
    if not subjects:
        return []
    columns = _columns(subjects, today)
    clock = usage_clock.run(
        use=columns["use"],
        rated_use=columns["rated_use"],
        years=columns["years"],
        rated_years=columns["rated_years"],
        ambient=columns["ambient"],
        ambient_limit=columns["ambient_limit"],
    )
    index = indices.project(
        anchor=columns["anchor"],
        anchor_spread=columns["anchor_spread"],
        share=clock.share,
        heat=clock.heat,
        end=columns["end"],
    )
    left = remaining(
        index=index,
        end=columns["end"],
        heat=clock.heat,
        by_use=clock.by_use,
        rated_use=columns["rated_use"],
        rated_years=columns["rated_years"],
        use_per_day=columns["use_per_day"],
    )
    grades = grades_of(index.p50)
    return [_one(at, subject, columns, clock, index, left, grades[at]) for at, subject in enumerate(subjects)]


def limit(product: Product, name: str) -> float:
    """Give a product's index limit, `attention` or `end`, or the assumed one where it declares none; 0 to 99."""
    return min(max(float(product.wear_limits.get(name, figure("wear_limits", name))), 0.0), 99.0)


def rated_maximum(product: Product, metric: str) -> float | None:
    """Give the most a product may stand of a metric, None where the maker says nothing."""
    limits = [rating.get("maximum") for rating in product.ratings if rating.get("metric") == metric]
    return None if not limits or limits[0] is None else float(limits[0])


def _columns(subjects: Sequence[Subject], today: date) -> dict[str, Floats]:
    heat_metric = str(assumptions()["heat"]["metric"])
    rows = [
        {
            "anchor": subject.anchor.points,
            "anchor_spread": subject.anchor.spread,
            "years": max((today - subject.anchor.at).days, 0) / DAYS_A_YEAR,
            "rated_years": subject.product.rated_years,
            "use": subject.use,
            "rated_use": subject.product.rated_usage,
            "use_per_day": subject.use_per_day,
            "ambient": subject.ambient,
            "ambient_limit": rated_maximum(subject.product, heat_metric),
            "end": limit(subject.product, "end"),
        }
        for subject in subjects
    ]
    return {name: np.array([row[name] for row in rows], dtype=np.float64) for name in rows[0]}


def _one(
    at: int,
    subject: Subject,
    columns: dict[str, Floats],
    clock: usage_clock.Clock,
    index: indices.Index,
    left: RemainingLife,
    grade: str,
) -> Assessment:
    use = _known(columns["use"][at]) if clock.by_use[at] else None
    use_left, days_left = (_three(quantiles, at) for quantiles in left)
    return Assessment(
        asset_id=subject.asset_id,
        index_p10=float(index.p10[at]),
        index_p50=float(index.p50[at]),
        index_p90=float(index.p90[at]),
        grade=grade,
        usage=use,
        remaining_use=use_left,
        remaining_days=days_left,
        layer=LAYER,
        reasons=_reasons(at, subject, columns, clock, index, days_left),
        rule=rule(),
        input_hash=_fingerprint(subject, columns, at),
    )


def _three(quantiles: tuple[Floats, Floats, Floats], at: int) -> tuple[float | None, float | None, float | None]:
    low, middle, high = (_known(some[at]) for some in quantiles)
    return low, middle, high


def _known(number: Any) -> float | None:
    return float(number) if np.isfinite(number) else None


def _reasons(
    at: int,
    subject: Subject,
    columns: dict[str, Floats],
    clock: usage_clock.Clock,
    index: indices.Index,
    days_left: tuple[float | None, float | None, float | None],
) -> list[Reason]:
    """Say why: anchor, wear, heat and floor carry points that add up to the index; the rest explains."""
    reasons = [_anchored(subject.anchor, float(index.anchor[at])), _worn(at, subject, columns, clock, index)]
    if clock.heat[at] > 1:
        inputs = {
            "ambient": round(float(columns["ambient"][at]), 1),
            "rated": float(columns["ambient_limit"][at]),
            "factor": round(float(clock.heat[at]), 2),
        }
        reasons.append(_reason("condition.heat", inputs, float(index.heat[at])))
    if index.floor[at] > 0:
        reasons.append(_reason("condition.floor", {}, float(index.floor[at])))
    if days_left[1] is None:
        reasons.append(_reason("condition.no_recent_use", {"days": int(figure("windows", "rate_days"))}, None))
    return reasons


def _anchored(anchor: Anchor, points: float) -> Reason:
    if anchor.inspection_id is None:
        return _reason("condition.never_inspected", {"since": anchor.at.isoformat()}, points)
    inputs = {"on": anchor.at.isoformat(), "source": anchor.source, "inspection": str(anchor.inspection_id)}
    return _reason("condition.last_inspection", inputs, points)


def _worn(
    at: int, subject: Subject, columns: dict[str, Floats], clock: usage_clock.Clock, index: indices.Index
) -> Reason:
    if clock.by_use[at]:
        inputs: dict[str, Any] = {
            "metric": subject.product.usage_metric,
            "use": round(float(columns["use"][at]), 1),
            "rated": subject.product.rated_usage,
        }
        return _reason("condition.wear_by_use", inputs, float(index.wear[at]))
    inputs = {"years": round(float(columns["years"][at]), 2), "rated": subject.product.rated_years}
    return _reason("condition.wear_by_age", inputs, float(index.wear[at]))


def _reason(code: str, inputs: dict[str, Any], effect: float | None) -> Reason:
    return Reason(code=code, rule=rule(), inputs=inputs, effect=effect)


def _fingerprint(subject: Subject, columns: dict[str, Floats], at: int) -> str:
    """Give the SHA-256 of everything the conclusion rests on."""
    inputs = {name: _known(round(float(column[at]), 6)) for name, column in columns.items()}
    facts = {"rule": rule(), "anchor_of": str(subject.anchor.inspection_id), **inputs}
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()
