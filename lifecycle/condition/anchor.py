"""An anchor is the last firm ground under a condition: what was last seen, or the day the thing was new."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import NamedTuple
from uuid import UUID

from lifecycle.asset import Asset
from lifecycle.condition.assumptions import figure
from lifecycle.grade import BAND_SPREAD, middle
from lifecycle.inspection import Inspection
from lifecycle.product import ChecklistItem, Product

AS_NEW = 100.0


class Anchor(NamedTuple):
    """The index at a date, its standard deviation, and the inspection that says so; None where nobody looked."""

    at: date
    points: float
    spread: float
    inspection_id: UUID | None = None
    source: str = ""


def seen(inspection: Inspection, product: Product) -> Anchor | None:
    """Anchor at an inspection: its own index, or the weighted mean of its grades; None where it holds neither."""
    wider = figure("source_spread", inspection.source.value)
    if inspection.index is not None:
        points, spread = inspection.index, figure("index_spread", "points")
    elif inspection.grades:
        points, spread = mean_of_grades(inspection.grades, product.checklist), BAND_SPREAD
    else:
        return None
    return Anchor(inspection.inspected_at.date(), points, spread * wider, inspection.id, inspection.source.value)


def mean_of_grades(grades: Mapping[str, str], checklist: Sequence[Mapping[str, object]]) -> float:
    """Weigh the middles of the graded bands by the weights of the checklist; a component without weight counts 1."""
    weights = {item.component: item.weight for item in map(ChecklistItem.model_validate, checklist)}
    parts = [(weights.get(component, 1.0), middle(grade)) for component, grade in grades.items()]
    return sum(weight * points for weight, points in parts) / sum(weight for weight, _ in parts)


def unseen(asset: Asset) -> Anchor | None:
    """Anchor where nobody looked: as new when its service began, or when it was made; None where neither is known."""
    since = asset.in_service_on or asset.made_on
    return None if since is None else Anchor(since, AS_NEW, figure("unseen_spread", "points"))
