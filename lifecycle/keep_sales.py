"""Keep observed prices: each once under its source and the source's own number, the newest word stands."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import insert
from sqlmodel import Field, Session, col, select

from lifecycle.sale import Sale
from lifecycle.tables import SaleRecord
from telemetry.identity import new_id
from telemetry.tables import tenant_of

_AT_ONCE = 500
_WRITTEN_AT_ONCE = 5_000


class ObservedSale(Sale):
    """A sale and the source that told it."""

    source: str = Field(min_length=1, max_length=80)


class KeptSales(NamedTuple):
    """How many sales were new, changed, and the same as before."""

    new: int
    changed: int
    unchanged: int


def keep_sales(session: Session, sales: Sequence[ObservedSale], *, now: datetime | None = None) -> KeptSales:
    """Add what is new and change what differs; what is not mentioned stays. Values nothing anew.

    A new sale counts from `now` on, so that what was told of a past day stays as it was; without it, it always counts.
    """
    wanted = {(sale.source, sale.sale_id): sale for sale in sales}
    known = _known(session, list(wanted))

    news = [_told(sale) for key, sale in wanted.items() if key not in known]
    differ = [(known[key], _told(sale)) for key, sale in wanted.items() if key in known and _differ(known[key], sale)]

    own = {"tenant_id": tenant_of(session), "recorded_at": now}
    rows = [row | own | {"id": new_id()} for row in news]
    for start in range(0, len(rows), _WRITTEN_AT_ONCE):
        session.execute(insert(SaleRecord), rows[start : start + _WRITTEN_AT_ONCE])
    for record, told in differ:
        record.sqlmodel_update(told)
        session.add(record)
    session.flush()
    return KeptSales(len(news), len(differ), len(wanted) - len(news) - len(differ))


def _told(sale: ObservedSale) -> dict[str, Any]:
    return sale.model_dump()


def _differ(record: SaleRecord, sale: ObservedSale) -> bool:
    return record.model_dump(include=set(ObservedSale.model_fields)) != _told(sale)


def _known(session: Session, keys: Sequence[tuple[str, str]]) -> dict[tuple[str, str], SaleRecord]:
    found: dict[tuple[str, str], SaleRecord] = {}
    for source in sorted({source for source, _ in keys}):
        numbers = [number for told_by, number in keys if told_by == source]
        for start in range(0, len(numbers), _AT_ONCE):
            some = col(SaleRecord.sale_id).in_(numbers[start : start + _AT_ONCE])
            for record in session.exec(select(SaleRecord).where(SaleRecord.source == source, some)):
                found[source, record.sale_id] = record
    return found
