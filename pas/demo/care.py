"""What the demo fleet needs by now: work that is ordered, inspections that are due, and things that wear too fast."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from statistics import median
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import func
from sqlmodel import Session, col, select

from lifecycle.compare_peers import peers_of_product
from lifecycle.due_date import DueStanding
from lifecycle.due_queries import due_inspections
from lifecycle.peers import Standing
from lifecycle.propose_fit import fits_of
from lifecycle.queries import assets_by_reference
from lifecycle.tables import AssetRecord
from lifecycle.work_order import ENDED
from lifecycle.work_order_tables import WorkOrderRecord

HOT_ROOM = "hot room"


class HotRoom(NamedTuple):
    """How the things of the hot room wear: faster than which share of how many sisters, why, and what would be better.

    `together` is the same of the room's things of one model as a group, with their rate in times the usual one;
    `cause` counts those of which the heat is named as the likely cause, and `heat` says how hot and how hot elsewhere.
    """

    things: int
    faster_than: float | None
    sisters: int
    together: dict[str, Any] | None
    cause: int
    heat: dict[str, Any] | None
    better_model: str
    saving_a_year: str


class Care(NamedTuple):
    """Work orders under way by cause, inspections by how near they are, and the hot room against its sisters."""

    work_orders: dict[str, int]
    due: dict[str, int]
    hot_room: HotRoom | None


def care_of(session: Session, planted: Mapping[str, Sequence[str]], *, now: datetime) -> Care:
    """See what the fleet needs."""
    return Care(_work(session), _due(session, now), _hot_room(session, planted.get(HOT_ROOM, ()), now))


def _work(session: Session) -> dict[str, int]:
    one = WorkOrderRecord
    query = select(one.cause, func.count()).where(col(one.state).not_in(sorted(ENDED))).group_by(col(one.cause))
    return {str(cause): int(count) for cause, count in sorted(session.exec(query).all())}


def _due(session: Session, now: datetime) -> dict[str, int]:
    found = {}
    for standing in DueStanding:
        query = due_inspections(holder_id=None, today=now.date(), standing=standing)
        found[standing.value] = session.exec(select(func.count()).select_from(query.subquery())).one()
    return found


def _hot_room(session: Session, serials: Sequence[str], now: datetime) -> HotRoom | None:
    """Hold the things of the hot room against their sisters, each product by itself."""
    ids = sorted(assets_by_reference(session, serials).values())
    assets = list(session.exec(select(AssetRecord).where(col(AssetRecord.id).in_(ids))))
    if not assets:
        return None
    peers: dict[UUID, Standing] = {}
    for product_id in {asset.product_id for asset in assets}:
        peers |= peers_of_product(session, product_id=product_id, now=now)
    found = [peers[asset.id] for asset in assets]
    ranks = [one.percentile for one in found if one.percentile is not None]
    causes, rooms = _told(found, "peers.likely_cause"), _told(found, "peers.room")
    fits = fits_of(session, assets, now=now)
    better = max(
        (fit.proposal for fit in fits.values() if fit.proposal), key=lambda one: one.saving_a_year, default=None
    )
    return HotRoom(
        things=len(assets),
        faster_than=round(median(ranks), 3) if ranks else None,
        sisters=max(one.sisters for one in found),
        together=max(rooms, key=lambda one: float(one["share"]), default=None),
        cause=len(causes),
        heat=causes[0] if causes else None,
        better_model=better.name if better else "",
        saving_a_year=str(better.saving_a_year) if better else "",
    )


def _told(found: Sequence[Standing], code: str) -> list[dict[str, Any]]:
    """Give what reasons of one kind say."""
    return [dict(reason.inputs) for one in found for reason in one.reasons if reason.code == code]
