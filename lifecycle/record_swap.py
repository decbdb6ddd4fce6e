"""Record that a thing got another meter, in its history as well."""

from datetime import datetime
from uuid import UUID

from sqlmodel import Session

from lifecycle.actor import Actor
from lifecycle.history import NewEvent
from lifecycle.record_events import possible, record_events
from telemetry.swap_counter import Swap, swap_counter

METER_SWAPPED = "meter-swapped"
"""The kind of event: another meter took the place of the one before."""


def record_swap(session: Session, *, asset_id: UUID, metric: str, swap: Swap, now: datetime, by: Actor) -> None:
    """Note the swap of one counter's meter; the same again changes nothing.

    Raises UnknownAsset, ImpossibleMoment, and what `swap_counter` raises.
    """
    at = possible(swap.at, now=now)
    if swap_counter(session, asset_id=asset_id, code=metric, swap=swap, now=now):
        facts = {"metric": metric, "closing": swap.closing, "opening": swap.opening}
        event = NewEvent(asset_id=asset_id, kind=METER_SWAPPED, happened_at=at, facts=facts)
        record_events(session, [event], now=now, by=by)
