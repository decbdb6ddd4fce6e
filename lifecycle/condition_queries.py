"""Questions about how things fare: what was seen, concluded, alerted, decided and known of prices."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import TypeVar
from uuid import UUID

from sqlalchemy import ColumnElement, func
from sqlmodel import Session, and_, col, select
from sqlmodel.sql.expression import SelectOfScalar

from lifecycle.alarm_queries import how_many_to_follow
from lifecycle.alert import OF_HOLDERS, AlertKind, AlertState
from lifecycle.tables import (
    AlertRecord,
    AssetRecord,
    ConditionRecord,
    InspectionRecord,
    MaterialRecord,
    PartRecord,
    ProductRecord,
    ReassessmentRecord,
    RouteDecisionRecord,
    SaleRecord,
)
from telemetry.refusal import Refusal

_AT_ONCE = 500
T = TypeVar("T")


class UnknownAlert(Refusal):
    """No alert of ours bears that id."""


def waiting(session: Session, *, limit: int) -> list[AssetRecord]:
    """Give the assets that have waited longest, held for us; those that another worker holds are passed over."""
    query = (
        select(AssetRecord)
        .join(ReassessmentRecord, _same(ReassessmentRecord))
        .order_by(col(ReassessmentRecord.since), col(ReassessmentRecord.asset_id))
        .limit(limit)
        .with_for_update(skip_locked=True)
        .execution_options(populate_existing=True)
    )
    return list(session.exec(query))


def how_many_wait(session: Session) -> int:
    """Count the assets that wait to be assessed again, and the batches of readings from which that may follow."""
    queued = session.exec(select(func.count()).select_from(ReassessmentRecord)).one()
    return queued + how_many_to_follow(session)


def products_of(session: Session, assets: Iterable[AssetRecord]) -> dict[UUID, ProductRecord]:
    """Give the products of some assets by id."""
    found: dict[UUID, ProductRecord] = {}
    for some in _chunks({asset.product_id for asset in assets}):
        query = select(ProductRecord).where(col(ProductRecord.id).in_(some))
        found |= {product.id: product for product in session.exec(query)}
    return found


def last_seen(session: Session, asset_ids: Iterable[UUID]) -> dict[UUID, InspectionRecord]:
    """Give of each asset the last inspection that saw its condition."""
    found: dict[UUID, InspectionRecord] = {}
    by = (col(InspectionRecord.inspected_at), col(InspectionRecord.recorded_at), col(InspectionRecord.id))
    for some in _chunks(asset_ids):
        for inspection in session.exec(
            select(InspectionRecord).where(col(InspectionRecord.asset_id).in_(some)).order_by(*by)
        ):
            if inspection.index is not None or inspection.grades:
                found[inspection.asset_id] = inspection
    return found


def input_hashes(session: Session, ids: Iterable[UUID]) -> dict[UUID, str]:
    """Give on what conditions rest, by their asset; the conditions are named by their own ids, and are not read."""
    found: dict[UUID, str] = {}
    for some in _chunks(ids):
        query = select(ConditionRecord.asset_id, ConditionRecord.input_hash).where(col(ConditionRecord.id).in_(some))
        found |= dict(session.exec(query).all())
    return found


def conditions_known_at(session: Session, asset_ids: Iterable[UUID], *, at: datetime) -> dict[UUID, ConditionRecord]:
    """Give of each asset the last condition that was known before a moment."""
    found: dict[UUID, ConditionRecord] = {}
    for some in _chunks(asset_ids):
        latest = (
            select(ConditionRecord.asset_id, func.max(ConditionRecord.assessed_at).label("at"))
            .where(col(ConditionRecord.asset_id).in_(some), ConditionRecord.assessed_at < at)
            .group_by(col(ConditionRecord.asset_id))
            .subquery()
        )
        same = and_(col(ConditionRecord.asset_id) == latest.c.asset_id, col(ConditionRecord.assessed_at) == latest.c.at)
        query = select(ConditionRecord).join(latest, same).order_by(col(ConditionRecord.id))
        found |= {condition.asset_id: condition for condition in session.exec(query)}
    return found


def open_alerts(session: Session, asset_ids: Iterable[UUID]) -> dict[tuple[UUID, str], AlertRecord]:
    """Give the alerts of some assets that are not cleared, by asset and failure mode."""
    found: dict[tuple[UUID, str], AlertRecord] = {}
    for some in _chunks(asset_ids):
        query = select(AlertRecord).where(
            col(AlertRecord.asset_id).in_(some), col(AlertRecord.state) != AlertState.CLEARED
        )
        found |= {(alert.asset_id, alert.failure_mode): alert for alert in session.exec(query)}
    return found


def last_routes(session: Session, asset_ids: Iterable[UUID]) -> dict[UUID, RouteDecisionRecord]:
    """Give the last route written down for each asset."""
    found: dict[UUID, RouteDecisionRecord] = {}
    by = (col(RouteDecisionRecord.decided_at), col(RouteDecisionRecord.id))
    for some in _chunks(asset_ids):
        latest = (
            select(RouteDecisionRecord.asset_id, func.max(RouteDecisionRecord.decided_at).label("at"))
            .where(col(RouteDecisionRecord.asset_id).in_(some))
            .group_by(col(RouteDecisionRecord.asset_id))
            .subquery()
        )
        same = and_(
            col(RouteDecisionRecord.asset_id) == latest.c.asset_id, col(RouteDecisionRecord.decided_at) == latest.c.at
        )
        query = select(RouteDecisionRecord).join(latest, same).order_by(*by)
        found |= {decision.asset_id: decision for decision in session.exec(query)}
    return found


def bills_of_materials(
    session: Session, product_ids: Iterable[UUID]
) -> Mapping[UUID, list[tuple[PartRecord, MaterialRecord]]]:
    """Give the parts of some products, each with its material."""
    found: defaultdict[UUID, list[tuple[PartRecord, MaterialRecord]]] = defaultdict(list)
    for some in _chunks(product_ids):
        query = (
            select(PartRecord, MaterialRecord)
            .join(
                MaterialRecord,
                and_(
                    col(MaterialRecord.tenant_id) == PartRecord.tenant_id,
                    col(MaterialRecord.id) == PartRecord.material_id,
                ),
            )
            .where(col(PartRecord.product_id).in_(some))
            .order_by(col(PartRecord.code))
        )
        for part, material in session.exec(query):
            found[part.product_id].append((part, material))
    return found


def sales_by_category(session: Session, categories: Iterable[str], *, before: datetime) -> dict[str, int]:
    """Count the sales of each category up to a day that were known by then; a sale without a date counts always."""
    found: dict[str, int] = {}
    sold_on, since = col(SaleRecord.sold_on), col(SaleRecord.recorded_at)
    for some in _chunks(categories):
        query = (
            select(SaleRecord.category, func.count())
            .where(col(SaleRecord.category).in_(some), (sold_on.is_(None)) | (sold_on < before.date()))
            .where(since.is_(None) | (since < before))
            .group_by(col(SaleRecord.category))
        )
        found |= dict(session.exec(query).all())
    return found


def inspections_of(asset_id: UUID) -> SelectOfScalar[InspectionRecord]:
    """Ask for the inspections of an asset."""
    return select(InspectionRecord).where(InspectionRecord.asset_id == asset_id)


def conditions_of(asset_id: UUID) -> SelectOfScalar[ConditionRecord]:
    """Ask for the conditions of an asset."""
    return select(ConditionRecord).where(ConditionRecord.asset_id == asset_id)


def latest_condition(session: Session, *, asset_id: UUID) -> ConditionRecord | None:
    """Give the last condition of an asset."""
    by = (col(ConditionRecord.assessed_at).desc(), col(ConditionRecord.id).desc())
    return session.exec(conditions_of(asset_id).order_by(*by).limit(1)).first()


def alerts(
    *, state: AlertState | None, kind: AlertKind | None, asset_id: UUID | None, holder_id: UUID | None
) -> SelectOfScalar[AlertRecord]:
    """Ask for alerts; with a holder only for those of things that are with that holder now, and that are the holder's.

    What is in the shadow, of a sensor or of an unknown pattern is the operator's.
    """
    query = select(AlertRecord)
    if holder_id is not None:
        query = query.join(AssetRecord, _same(AlertRecord)).where(AssetRecord.holder_id == holder_id)
        query = query.where(~col(AlertRecord.shadow), col(AlertRecord.kind).in_(OF_HOLDERS))
    for column, wanted in ((AlertRecord.state, state), (AlertRecord.kind, kind), (AlertRecord.asset_id, asset_id)):
        if wanted is not None:
            query = query.where(column == wanted)
    return query


def known_alert(session: Session, *, alert_id: UUID, holder_id: UUID | None) -> AlertRecord:
    """Give one alert; with a holder only if the thing is with that holder now.

    Raises UnknownAlert.
    """
    query = alerts(state=None, kind=None, asset_id=None, holder_id=holder_id)
    found = session.exec(query.where(AlertRecord.id == alert_id)).first()
    if found is None:
        raise UnknownAlert("there is no such alert")
    return found


def _same(table: type[ReassessmentRecord] | type[AlertRecord]) -> ColumnElement[bool]:
    return and_(col(table.tenant_id) == col(AssetRecord.tenant_id), col(table.asset_id) == col(AssetRecord.id))


def _chunks(values: Iterable[T]) -> Iterator[Sequence[T]]:
    listed = list(values)
    return (listed[start : start + _AT_ONCE] for start in range(0, len(listed), _AT_ONCE))
