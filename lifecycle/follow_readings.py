"""Do what follows from readings that were taken in: judge their alarms, and queue their things to be assessed again."""

from datetime import datetime
from functools import partial
from typing import NamedTuple

from sqlmodel import Session

from lifecycle.alarm_queries import known_products
from lifecycle.await_reassessment import await_reassessment
from telemetry.follow_batches import follow_batches
from telemetry.settle_alarms import AlarmNews
from telemetry.watch_limits import catch_up, watch_limits
from telemetry.watch_silence import hear_again, notice_silence

READINGS = "readings"


class Followed(NamedTuple):
    """How many batches and readings were followed, how many assets they are of, and what became of alarms."""

    batches: int = 0
    readings: int = 0
    assets: int = 0
    alarms: AlarmNews = AlarmNews()


def follow_readings(session: Session, *, now: datetime) -> Followed:
    """Follow the oldest batches that wait, some 200,000 readings at most; a caller calls until there are none.

    Rules that were made to hold from earlier on judge what they missed. Assesses nothing: the assets are queued.
    """
    products = partial(known_products, session)
    alarms = catch_up(session, products=products, now=now)

    taken = follow_batches(session)
    assets = {one.asset_id for one in taken.series}
    await_reassessment(session, assets, cause=READINGS, now=now)
    alarms += watch_limits(session, fresh=taken.fresh, products=products, now=now)
    alarms += hear_again(session, fresh=taken.fresh, now=now)
    return Followed(taken.batches, len(taken.fresh), len(assets), alarms)


def listen(session: Session, *, now: datetime) -> AlarmNews:
    """Raise an alarm for what is in service and of which a reading is overdue; what is not in service may be silent."""
    return notice_silence(session, products=partial(known_products, session, in_service=True), now=now)
