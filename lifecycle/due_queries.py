"""Questions about due dates: what is due where, and what must be worked out anew."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement
from sqlmodel import Session, and_, col, func, or_, select
from sqlmodel.sql.expression import SelectOfScalar

from lifecycle.asset import AssetStatus
from lifecycle.due_date import DueStanding
from lifecycle.due_tables import InspectionDueRecord
from lifecycle.inspection import InspectionSource
from lifecycle.inspection_queries import still_counts
from lifecycle.tables import AssetRecord, InspectionRecord, ProductRecord
from telemetry.lots import KEYS, lots

FULL = (InspectionSource.APP, InspectionSource.DESK, InspectionSource.CALL, InspectionSource.SPREADSHEET)
"""Roads of inspections that start the interval anew: a report by anybody, or a repair of one component, does not."""
GROWS_OLD = timedelta(hours=20)
"""So long a date that rests on a pace is believed."""


def due_inspections(
    *,
    holder_id: UUID | None,
    today: date,
    site_id: UUID | None = None,
    standing: DueStanding | None = None,
    before: date | None = None,
    cancelled_since: datetime | None = None,
) -> SelectOfScalar[InspectionDueRecord]:
    """Ask for what is due; with a holder only for things that are with that holder now.

    What nobody has to inspect any more is left out, but for what was cancelled after `cancelled_since`.
    """
    due = InspectionDueRecord
    stands = col(due.cancelled_at).is_(None)
    shown = stands if cancelled_since is None else or_(stands, col(due.cancelled_at) > cancelled_since)
    query = select(due).where(col(due.due_on).is_not(None), shown)
    if holder_id is not None or site_id is not None:
        query = query.join(AssetRecord, _of_asset())
    for column, wanted in ((AssetRecord.holder_id, holder_id), (AssetRecord.site_id, site_id)):
        if wanted is not None:
            query = query.where(column == wanted)
    if standing is not None:
        query = query.where(_stands(standing, today))
    return query if before is None else query.where(col(due.due_on) < before)


def outdated(session: Session, *, now: datetime, limit: int) -> list[AssetRecord]:
    """Give assets whose due date must be worked out: never done, grown old, or something changed; held for us."""
    query = (
        select(AssetRecord)
        .join(ProductRecord, _of_product())
        .join(InspectionDueRecord, _of_asset(), isouter=True)
        .where(_is_outdated(now))
        .order_by(col(AssetRecord.id))
        .limit(limit)
        .with_for_update(skip_locked=True, of=AssetRecord)
        .execution_options(populate_existing=True)
    )
    return list(session.exec(query))


def is_anything_outdated(session: Session, *, now: datetime) -> bool:
    """Tell whether there is a due date to be worked out."""
    query = (
        select(AssetRecord.id)
        .join(ProductRecord, _of_product())
        .join(InspectionDueRecord, _of_asset(), isouter=True)
        .where(_is_outdated(now))
        .limit(1)
    )
    return session.exec(query).first() is not None


def last_full_inspections(session: Session, asset_ids: Sequence[UUID]) -> dict[UUID, datetime]:
    """Give when each asset was last inspected as a whole."""
    found: dict[UUID, datetime] = {}
    seen = InspectionRecord
    for some in lots(asset_ids, KEYS):
        query = (
            select(seen.asset_id, func.max(seen.inspected_at))
            .where(col(seen.asset_id).in_(some), col(seen.source).in_(FULL), still_counts())
            .group_by(col(seen.asset_id))
        )
        found |= dict(session.exec(query).all())
    return found


def due_of(session: Session, asset_ids: Sequence[UUID]) -> dict[UUID, InspectionDueRecord]:
    """Give what was worked out before, by asset."""
    found: dict[UUID, InspectionDueRecord] = {}
    for some in lots(asset_ids, KEYS):
        query = select(InspectionDueRecord).where(col(InspectionDueRecord.asset_id).in_(some))
        found |= {due.asset_id: due for due in session.exec(query)}
    return found


def _stands(standing: DueStanding, today: date) -> ColumnElement[bool]:
    due_on, told_from = col(InspectionDueRecord.due_on), col(InspectionDueRecord.told_from)
    if standing is DueStanding.OVERDUE:
        return due_on < today
    return and_(due_on >= today, told_from <= today) if standing is DueStanding.DUE else told_from > today


def _is_outdated(now: datetime) -> ColumnElement[bool]:
    due, product = InspectionDueRecord, ProductRecord
    serves = col(AssetRecord.status) == AssetStatus.IN_SERVICE
    asked = or_(col(product.inspect_every_days).is_not(None), col(product.inspect_every_use).is_not(None))
    changed = or_(
        col(due.asset_id).is_(None),
        col(due.cancelled_at).is_not(None),
        col(due.history_length) != col(AssetRecord.history_length),
        col(due.every_days).is_distinct_from(col(product.inspect_every_days)),
        col(due.every_use).is_distinct_from(col(product.inspect_every_use)),
        col(due.lead_days).is_distinct_from(col(product.inspect_lead_days)),
        and_(col(product.inspect_every_use).is_not(None), col(due.worked_out_at) < now - GROWS_OLD),
    )
    stands = and_(col(due.asset_id).is_not(None), col(due.cancelled_at).is_(None))
    return or_(and_(serves, asked, changed), and_(stands, or_(~serves, ~asked)))


def _of_asset() -> ColumnElement[bool]:
    same = col(InspectionDueRecord.tenant_id) == col(AssetRecord.tenant_id)
    return and_(same, col(InspectionDueRecord.asset_id) == col(AssetRecord.id))


def _of_product() -> ColumnElement[bool]:
    same = col(ProductRecord.tenant_id) == col(AssetRecord.tenant_id)
    return and_(same, col(ProductRecord.id) == col(AssetRecord.product_id))
