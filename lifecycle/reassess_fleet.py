"""Assess very many waiting things at once, as when a product's wear was learned anew: by column, written in bulk.

Three steps, which may be three transactions: take some in hand, conclude, keep. Only the first and the last write, so
that others write while it is read and computed, and several processes conclude at once.
"""

import gc
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, String, Uuid, delete, func, type_coerce, update
from sqlmodel import Session, and_, col, select

from lifecycle.alert import AlertState
from lifecycle.condition.assessment import Assessment, assessments
from lifecycle.condition.assumptions import figure
from lifecycle.condition.conclusions import assess
from lifecycle.condition.terms import Terms
from lifecycle.condition_queries import products_of
from lifecycle.read_fleet import Read, between, read_fleet
from lifecycle.read_looks import Thing, Which, hex_of
from lifecycle.tables import AlertRecord, AssetRecord, ConditionRecord, ReassessmentRecord
from lifecycle.wear_queries import terms_by_product
from lifecycle.write_conditions import AT_ASSET, Cells, cells_of, write_conditions
from telemetry.asked_rows import asked_rows
from telemetry.identity import new_id
from telemetry.lots import ROWS, lots
from telemetry.tables import tenant_of

CONCLUDED = "concluded"
"""The cause under which a thing goes on waiting whose condition is written, and whose alerts and route may follow."""
IN_HAND = "in hand "
"""What the cause begins with while a thing is concluded; who touches it gives it another, and takes it out of hand."""
AT_ONCE = 10_000
"""Things in one pass."""
_TAKES = 0x7A5E
"""Number of the lock under which things are taken in hand, on PostgreSQL."""
_AS_IT_IS = {"synchronize_session": False}
_ASKED: Any = type_coerce(col(ReassessmentRecord.asset_id), String)
"""The id as the driver gives it: to make a million into objects takes longer than to read them."""


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


class InHand(NamedTuple):
    """Waiting things that somebody took to conclude: the mark that they bear, and the first and last of their ids."""

    mark: str
    first: UUID
    last: UUID


class Concluded(NamedTuple):
    """What is to be kept of things in hand: new conditions, and who waits on for alerts and route, by hex digits."""

    in_hand: InHand
    unknown: int
    fresh: Mapping[str, Cells]
    further: Sequence[str]


def reassess_fleet(
    session: Session, *, now: datetime, limit: int = AT_ONCE, lap: Callable[[str], object] = str
) -> FleetReassessed:
    """Write the conditions of waiting things, in the order of their ids, at most `limit`, in one transaction.

    Raises no alert and chooses no route: a thing for which either may follow (its grade changed, it is near its end, it
    jumped, it is measured, an alert of it stands) waits on, and `reassess` takes it. `lap` hears what was just done.
    """
    in_hand = take_in_hand(session, limit=limit)
    return (
        FleetReassessed() if in_hand is None else keep(session, conclude(session, in_hand, now=now, lap=lap), now=now)
    )


def take_in_hand(session: Session, *, limit: int = AT_ONCE, after: UUID | None = None) -> InHand | None:
    """Mark the first waiting things behind an id as in hand; None where none wait.

    What is taken and never kept, for its process was killed, is left to `reassess`, which takes whatever waits.
    """
    _one_at_a_time(session)
    queue = ReassessmentRecord
    query = select(_ASKED).where(_is_free()).order_by(col(queue.asset_id)).limit(limit)
    later = query if after is None else query.where(col(queue.asset_id) > after)
    free = [hex_of(one) for one in session.exec(later.with_for_update(skip_locked=True))]
    if not free:
        return None
    in_hand = InHand(f"{IN_HAND}{new_id().hex}", UUID(free[0]), UUID(free[-1]))
    for some in lots(free, ROWS):
        mark = update(queue).where(col(queue.asset_id).in_(_asked(session, some))).values(cause=in_hand.mark)
        session.execute(mark, execution_options=_AS_IT_IS)
    return in_hand


def _one_at_a_time(session: Session) -> None:
    """Let nobody take beside us until we commit: PostgreSQL would lock for us what another marked a moment ago.

    The other would then find its own things locked when it keeps them, and pass them over.
    """
    if session.get_bind().dialect.name == "postgresql":
        session.execute(select(func.pg_advisory_xact_lock(_TAKES, tenant_of(session))))


def conclude(
    session: Session, in_hand: InHand, *, now: datetime, lap: Callable[[str], object] = str
) -> Concluded | None:
    """Conclude how things in hand fare; writes nothing. None where all of them were taken out of hand."""
    with _nothing_collected():
        waiting = _waiting(session, in_hand)
        if not waiting:
            return None
        which = between(in_hand.first, in_hand.last)
        terms = terms_by_product(session, products_of(session, [one.thing for one in waiting]))  # type: ignore[misc]
        read = read_fleet(session, [one.thing for one in waiting], which=which, terms=terms, today=now.date())
        alerted = _alerted(session, which)
        lap("read")

        found = _conclude(in_hand, waiting, read, terms, alerted, now)
        lap("computed")
        return found


