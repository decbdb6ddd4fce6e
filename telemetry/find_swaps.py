"""Find where another meter took a counter's place."""

from uuid import UUID

from sqlalchemy import select
from sqlmodel import Session, col

from telemetry.moment import micros
from telemetry.shard import SHARDS
from telemetry.tables import CounterSwapRecord


def counter_swaps(session: Session) -> dict[tuple[UUID, str], tuple[int, ...]]:
    """Give the moments of all swaps by asset and metric, in order; they are few."""
    one = CounterSwapRecord
    query = select(col(one.asset_id), col(one.metric), col(one.at)).where(col(one.shard).in_(range(SHARDS)))
    found: dict[tuple[UUID, str], tuple[int, ...]] = {}
    for asset_id, metric, at in session.execute(query.order_by(col(one.at))):
        found[asset_id, metric] = (*found.get((asset_id, metric), ()), micros(at))
    return found
