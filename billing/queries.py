"""Questions about contracts and invoices; where a customer may ask, the question is narrowed to that customer."""

from collections.abc import Iterable
from datetime import date
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import and_, or_
from sqlmodel import Session, col, select
from sqlmodel.sql.expression import SelectOfScalar

from billing.period import Month, Period
from billing.tables import (
    BillFailureRecord,
    BillRunRecord,
    ContractLineRecord,
    ContractRecord,
    InvoiceRecord,
    SellerRecord,
)
from lifecycle.tables import AssetRecord, ProductRecord
from telemetry.refusal import Refusal

AT_ONCE = 500


class UnknownContract(Refusal):
    """No such contract, or not one of yours."""


class UnknownInvoice(Refusal):
    """No such invoice, or not one of yours."""


class UnknownBillRun(Refusal):
    """No such run."""


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
        raise UnknownContract(f"there is no contract {contract_id}", field="contract_id")
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


def lines_running(session: Session, *, period: Period) -> list[LeasedAsset]:
    """Give the contract lines with at least one day in a period, by contract and serial number."""
    rows = session.exec(
        select(ContractLineRecord, AssetRecord.serial, ProductRecord.name)
        .join(
            AssetRecord,
            and_(
                col(AssetRecord.tenant_id) == ContractLineRecord.tenant_id,
                col(AssetRecord.id) == ContractLineRecord.asset_id,
            ),
        )
        .join(
            ProductRecord,
            and_(
                col(ProductRecord.tenant_id) == AssetRecord.tenant_id, col(ProductRecord.id) == AssetRecord.product_id
            ),
        )
        .where(
            ContractLineRecord.starts_on < period.end,
            or_(col(ContractLineRecord.ends_on).is_(None), col(ContractLineRecord.ends_on) > period.start),
        )
        .order_by(col(ContractLineRecord.contract_id), col(AssetRecord.serial), col(ContractLineRecord.starts_on))
    )
    return [LeasedAsset(*row) for row in rows]


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


def bill_run(session: Session, *, run_id: UUID) -> BillRunRecord:
    """Give one run. Raises UnknownBillRun."""
    found = session.exec(select(BillRunRecord).where(BillRunRecord.id == run_id)).first()
    if found is None:
        raise UnknownBillRun(f"there is no bill run {run_id}", field="run_id")
    return found


def failures_of(session: Session, *, run_id: UUID) -> list[tuple[BillFailureRecord, str]]:
    """Give what a run could not bill, each with the code of its contract."""
    rows = session.exec(
        select(BillFailureRecord, ContractRecord.code)
        .join(
            ContractRecord,
            and_(
                col(ContractRecord.tenant_id) == BillFailureRecord.tenant_id,
                col(ContractRecord.id) == BillFailureRecord.contract_id,
            ),
        )
        .where(BillFailureRecord.run_id == run_id)
        .order_by(col(ContractRecord.code))
    )
    return [(failure, code) for failure, code in rows]
