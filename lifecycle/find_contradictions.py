"""Find inspections of one moment that cannot both be right; both are kept, and each is told of the other."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from uuid import UUID

from sqlmodel import Session, col, select

from lifecycle.grade import GRADES
from lifecycle.inspection import Inspection, InspectionSource
from lifecycle.inspection_queries import still_counts
from lifecycle.inspection_rules import limit
from lifecycle.tables import InspectionRecord
from telemetry.lots import lots

_AT_ONCE = 500
_NO_WITNESS = frozenset({InspectionSource.SPREADSHEET, InspectionSource.REPAIR})
"""Rows of a spreadsheet tell what was; a repair is meant to differ from what was seen before."""

Contradictions = Mapping[UUID, set[UUID]]
"""By inspection, the others that saw otherwise."""


def find_contradictions(session: Session, fresh: Sequence[InspectionRecord]) -> Contradictions:
    """Hold new inspections against each other and against those of about the same moment."""
    witnesses = [one for one in fresh if one.grades and one.source not in _NO_WITNESS]
    found: defaultdict[UUID, set[UUID]] = defaultdict(set)
    if not witnesses:
        return found
    near = timedelta(hours=limit("conflict", "hours"))
    others = _near(session, witnesses, near) + witnesses
    by_asset: defaultdict[UUID, list[InspectionRecord]] = defaultdict(list)
    for other in others:
        by_asset[other.asset_id].append(other)
    for one in witnesses:
        found[one.id] = {other.id for other in by_asset[one.asset_id] if _contradict(one, other, near)}
    return found


def _contradict(one: Inspection, other: Inspection, near: timedelta) -> bool:
    if one.id == other.id or abs(one.inspected_at - other.inspected_at) > near:
        return False
    apart = limit("conflict", "grades")
    both = set(one.grades) & set(other.grades)
    return any(abs(GRADES.index(one.grades[name]) - GRADES.index(other.grades[name])) >= apart for name in both)


def _near(session: Session, witnesses: Iterable[InspectionRecord], near: timedelta) -> list[InspectionRecord]:
    """Load what was seen of the same assets at about the same time."""
    witnesses = list(witnesses)
    first, last = (some(one.inspected_at for one in witnesses) for some in (min, max))
    at = col(InspectionRecord.inspected_at)
    found: list[InspectionRecord] = []
    for some in lots({one.asset_id for one in witnesses}, _AT_ONCE):
        query = select(InspectionRecord).where(
            col(InspectionRecord.asset_id).in_(some),
            at >= first - near,
            at <= last + near,
            still_counts(),
            col(InspectionRecord.source).not_in(_NO_WITNESS),
        )
        found += session.exec(query)
    return found
