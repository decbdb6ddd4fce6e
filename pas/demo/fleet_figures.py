"""How the demo fleet stands when all is in: things by status and grade, and the alerts that are open."""

from typing import Any, NamedTuple

from sqlalchemy import func
from sqlmodel import Session, col, select

from lifecycle.alert import AlertState
from lifecycle.tables import AlertRecord, AssetRecord


class FleetFigures(NamedTuple):
    """Counts by word."""

    by_status: dict[str, int]
    by_grade: dict[str, int]
    alerts_by_kind: dict[str, int]


def fleet_figures(session: Session) -> FleetFigures:
    """Count the fleet as it stands."""
    is_open = AlertRecord.state != AlertState.CLEARED
    return FleetFigures(
        by_status=_counted(session, AssetRecord.status),
        by_grade=_counted(session, AssetRecord.grade),
        alerts_by_kind=_counted(session, AlertRecord.kind, is_open),
    )


def _counted(session: Session, column: Any, *where: Any) -> dict[str, int]:
    rows = session.exec(select(column, func.count()).where(*where).group_by(col(column)).order_by(col(column)))
    return {"none" if word is None else str(getattr(word, "value", word)): int(count) for word, count in rows}
