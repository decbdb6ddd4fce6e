"""Find the series of assets and metrics, and open those that are measured for the first time."""

from collections.abc import Iterable
from uuid import UUID

from sqlmodel import Session, col, func, select

from telemetry.lots import KEYS, lots
from telemetry.tables import SeriesRecord, TenantRecord, tenant_of

SHARDS = 64
"""Into how many parts the telemetry keys fall, ready to be spread over machines."""

Pair = tuple[UUID, str]


def open_series(session: Session, pairs: Iterable[Pair]) -> dict[Pair, SeriesRecord]:
    """Give the series of each asset and metric, locked until the transaction ends, new ones made.

    The locks keep two batches for one series from overwriting each other's days.
    """
    wanted = set(pairs)
    found = _locked(session, wanted)
    if missing := wanted - found.keys():
        _lock_tenant(session)
        found |= _locked(session, missing)
        found |= _made(session, sorted(wanted - found.keys()))
    return found


def shard_of(asset_id: UUID) -> int:
    """Give the part in which an asset's telemetry lies; it never changes."""
    return asset_id.int % SHARDS


def _locked(session: Session, wanted: set[Pair]) -> dict[Pair, SeriesRecord]:
    assets = sorted({asset_id for asset_id, _ in wanted})
    found: dict[Pair, SeriesRecord] = {}
    for some in lots(assets, KEYS):
        query = (
            select(SeriesRecord)
            .where(col(SeriesRecord.asset_id).in_(some))
            .order_by(col(SeriesRecord.asset_id), col(SeriesRecord.metric))
            .with_for_update(key_share=True)
            .execution_options(populate_existing=True)
        )
        found |= {(one.asset_id, one.metric): one for one in session.exec(query)}
    return {pair: record for pair, record in found.items() if pair in wanted}


def _lock_tenant(session: Session) -> None:
    """Let one transaction at a time hand out series numbers."""
    session.exec(select(TenantRecord.id).where(TenantRecord.id == tenant_of(session)).with_for_update(key_share=True))


def _made(session: Session, pairs: list[Pair]) -> dict[Pair, SeriesRecord]:
    tenant_id = tenant_of(session)
    last = session.exec(select(func.max(SeriesRecord.number))).one() or 0
    made = {
        (asset_id, metric): SeriesRecord(
            tenant_id=tenant_id, number=number, shard=shard_of(asset_id), asset_id=asset_id, metric=metric
        )
        for number, (asset_id, metric) in enumerate(pairs, start=last + 1)
    }
    session.add_all(made.values())
    session.flush()
    return made
