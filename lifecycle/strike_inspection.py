"""Strike an inspection that was no true sight: it stays on record, and counts for nothing any more."""

from datetime import datetime
from uuid import UUID

from sqlmodel import Session

from lifecycle.actor import Actor
from lifecycle.await_reassessment import await_reassessment
from lifecycle.checklist_tables import InspectionStrikeRecord
from lifecycle.history import NewEvent
from lifecycle.inspection_queries import known_inspection, last_look, strike_of
from lifecycle.record_events import locked, record_events
from telemetry.tables import tenant_of

STRUCK = "inspection_struck"


def strike_inspection(
    session: Session, *, inspection_id: UUID, why: str, now: datetime, by: Actor
) -> InspectionStrikeRecord:
    """Strike an inspection, write who did it and why into the asset's history, and queue the asset.

    One that was struck already stays as it was struck. Raises UnknownInspection.
    """
    inspection = known_inspection(session, inspection_id=inspection_id, holder_id=None)
    asset = locked(session, [inspection.asset_id])[inspection.asset_id]
    before = strike_of(session, inspection_id=inspection_id)
    if before is not None:
        return before

    strike = InspectionStrikeRecord(
        tenant_id=tenant_of(session), inspection_id=inspection_id, struck_at=now, struck_by=by.name, why=why
    )

    session.add(strike)
    session.flush()
    asset.inspected_at = last_look(session, asset_id=asset.id)
    facts = {"inspection": str(inspection_id), "why": why}
    record_events(session, [NewEvent(inspection.asset_id, STRUCK, now, facts)], now=now, by=by)
    await_reassessment(session, [inspection.asset_id], cause=STRUCK, now=now)
    return strike
