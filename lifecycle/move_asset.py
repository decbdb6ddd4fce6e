"""Move assets from a moment on, also a past one: what was recorded of later times stays."""

from collections.abc import Sequence
from datetime import datetime

from sqlmodel import Session

from lifecycle.actor import Actor
from lifecycle.asset import Move
from lifecycle.await_reassessment import await_reassessment
from lifecycle.history import MOVED, NewEvent
from lifecycle.queries import refuse_unknown
from lifecycle.record_events import locked, record_events
from lifecycle.refuse_before_registration import refuse_before_registration
from lifecycle.tables import AssetEventRecord, CustomerRecord, SiteRecord
from telemetry.refusal import Refusal

_WHERE = ("site_id", "holder_id", "place")


class NoDestination(Refusal):
    """A move that says neither where to, nor to whom."""


def move_assets(session: Session, moves: Sequence[Move], *, now: datetime, by: Actor) -> list[AssetEventRecord]:
    """Record moves.

    Raises UnknownAsset, UnknownReference, NoDestination, ImpossibleMoment and BeforeRegistration.
    """
    locked(session, (move.asset_id for move in moves))
    refuse_unknown(session, SiteRecord, (move.site_id for move in moves), field="site_id")
    refuse_unknown(session, CustomerRecord, (move.holder_id for move in moves), field="holder_id")
    refuse_before_registration(session, [(move.asset_id, move.at) for move in moves])

    events = [_event(move) for move in moves]

    recorded = record_events(session, events, now=now, by=by)
    await_reassessment(session, (move.asset_id for move in moves), cause=MOVED, now=now)
    return recorded


def _event(move: Move) -> NewEvent:
    facts = {field: getattr(move, field) for field in _WHERE if field in move.model_fields_set}
    if not facts:
        raise NoDestination("say where to: a site_id, a holder_id or a place", field="site_id")
    return NewEvent(move.asset_id, MOVED, move.at, facts | ({"note": move.note} if move.note else {}))
