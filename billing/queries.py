"""Questions about contracts and invoices; where a customer may ask, the question is narrowed to that customer."""

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, Uuid, and_, func, or_
from sqlmodel import Session, col, select
from sqlmodel.sql.expression import SelectOfScalar

from billing.contract_life.ending import Ending
from billing.period import Month, Period
from billing.tables import (
    ContractLineRecord,
    ContractRecord,
    InvoiceRecord,
    SellerRecord,
)
from lifecycle.tables import AssetRecord, CustomerRecord, ProductRecord
from telemetry.asked_rows import asked_rows
from telemetry.refusal import Refusal

AT_ONCE = 500


class UnknownContract(Refusal):
    """No such contract, or not one of yours."""


class UnknownInvoice(Refusal):
    """No such invoice, or not one of yours."""


class NoSeller(Refusal):
    """The tenant has not yet said who stands at the head of its invoices."""


class LeasedAsset(NamedTuple):
    """A contract line with the names of the thing it is about."""

    line: ContractLineRecord
    serial: str
    product: str


def seller(session: Session) -> SellerRecord:
    """Give the tenant as a legal entity. Raises NoSeller."""
    found = session.exec(select(SellerRecord)).first()
    if found is None:
        raise NoSeller("name the seller first (PUT /api/v1/seller): an invoice needs its name, VAT number and IBAN")
    return found


def held_seller(session: Session) -> SellerRecord:
    """Give the seller and hold its row until the transaction ends: one run at a time. Raises NoSeller."""
    session.exec(select(SellerRecord).with_for_update().execution_options(populate_existing=True)).first()
    return seller(session)


def contracts(*, customer_id: UUID | None) -> SelectOfScalar[ContractRecord]:
    """Ask for contracts, all or those of one customer."""
    query = select(ContractRecord)
    return query if customer_id is None else query.where(ContractRecord.customer_id == customer_id)


def contract(session: Session, *, contract_id: UUID, customer_id: UUID | None) -> ContractRecord:
    """Give one contract. Raises UnknownContract, the same for one that is not yours."""
    found = session.exec(contracts(customer_id=customer_id).where(ContractRecord.id == contract_id)).first()
    if found is None:
        raise UnknownContract("there is no such contract", field="contract_id")
    return found


def lines_of(session: Session, contract_ids: Iterable[UUID]) -> dict[UUID, list[ContractLineRecord]]:
    """Give the lines of contracts, in the order of their start and id."""
    wanted = sorted(set(contract_ids))
    found: dict[UUID, list[ContractLineRecord]] = {contract_id: [] for contract_id in wanted}
    for start in range(0, len(wanted), AT_ONCE):
        some = col(ContractLineRecord.contract_id).in_(wanted[start : start + AT_ONCE])
        order = (col(ContractLineRecord.starts_on), col(ContractLineRecord.id))
        for line in session.exec(select(ContractLineRecord).where(some).order_by(*order)):
            found[line.contract_id].append(line)
    return found


def contracts_running(session: Session, *, period: Period) -> list[ContractRecord]:
    """Give the contracts with at least one day in a period, by code."""
    return list(
        session.exec(
            select(ContractRecord)
            .where(
                ContractRecord.starts_on < period.end,
                or_(col(ContractRecord.ends_on).is_(None), col(ContractRecord.ends_on) > period.start),
            )
            .order_by(col(ContractRecord.code))
        )
    )


def leased_by(session: Session, contract_ids: Iterable[UUID]) -> dict[UUID, list[LeasedAsset]]:
    """Give the lines of contracts with the names of their things, by serial number and first day."""
    found: dict[UUID, list[LeasedAsset]] = {contract_id: [] for contract_id in contract_ids}
    wanted = asked_rows(session, [(one.hex,) for one in found], id=Uuid())
    rows = session.exec(
        select(ContractLineRecord, AssetRecord.serial, ProductRecord.name)
        .join(AssetRecord, _same(AssetRecord, ContractLineRecord.asset_id))
        .join(ProductRecord, _same(ProductRecord, AssetRecord.product_id))
        .where(col(ContractLineRecord.contract_id).in_(select(wanted.c.id)))
        .order_by(col(AssetRecord.serial), col(ContractLineRecord.starts_on))
    )
    for row in rows:
        found[row[0].contract_id].append(LeasedAsset(*row))
    return found


def lease_end(session: Session, *, asset_id: UUID, day: date) -> date | None:
    """Give the first day on which an asset that is leased on a day is so no longer; None where no end is agreed."""
    ends_on = func.coalesce(ContractLineRecord.ends_on, ContractRecord.ends_on)
    query = (
        select(ends_on)
        .select_from(ContractLineRecord)
        .join(ContractRecord, _same(ContractRecord, ContractLineRecord.contract_id))
        .where(ContractLineRecord.asset_id == asset_id, ContractLineRecord.starts_on <= day, ends_on > day)
    )
    return session.exec(query.order_by(ends_on).limit(1)).first()


def leases_ending(session: Session, *, period: Period) -> list[Ending]:
    """Give the contract lines whose last day lies in a period; a line without an end ends with its contract."""
    ends_on = func.coalesce(ContractLineRecord.ends_on, ContractRecord.ends_on)
    rows = session.exec(
        select(ContractLineRecord, ContractRecord, CustomerRecord, AssetRecord)
        .select_from(ContractLineRecord)
        .join(ContractRecord, _same(ContractRecord, ContractLineRecord.contract_id))
        .join(CustomerRecord, _same(CustomerRecord, ContractRecord.customer_id))
        .join(AssetRecord, _same(AssetRecord, ContractLineRecord.asset_id))
        .where(ends_on > period.start, ends_on <= period.end)
    )
    return [
        Ending(
            contract=contract.code,
            customer=customer.code,
            customer_name=customer.name,
            asset_id=asset.id,
            public_id=asset.public_id,
            last_day=(line.ends_on or contract.ends_on or period.end) - timedelta(days=1),
        )
        for line, contract, customer, asset in rows
    ]


def _same(record: type[Any], referring: Any) -> ColumnElement[bool]:
    """Join a record to whatever refers to it, within the tenant."""
    return and_(record.tenant_id == referring.class_.tenant_id, record.id == referring)


def contracts_invoiced(session: Session, *, month: Month) -> set[UUID]:
    """Give the contracts that have their invoice of a month."""
    return set(
        session.exec(
            select(InvoiceRecord.contract_id).where(
                InvoiceRecord.period_start == month.start, InvoiceRecord.revision == 0
            )
        )
    )


def invoices(*, customer_id: UUID | None, month: date | None = None) -> SelectOfScalar[InvoiceRecord]:
    """Ask for invoices, all or those of one customer, of any month or of one."""
    query = select(InvoiceRecord)
    if customer_id is not None:
        query = query.where(InvoiceRecord.customer_id == customer_id)
    return query if month is None else query.where(InvoiceRecord.period_start == month)


def invoice(session: Session, *, number: str, customer_id: UUID | None) -> InvoiceRecord:
    """Give one invoice by its number. Raises UnknownInvoice, the same for one that is not yours."""
    found = session.exec(invoices(customer_id=customer_id).where(InvoiceRecord.number == number)).first()
    if found is None:
        raise UnknownInvoice(f"there is no invoice {number[:40]!r}", field="number")
    return found