def keep(
    session: Session, concluded: Concluded | None, *, now: datetime, lap: Callable[[str], object] = str
) -> FleetReassessed:
    """Write what was concluded of things that are still in hand, and let them leave the queue or wait on.

    Who was touched meanwhile waits for the next turn; whom another worker holds is left to `reassess`.
    """
    if concluded is None:
        return FleetReassessed()
    held = _still_in_hand(session, concluded.in_hand)
    fresh = [cells for asset_id, cells in concluded.fresh.items() if asset_id in held]
    further = [one for one in concluded.further if one in held]

    written = write_conditions(session, fresh, now=now)
    _leave_the_queue(session, held, further)
    lap("written")
    return FleetReassessed(len(held), written, concluded.unknown, len(further))


def _conclude(
    in_hand: InHand,
    waiting: Sequence[Waiting],
    read: Read,
    terms: Mapping[UUID, Terms],
    alerted: set[UUID],
    now: datetime,
) -> Concluded:
    by_id = {one.thing.id: one for one in waiting}
    told = list(assessments(assess(read.fleet, today=now.date())))
    before_of = [by_id[one.asset_id] for one in told]
    fresh = [one for one, before in zip(told, before_of, strict=True) if before.input_hash != one.input_hash]
    near = figure("bulk", "near_days")
    also = {one.hex for one in (alerted | set(read.readings)).intersection(by_id)}
    further = [
        one.asset_id.hex
        for one, before in zip(told, before_of, strict=True)
        if _goes_on(one, before, terms[before.thing.product_id], near) or one.asset_id.hex in also
    ]
    cells = {cells[AT_ASSET]: cells for cells in cells_of(fresh)}
    return Concluded(in_hand, len(waiting) - len(told), cells, further)


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


def how_many_in_bulk(session: Session) -> int:
    """Count what waits, was not concluded in bulk yet, and is in nobody's hand."""
    return session.exec(select(func.count()).select_from(ReassessmentRecord).where(_is_free())).one()


def _is_free() -> ColumnElement[bool]:
    cause = col(ReassessmentRecord.cause)
    return and_(cause != CONCLUDED, ~cause.startswith(IN_HAND))


def _waiting(session: Session, in_hand: InHand) -> list[Waiting]:
    """Load what is in hand, in the order of the ids."""
    one, queue, last = AssetRecord, ReassessmentRecord, ConditionRecord
    same = and_(col(queue.tenant_id) == one.tenant_id, col(queue.asset_id) == one.id)
    before = and_(col(last.tenant_id) == one.tenant_id, col(last.id) == one.condition_id)
    columns: tuple[Any, ...] = (one.id, one.product_id, one.in_service_on, one.made_on, one.grade, last.input_hash)
    query = (
        select(*columns)
        .join(queue, same)
        .outerjoin(last, before)
        .where(_in_hand(in_hand))
        .order_by(col(queue.asset_id))
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


def _in_hand(in_hand: InHand) -> ColumnElement[bool]:
    queue = ReassessmentRecord
    return and_(col(queue.asset_id).between(in_hand.first, in_hand.last), col(queue.cause) == in_hand.mark)


def _still_in_hand(session: Session, in_hand: InHand) -> set[str]:
    """Give the things still in hand, held for us with their places in the queue."""
    one, queue = AssetRecord, ReassessmentRecord
    same = and_(col(queue.tenant_id) == one.tenant_id, col(queue.asset_id) == one.id)
    query = select(_ASKED).join_from(queue, one, same).where(_in_hand(in_hand)).order_by(col(queue.asset_id))
    return {hex_of(one) for one in session.exec(query.with_for_update(skip_locked=True, of=(one, queue)))}


def _leave_the_queue(session: Session, held: set[str], further: Sequence[str]) -> None:
    queue = col(ReassessmentRecord.asset_id)
    for some in lots(further, ROWS):
        waits_on = update(ReassessmentRecord).where(queue.in_(_asked(session, some))).values(cause=CONCLUDED)
        session.execute(waits_on, execution_options=_AS_IT_IS)
    for some in lots(held.difference(further), ROWS):
        session.execute(delete(ReassessmentRecord).where(queue.in_(_asked(session, some))), execution_options=_AS_IT_IS)


def _asked(session: Session, asset_ids: Sequence[str]) -> Any:
    """Pass many ids as one parameter."""
    asked = asked_rows(session, [(asset_id,) for asset_id in asset_ids], asset_id=Uuid())
    return select(asked.c.asset_id)
