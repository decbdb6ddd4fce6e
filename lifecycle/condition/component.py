"""A component of a thing fares on its own: its index with interval, when it was last seen, and what each cause took."""

from collections.abc import Sequence
from typing import Any

from sqlmodel import SQLModel

from lifecycle.condition.index import Points
from lifecycle.reason import Reason

_JUMPS = {1: "repair_not_logged", 0: None, -1: "sudden_damage"}
FIELDS = (
    *("component", "weight", "critical", "index_p10", "index_p50", "index_p90", "grade", "seen_on", "source", "jump"),
    *("remaining_days_p10", "remaining_days_p50", "remaining_days_p90"),
    *("remaining_use_p10", "remaining_use_p50", "remaining_use_p90", "layer"),
)
"""What stands first in the list that is stored of a component; behind it stand the points by cause."""


class ComponentCondition(SQLModel):
    """How one component fares. The effects of its reasons are points that add up to `index_p50`.

    `weight` is its share in the whole. `jump` says that the last sight was far from what was foretold, so that only
    the sight counts: far better (a repair nobody logged?) or far worse (sudden damage).
    """

    component: str
    weight: float
    critical: bool
    index_p10: float
    index_p50: float
    index_p90: float
    grade: str
    seen_on: str | None
    source: str | None
    jump: str | None
    remaining_days_p10: float | None
    remaining_days_p50: float | None
    remaining_days_p90: float | None
    remaining_use_p10: float | None
    remaining_use_p50: float | None
    remaining_use_p90: float | None
    layer: str
    reasons: list[Reason]


def component_of(stored: Sequence[Any], *, rule: str) -> ComponentCondition:
    """Unfold what was stored of one component."""
    facts = dict(zip(FIELDS, stored, strict=False))
    points = zip(Points._fields, stored[len(FIELDS) :], strict=True)
    reasons = [
        Reason(code=".".join(("condition", f"component_{name}")), rule=rule, inputs={}, effect=effect)
        for name, effect in points
        if effect
    ]
    return ComponentCondition(**facts | {"jump": _JUMPS[facts["jump"]], "reasons": reasons})
