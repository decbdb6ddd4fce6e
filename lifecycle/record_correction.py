"""Record that readings of a thing were wrong: they are corrected, its history says so, and it is assessed again."""

from datetime import datetime
from uuid import UUID

from sqlmodel import Session

from lifecycle.actor import Actor
from lifecycle.await_reassessment import await_reassessment
from lifecycle.history import NewEvent
from lifecycle.record_events import possible, record_events
from telemetry.correct_readings import correct_readings
from telemetry.correction import Corrected, Correction

READINGS_CORRECTED = "readings-corrected"
"""The kind of event, and the cause for which the thing is assessed again."""


def record_correction(
    session: Session,
    *,
    asset_id: UUID,
    metric: str,
    corrections: list[Correction],
    because: str,
    now: datetime,
    by: Actor,
) -> list[Corrected]:
    """Correct readings of one metric; give what was changed, and note nothing where nothing was.

    Raises UnknownAsset, ImpossibleMoment and what `correct_readings` raises.
    """
    for one in corrections:
        possible(one.at, now=now)
    told = correct_readings(
        session, asset_id=asset_id, code=metric, corrections=corrections, because=because, now=now, by=by.name
    )
    if told:
        span = {"first": told[0].at.isoformat(), "last": told[-1].at.isoformat()}
        facts = {"metric": metric, "count": len(told), **span, "because": because}
        event = NewEvent(asset_id=asset_id, kind=READINGS_CORRECTED, happened_at=now, facts=facts)
        record_events(session, [event], now=now, by=by)
        await_reassessment(session, [asset_id], cause=READINGS_CORRECTED, now=now)
    return told
