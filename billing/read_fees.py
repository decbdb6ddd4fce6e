"""The fees that recur, of contract lines and pools, as their prices follow an index."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import and_
from sqlmodel import Session, select

from billing.book_fees import Agreed, fees_of
from billing.books.line import NOBODY_S, in_words, months_of
from billing.books.recurring import Fee
from billing.contract_life.price_index import Indexed
from billing.contract_life_tables import ContractPoolRecord
from billing.index_prices import index_prices
from billing.period import MONTHS, Month, Period, months_later
from billing.tables import ContractLineRecord, ContractRecord
from lifecycle.tables import AssetRecord, CustomerRecord, ProductRecord

WEEKS_OF_YEAR = 52

_Indices = Mapping[UUID, Mapping[date, Indexed]]


def read_fees(session: Session, *, period: Period) -> list[Fee]:
    """Give the fees that were ever in force before the end of a period of whole months.

    Where prices follow an index, those of the period and of the month before it are as indexed.
    """
    before = Period(months_later(period.start, -1), period.end)
    agreed = [*_of_lines(session, period.end), *_of_pools(session, period.end)]
    contracts = list(session.exec(select(ContractRecord).where(ContractRecord.starts_on < period.end)))
    indices = _indices(session, contracts, before)
    return [fee for contract_id, one in agreed for fee in _fees(one, indices.get(contract_id, {}))]


def _of_lines(session: Session, end: date) -> Iterator[tuple[UUID, Agreed]]:
    line = ContractLineRecord
    query = (
        select(line, ContractRecord, CustomerRecord.code, ProductRecord.name)
        .join(ContractRecord, _of(ContractRecord, line.contract_id))
        .join(CustomerRecord, _of(CustomerRecord, ContractRecord.customer_id))
        .outerjoin(AssetRecord, _of(AssetRecord, line.asset_id))
        .outerjoin(ProductRecord, _of(ProductRecord, AssetRecord.product_id))
        .where(line.starts_on < end)
    )
    for one, contract, customer, product in session.exec(query):
        yield contract.id, _agreed(one, contract, customer, product or NOBODY_S, one.tariff)


def _of_pools(session: Session, end: date) -> Iterator[tuple[UUID, Agreed]]:
    """Give the fees of pools: so many times the fee of one as were agreed."""
    pool = ContractPoolRecord
    query = (
        select(pool, ContractRecord, CustomerRecord.code, ProductRecord.name)
        .join(ContractRecord, _of(ContractRecord, pool.contract_id))
        .join(CustomerRecord, _of(CustomerRecord, ContractRecord.customer_id))
        .join(ProductRecord, _of(ProductRecord, pool.product_id))
        .where(pool.starts_on < end)
    )
    for one, contract, customer, product in session.exec(query):
        agreed = _agreed(one, contract, customer, product)
        yield contract.id, agreed._replace(monthly_fee=one.monthly_fee * one.count)


def _agreed(
    one: ContractLineRecord | ContractPoolRecord, contract: ContractRecord, customer: str, product: str, *tariff: Any
) -> Agreed:
    until = one.ends_on or contract.ends_on
    ends = (contract.currency, one.monthly_fee, _months_of_period(contract), one.starts_on, until)
    return Agreed(customer, contract.code, product, *ends, *tariff)


def _months_of_period(contract: ContractRecord) -> Decimal | int:
    if contract.every_weeks is None:
        return contract.every_months
    return Decimal(contract.every_weeks * MONTHS) / WEEKS_OF_YEAR


def _indices(session: Session, contracts: Sequence[ContractRecord], period: Period) -> _Indices:
    found: dict[UUID, dict[date, Indexed]] = {}
    for month in months_of(period.start, period.end):
        follows = index_prices(session, contracts=contracts, month=Month(in_words(month)))
        for contract_id, index in follows.indexed.items():
            found.setdefault(contract_id, {})[month] = index
    return found


def _fees(agreed: Agreed, indices: Mapping[date, Indexed]) -> Iterator[Fee]:
    """Give the fees of a line; in the months in which its prices follow an index, by what that says."""
    for fee in fees_of(agreed):
        yield from _indexed(fee, indices) if indices else (fee,)


def _indexed(fee: Fee, indices: Mapping[date, Indexed]) -> Iterator[Fee]:
    start = fee.start
    for month in sorted(indices):
        until = months_later(month, 1)
        if until <= start or (fee.end is not None and month >= fee.end):
            continue
        if start < month:
            yield fee._replace(start=start, end=month)
        ends = until if fee.end is None else min(until, fee.end)
        yield fee._replace(start=max(start, month), end=ends, monthly=indices[month].fee(fee.monthly))
        start = ends
    if fee.end is None or start < fee.end:
        yield fee._replace(start=start)


def _of(record: type[Any], referring: Any) -> Any:
    """Join a record to whatever refers to it, within the tenant."""
    return and_(record.tenant_id == referring.class_.tenant_id, record.id == referring)
