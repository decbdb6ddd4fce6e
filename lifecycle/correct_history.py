"""Correct what the history of an asset says, by a further event that names the wrong one; nothing is overwritten."""

from datetime import datetime
from typing import Any

from sqlmodel import Session, select

from lifecycle.actor import Actor
from lifecycle.asset import Correction
from lifecycle.await_reassessment import await_reassessment
from lifecycle.chain import moment
from lifecycle.history import CORRECTED, MOVED, REGISTERED, STATUS_CHANGED, NewEvent
from lifecycle.queries import refuse_unknown
from lifecycle.record_events import locked, possible, record_events
from lifecycle.tables import AssetEventRecord, CustomerRecord, SiteRecord
from telemetry.refusal import Refusal

_MAY_SAY = {
    REGISTERED: {"site_id", "holder_id", "place", "status"},
    MOVED: {"site_id", "holder_id", "place"},
    STATUS_CHANGED: {"status"},
}
"""What a correction may change of each kind of event."""


class UnknownEvent(Refusal):
    """The history holds no such event."""


class NotCorrectable(Refusal):
    """An event that cannot be corrected in that way."""


def correct_history(session: Session, correction: Correction, *, now: datetime, by: Actor) -> AssetEventRecord:
    """Append a correction; the asset's present and its stays follow.

    Does not ask whether the corrected steps are allowed ones: it says what was, not what should have been. Raises
    UnknownAsset, UnknownEvent, NotCorrectable, UnknownReference and ImpossibleMoment.
    """
    locked(session, [correction.asset_id])
    wrong = _event(session, correction)
    facts = _facts(wrong, correction, now)
    refuse_unknown(session, SiteRecord, [facts["facts"].get("site_id")], field="site_id")
    refuse_unknown(session, CustomerRecord, [facts["facts"].get("holder_id")], field="holder_id")

    event = NewEvent(correction.asset_id, CORRECTED, now, facts)

    recorded = record_events(session, [event], now=now, by=by)[0]
    await_reassessment(session, [correction.asset_id], cause=CORRECTED, now=now)
    return recorded


def _event(session: Session, correction: Correction) -> AssetEventRecord:
    mine = AssetEventRecord.asset_id == correction.asset_id
    wrong = session.exec(select(AssetEventRecord).where(mine, AssetEventRecord.id == correction.event_id)).first()
    if wrong is None:
        raise UnknownEvent(f"the history of this asset has no event {correction.event_id}", field="event_id")
    return wrong


def _facts(wrong: AssetEventRecord, correction: Correction, now: datetime) -> dict[str, Any]:
    said = correction.model_fields_set & {"site_id", "holder_id", "place", "status"}
    if strange := sorted(said - _MAY_SAY.get(wrong.kind, set())):
        raise NotCorrectable(f"a {wrong.kind} event says nothing about {strange[0]}", field=strange[0])
    if wrong.kind not in _MAY_SAY or (correction.withdrawn and wrong.kind == REGISTERED):
        raise NotCorrectable(f"a {wrong.kind} event cannot be {'withdrawn' if correction.withdrawn else 'corrected'}")
    if not (said or correction.at or correction.withdrawn):
        raise NotCorrectable("say what the event should have said, or that it is withdrawn", field="event_id")
    return {
        "event": wrong.id,
        "facts": {field: getattr(correction, field) for field in said},
        "happened_at": moment(possible(correction.at, now=now)) if correction.at else None,
        "withdrawn": correction.withdrawn,
        "why": correction.why,
    }
