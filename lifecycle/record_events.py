"""Write what happened into the histories of assets, and bring each asset's present and its stays in line with it."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

from sqlmodel import Session, col, select

from lifecycle.actor import Actor
from lifecycle.chain import plain
from lifecycle.history import CLOCKS_DIFFER, EARLIEST, PLACING, NewEvent, Span, hash_of, spans
from lifecycle.queries import UnknownAsset, chunks
from lifecycle.tables import AssetEventRecord, AssetRecord, StayRecord
from telemetry.identity import new_id
from telemetry.moment import plainly
from telemetry.refusal import Refusal


class ImpossibleMoment(Refusal):
    """A moment that lies in the future, or before any thing we could have made."""


def record_events(session: Session, events: Sequence[NewEvent], *, now: datetime, by: Actor) -> list[AssetEventRecord]:
    """Append events to their assets' hash chains, in the order given; present state and stays follow.

    Raises UnknownAsset and ImpossibleMoment. Does not ask whether a status may follow another.
    """
    for event in events:
        possible(event.happened_at, now=now)
    assets = locked(session, {event.asset_id for event in events})

    records = [_linked(assets[event.asset_id], event, now=now, by=by) for event in events]

    session.add_all(records)
    session.flush()
    project(session, [assets[asset_id] for asset_id in {e.asset_id for e in events if e.kind in PLACING}])
    return records


def possible(at: datetime, *, now: datetime) -> datetime:
    """Give a moment back if it can be true.

    Raises ImpossibleMoment.
    """
    if not EARLIEST <= at <= now + CLOCKS_DIFFER:
        sentence = f"{plainly(at)} cannot be: it must lie between {EARLIEST.year} and now ({plainly(now)})"
        raise ImpossibleMoment(sentence, field="at")
    return at


def locked(session: Session, asset_ids: Iterable[UUID]) -> dict[UUID, AssetRecord]:
    """Load assets as they are this moment and hold them, in one order for all, until the transaction ends.

    Raises UnknownAsset.
    """
    wanted = sorted(set(asset_ids))
    found: dict[UUID, AssetRecord] = {}
    for some in chunks(wanted):
        query = select(AssetRecord).where(col(AssetRecord.id).in_(some)).order_by(col(AssetRecord.id))
        held = session.exec(query.with_for_update().execution_options(populate_existing=True))
        found |= {asset.id: asset for asset in held}
    if missing := [asset_id for asset_id in wanted if asset_id not in found]:
        raise UnknownAsset(f"there is no asset {missing[0]}", field="asset_id")
    return found


def project(session: Session, assets: Sequence[AssetRecord]) -> None:
    """Fold the histories of assets anew into their present state and their stays."""
    told: dict[UUID, list[AssetEventRecord]] = {asset.id: [] for asset in assets}
    stays: dict[UUID, dict[datetime, StayRecord]] = {asset.id: {} for asset in assets}
    for some in chunks(sorted(told)):
        placing = col(AssetEventRecord.kind).in_(PLACING)
        for event in session.exec(select(AssetEventRecord).where(col(AssetEventRecord.asset_id).in_(some), placing)):
            told[event.asset_id].append(event)
        for stay in session.exec(select(StayRecord).where(col(StayRecord.asset_id).in_(some))):
            stays[stay.asset_id][stay.since] = stay

    for asset in assets:
        folded = spans(told[asset.id])
        if folded:
            now_at = folded[-1].standing
            asset.site_id, asset.holder_id = now_at.site_id, now_at.holder_id
            asset.place, asset.status = now_at.place, now_at.status
        _rewrite_stays(session, asset, folded, stays[asset.id])
    session.flush()


def _rewrite_stays(session: Session, asset: AssetRecord, folded: list[Span], stays: dict[datetime, StayRecord]) -> None:
    """Make the stays say what the history says; touch only those that differ."""
    for span in folded:
        stay = stays.pop(span.since, None) or StayRecord(
            tenant_id=asset.tenant_id, asset_id=asset.id, since=span.since, status=""
        )
        stay.until, stay.site_id, stay.holder_id = span.until, span.standing.site_id, span.standing.holder_id
        stay.place, stay.status = span.standing.place, span.standing.status.value
        session.add(stay)
    for gone in stays.values():
        session.delete(gone)


def _linked(asset: AssetRecord, event: NewEvent, *, now: datetime, by: Actor) -> AssetEventRecord:
    """Make the next link of an asset's chain and move its head there."""
    record = AssetEventRecord(
        tenant_id=asset.tenant_id,
        asset_id=asset.id,
        sequence=asset.history_length + 1,
        id=event.id or new_id(),
        kind=event.kind,
        happened_at=event.happened_at,
        recorded_at=now,
        actor_kind=by.kind,
        actor=by.name,
        source=event.source,
        trust=event.trust,
        facts=plain(event.facts),
        previous_hash=asset.history_head,
        hash="",
    )
    record.hash = hash_of(record)
    asset.history_length, asset.history_head = record.sequence, record.hash
    return record
