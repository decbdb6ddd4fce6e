"""Work out when things must be inspected again, wherever something changed since it was last worked out."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import numpy as np
from sqlmodel import Session

from lifecycle.asset import AssetStatus
from lifecycle.condition_queries import products_of
from lifecycle.due_date import Due, due_dates
from lifecycle.due_queries import due_of, last_full_inspections, outdated
from lifecycle.due_tables import InspectionDueRecord
from lifecycle.grade import Floats
from lifecycle.tables import AssetRecord, ProductRecord
from lifecycle.wear_readings import NOTHING, Measured, Since, measured
from telemetry.tables import tenant_of

_TOLD = ("due_on", "told_from", "cancelled_at")
_EARLIEST, _LATEST = date(1800, 1, 1).toordinal(), date(2999, 12, 31).toordinal()


def work_out_due_dates(session: Session, *, now: datetime, limit: int = 500) -> int:
    """Work out what is outdated, at most so many; give how many assets. Tells nobody."""
    assets = outdated(session, now=now, limit=limit)
    if not assets:
        return 0
    products = products_of(session, assets)
    before = due_of(session, [asset.id for asset in assets])
    serving = [asset for asset in assets if _is_asked(asset, products[asset.product_id])]
    since = _since(session, serving)

    found = _found(serving, products, since, _readings(session, serving, products, since, now), now.date())
    for asset in assets:
        kept = before.get(asset.id)
        if kept is None and asset.id not in found:
            continue
        kept = kept or InspectionDueRecord(
            tenant_id=tenant_of(session), asset_id=asset.id, since=since[asset.id], worked_out_at=now, changed_at=now
        )
        _keep(kept, found.get(asset.id), asset, now=now)
        session.add(kept)
    session.flush()
    return len(assets)


def _is_asked(asset: AssetRecord, product: ProductRecord) -> bool:
    interval = product.inspect_every_days is not None or product.inspect_every_use is not None
    return interval and asset.status is AssetStatus.IN_SERVICE


def _since(session: Session, assets: Sequence[AssetRecord]) -> dict[UUID, date]:
    """Give from when on each interval runs: the last full inspection, else the beginning of service."""
    seen = last_full_inspections(session, [asset.id for asset in assets])
    return {
        asset.id: seen[asset.id].astimezone(UTC).date()
        if asset.id in seen
        else asset.in_service_on or asset.made_on or asset.registered_at.date()
        for asset in assets
    }


def _readings(
    session: Session,
    assets: Sequence[AssetRecord],
    products: Mapping[UUID, ProductRecord],
    since: Mapping[UUID, date],
    now: datetime,
) -> dict[UUID, Measured]:
    """Read the meters of things that are inspected by use."""
    wanted = {
        asset.id: Since(since[asset.id], since[asset.id] == asset.in_service_on, product.usage_metric)
        for asset in assets
        if (product := products[asset.product_id]).inspect_every_use is not None and product.usage_metric
    }
    return measured(session, wanted=wanted, today=now.date()) if wanted else {}


def _found(
    assets: Sequence[AssetRecord],
    products: Mapping[UUID, ProductRecord],
    since: Mapping[UUID, date],
    readings: Mapping[UUID, Measured],
    today: date,
) -> dict[UUID, Due]:
    asked = [products[asset.product_id] for asset in assets]
    read = [readings.get(asset.id, NOTHING) for asset in assets]
    dates = due_dates(
        since=np.array([since[asset.id].toordinal() for asset in assets], dtype=np.float64),
        every_days=_column([product.inspect_every_days for product in asked]),
        every_use=_column([product.inspect_every_use for product in asked]),
        used=_column([one.use for one in read]),
        pace=_column([one.use_per_day for one in read]),
        today=float(today.toordinal()),
    )
    return {
        asset.id: Due(
            since=since[asset.id],
            every_days=product.inspect_every_days,
            every_use=product.inspect_every_use,
            lead_days=product.inspect_lead_days,
            used=one.use,
            pace=None if one.use_per_day is None else round(one.use_per_day, 4),
            calendar_on=_day(dates.calendar[at]),
            meter_on=_day(dates.meter[at]),
            due_on=_day(dates.on[at]),
        )
        for at, (asset, product, one) in enumerate(zip(assets, asked, read, strict=True))
    }


def _keep(kept: InspectionDueRecord, due: Due | None, asset: AssetRecord, *, now: datetime) -> None:
    """Put what was found in the place of what was; the revision counts only what calendars show."""
    before = tuple(getattr(kept, name) for name in _TOLD)
    if due is None:
        kept.cancelled_at = kept.cancelled_at or now
    else:
        for name, value in due.model_dump().items():
            setattr(kept, name, value)
        kept.told_from = None if due.due_on is None else due.due_on - timedelta(days=due.lead_days)
        kept.cancelled_at = None
    kept.history_length, kept.worked_out_at = asset.history_length, now
    if before != tuple(getattr(kept, name) for name in _TOLD):
        kept.revision, kept.changed_at = kept.revision + 1, now


def _column(values: Sequence[float | None]) -> Floats:
    return np.array([np.nan if value is None else value for value in values], dtype=np.float64)


def _day(ordinal: float) -> date | None:
    return None if np.isnan(ordinal) else date.fromordinal(int(min(max(ordinal, _EARLIEST), _LATEST)))
