"""Take doubted readings in after all, with what was meant or once the cause is gone; or settle that they stay out."""

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import select, update
from sqlmodel import Session, col, delete

from telemetry.delivery import Delivery
from telemetry.doubt import DoubtState
from telemetry.find_doubted import are_chosen
from telemetry.identity import new_id
from telemetry.ingest import ingest_all
from telemetry.lock_journal import lock_journal
from telemetry.lots import KEYS, ROWS, lots
from telemetry.repair import Chosen, Doubted, Repair, repaired
from telemetry.shard import shard_of_batch
from telemetry.tables import QuarantinedReadingRecord, ReadingBatchRecord, tenant_of

MOST = 50_000
"""So many are settled in one transaction: others wait meanwhile."""
SOURCE = "repair"
"""Where a batch of repaired readings comes from."""

Naming = Callable[[Collection[str]], Mapping[str, UUID]]
"""Tells which assets are meant by some words."""


class Repaired(NamedTuple):
    """What became of the doubted readings that were chosen: `taken`, `duplicates` and `doubted` are all of them."""

    id: UUID
    """Of the repair; the receipt of its batch is `repair:` and this."""
    taken: int = 0
    duplicates: int = 0
    """Which were there already; they are released as well."""
    doubted: int = 0
    """Which still wait, each with its reason of now."""
    reasons: dict[str, int] = {}  # noqa: RUF012 - never changed
    assets: int = 0
    """Of how many something new is known."""
    next_after: UUID | None = None
    """Where to go on, if more are chosen than are settled at once."""


class _Waiting(NamedTuple):
    id: UUID
    doubted: Doubted


def repair_readings(
    session: Session,
    *,
    chosen: Chosen,
    repair: Repair,
    now: datetime,
    by: str,
    naming: Naming | None = None,
    after: UUID | None = None,
    most: int = MOST,
) -> Repaired:
    """Take in the oldest of the chosen readings, repaired, as a batch of their own; what is doubted again waits on.

    The same again finds nothing left to do. Words for assets are ids where there is no `naming`. Raises NothingChosen,
    UnknownUnit, UnknownZoneMeant and UnfitFactor.
    """
    chosen.must_narrow()
    repair.must_be_possible()
    lock_journal(session)
    waiting, next_after = _page(session, chosen, after, most)
    number = new_id()
    if not waiting:
        return Repaired(number)

    arrived = repaired([one.doubted for one in waiting], repair)
    assets = None if naming is None else naming({word for word in arrived.asset.word if word})
    told = ingest_all(session, deliveries=[Delivery(arrived, f"repair:{number}", SOURCE, assets)], now=now)[0]

    again = _hand_back(session, told.key, waiting)
    _settle(
        session,
        [one.id for row, one in enumerate(waiting) if row not in again],
        state=DoubtState.RELEASED,
        settled_at=now,
        settled_by=by[:200],
        how={"repair": str(number), **repair.told()},
    )
    return Repaired(
        number, told.taken, told.duplicates, told.quarantined, told.reasons, len(told.asset_ids), next_after
    )


def try_repair(session: Session, **asked: Any) -> Repaired:
    """Tell what `repair_readings` would do, and leave nothing of it."""
    savepoint = session.begin_nested()
    try:
        return repair_readings(session, **asked)
    finally:
        savepoint.rollback()
        session.expire_all()


def dismiss_readings(
    session: Session, *, chosen: Chosen, because: str, now: datetime, by: str, most: int = MOST
) -> int:
    """Settle that the oldest of the chosen readings shall not go in; they stay visible, with who said why.

    Give how many; the caller goes on until there are none. Raises NothingChosen.
    """
    chosen.must_narrow()
    lock_journal(session)
    waiting, _ = _page(session, chosen._replace(state=DoubtState.WAITING), None, most)
    ids = [one.id for one in waiting]
    _settle(session, ids, state=DoubtState.DISMISSED, settled_at=now, settled_by=by[:200], how={"because": because})
    return len(ids)


def _page(session: Session, chosen: Chosen, after: UUID | None, most: int) -> tuple[list[_Waiting], UUID | None]:
    """Load the oldest, in the order in which they came, and tell where the others begin."""
    one = QuarantinedReadingRecord
    query = select(col(one.id), col(one.as_received), col(one.at), col(one.value)).where(are_chosen(chosen))
    if after is not None:
        query = query.where(col(one.id) > after)
    found = [
        _Waiting(row[0], Doubted(*row[1:])) for row in session.execute(query.order_by(col(one.id)).limit(most + 1))
    ]
    return found[:most], found[most - 1].id if len(found) > most else None


def _hand_back(session: Session, key: str, waiting: Sequence[_Waiting]) -> set[int]:
    """Give what was doubted again back to where it waits, so that no reading is in quarantine twice."""
    one, batch = QuarantinedReadingRecord, ReadingBatchRecord
    found = session.execute(select(col(one.row), col(one.reason), col(one.sentence)).where(col(one.batch_key) == key))
    again = {row: {"reason": reason, "sentence": sentence} for row, reason, sentence in found}
    if again:
        session.execute(delete(one).where(col(one.batch_key) == key))
        own = update(batch).where(col(batch.shard) == shard_of_batch(key), col(batch.key) == key)
        session.execute(own.values(quarantined=0))
    anew = [{"tenant_id": tenant_of(session), "id": waiting[row].id, **why} for row, why in again.items()]
    for some in lots(anew, ROWS):
        session.execute(update(one), some)
    return set(again)


def _settle(session: Session, ids: Sequence[UUID], **settled: Any) -> None:
    one = QuarantinedReadingRecord
    for some in lots(ids, KEYS):
        query = update(one).where(col(one.id).in_(some)).values(**settled)
        session.execute(query, execution_options={"synchronize_session": False})
