"""Assess very many waiting things at once, as when a product's wear was learned anew: by column, written in bulk."""

import gc
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Uuid, delete, func, update
from sqlmodel import Session, and_, col, select

from lifecycle.alert import AlertState
from lifecycle.condition.assessment import Assessment, assessments
from lifecycle.condition.assumptions import figure
from lifecycle.condition.conclusions import assess
from lifecycle.condition.terms import Terms
from lifecycle.condition_queries import products_of
from lifecycle.read_fleet import Thing, Which, between, read_fleet
from lifecycle.tables import AlertRecord, AssetRecord, ConditionRecord, ReassessmentRecord
from lifecycle.wear_queries import terms_by_product
from lifecycle.write_conditions import write_conditions
from telemetry.asked_rows import asked_rows
from telemetry.lots import ROWS, lots

CONCLUDED = "concluded"
"""The cause under which a thing goes on waiting whose condition is written, and whose alerts and route may follow."""
AT_ONCE = 25_000
"""Things in one pass."""


class FleetReassessed(NamedTuple):
    """How many were taken, how many got a new condition, and how many wait on for their alerts and route."""

    taken: int = 0
    assessed: int = 0
    unknown: int = 0
    wait_on: int = 0


class Waiting(NamedTuple):
    """A waiting thing, and what was concluded of it last."""

    thing: Thing
    grade: str | None
    input_hash: str | None


def reassess_fleet(
    session: Session, *, now: datetime, limit: int = AT_ONCE, lap: Callable[[str], object] = str
) -> FleetReassessed:
    """Write the conditions of waiting things, in the order of their ids, at most `limit`.

    Raises no alert and chooses no route: a thing for which either may follow (its grade changed, it is near its end, it
    jumped, it is measured, an alert of it stands) waits on, and `reassess` takes it. `lap` hears what was just done.
    """
    with _nothing_collected():
        return _reassess(session, now=now, limit=limit, lap=lap)


@contextmanager
def _nothing_collected() -> Iterator[None]:
    """Let no memory be searched for circles meanwhile: a million rows make none, and the search takes half the time."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _reassess(session: Session, *, now: datetime, limit: int, lap: Callable[[str], object]) -> FleetReassessed:
    waiting = _waiting(session, limit)
    if not waiting:
        return FleetReassessed()
    which = between(waiting[0].thing.id, waiting[-1].thing.id)
    terms = terms_by_product(session, products_of(session, [one.thing for one in waiting]))  # type: ignore[misc]
    read = read_fleet(session, [one.thing for one in waiting], which=which, terms=terms, today=now.date())
    alerted = _alerted(session, which)
    lap("read")

    conclusions = assess(read.fleet, today=now.date())
    by_id = {one.thing.id: one for one in waiting}
    product = {one.thing.id: terms[one.thing.product_id] for one in waiting}
    told = list(assessments(conclusions))
    fresh = [one for one in told if by_id[one.asset_id].input_hash != one.input_hash]
    near = figure("bulk", "near_days")
    further = {one.asset_id for one in told if _goes_on(one, by_id[one.asset_id], product[one.asset_id], near)}
    further |= (alerted | set(read.readings)) & set(by_id)
    lap("computed")

    written = write_conditions(session, fresh, now=now)
    _leave_the_queue(session, [one for one in by_id if one not in further], further)
    lap("written")
    return FleetReassessed(len(waiting), written, len(waiting) - len(told), len(further))


def how_many_in_bulk(session: Session) -> int:
    """Count what waits and was not concluded in bulk yet."""
    query = select(func.count()).select_from(ReassessmentRecord)
    return session.exec(query.where(col(ReassessmentRecord.cause) != CONCLUDED)).one()


def _waiting(session: Session, limit: int) -> list[Waiting]:
    """Load what waits, held for us; what another worker holds is passed over."""
    one, queue, last = AssetRecord, ReassessmentRecord, ConditionRecord
    same = and_(col(queue.tenant_id) == one.tenant_id, col(queue.asset_id) == one.id)
    before = and_(col(last.tenant_id) == one.tenant_id, col(last.id) == one.condition_id)
    columns: tuple[Any, ...] = (one.id, one.product_id, one.in_service_on, one.made_on, one.grade, last.input_hash)
    query = (
        select(*columns)
        .join(queue, same)
        .outerjoin(last, before)
        .where(col(queue.cause) != CONCLUDED)
        .order_by(col(queue.asset_id))
        .limit(limit)
        .with_for_update(skip_locked=True, of=one)
    )
    return [Waiting(Thing(*row[:4]), row[4], row[5]) for row in session.execute(query)]


def _alerted(session: Session, which: Which) -> set[UUID]:
    """Give the things of which an alert stands."""
    query = select(AlertRecord.asset_id).where(
        which(col(AlertRecord.asset_id)), AlertRecord.state != AlertState.CLEARED
    )
    return set(session.exec(query))


def _goes_on(one: Assessment, before: Waiting, terms: Terms, near_days: float) -> bool:
    """Tell whether an alert or another route may follow from a conclusion."""
    days = one.remaining_days[1]
    is_near = one.index_p50 < terms.attention or (days is not None and days < near_days)
    return is_near or one.grade != before.grade or one.has_jumped


def _leave_the_queue(session: Session, done: Sequence[UUID], further: Iterable[UUID]) -> None:
    queue = col(ReassessmentRecord.asset_id)
    for some in lots(done, ROWS):
        session.execute(delete(ReassessmentRecord).where(queue.in_(_asked(session, some))))
    for some in lots(further, ROWS):
        session.execute(update(ReassessmentRecord).where(queue.in_(_asked(session, some))).values(cause=CONCLUDED))


def _asked(session: Session, asset_ids: Sequence[UUID]) -> Any:
    """Pass many ids as one parameter."""
    asked = asked_rows(session, [(asset_id.hex,) for asset_id in asset_ids], asset_id=Uuid())
    return select(asked.c.asset_id)
