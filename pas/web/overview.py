"""What the first page tells: how many things stand where and in which grade, what is the matter, what was billed."""

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import NamedTuple
from uuid import UUID

from sqlmodel import Session, and_, case, col, func, select

from billing.tables import BillFailureRecord, BillRunRecord, ContractLineRecord, ContractRecord, InvoiceRecord
from lifecycle.alert import OF_HOLDERS, AlertKind, AlertState
from lifecycle.asset import AssetStatus
from lifecycle.tables import AlertRecord, AssetRecord, CustomerRecord, ProductRecord, ReassessmentRecord
from telemetry.tables import TenantRecord, tenant_of

GRADES = ("A", "B", "C", "D", "E")
_AHEAD = timedelta(days=365)
"""How far ahead the overview looks for contracts that end."""


class OpenAlert(NamedTuple):
    """An alert, and the thing it is about."""

    alert: AlertRecord
    asset: AssetRecord
    product: str


class Totals(NamedTuple):
    """What the invoices of one month add up to in one currency."""

    currency: str
    invoices: int
    net: Decimal
    vat: Decimal
    gross: Decimal


class Run(NamedTuple):
    """The last run over the last billed month, all invoices of that month, and what could not be billed."""

    run: BillRunRecord
    totals: Sequence[Totals]
    failures: Sequence[tuple[str, str]]


class Ending(NamedTuple):
    """A contract that ends, whose it is and how many things are under it."""

    contract: ContractRecord
    customer: str
    assets: int


def organisation(session: Session) -> str:
    """Give the name of the tenant."""
    return session.exec(select(TenantRecord.name).where(TenantRecord.id == tenant_of(session))).one()


def by_status(session: Session, *, holder_id: UUID | None) -> dict[str, int]:
    """Count the things by status; a status without things counts nought."""
    query = select(AssetRecord.status, func.count()).group_by(col(AssetRecord.status))
    if holder_id is not None:
        query = query.where(AssetRecord.holder_id == holder_id)
    found = {AssetStatus(status).value: count for status, count in session.exec(query)}
    return {status.value: found.get(status.value, 0) for status in AssetStatus}


def by_grade(session: Session, *, holder_id: UUID | None) -> dict[str, int]:
    """Count the things that are not retired by grade; "" holds those that were never assessed."""
    query = (
        select(AssetRecord.grade, func.count())
        .where(AssetRecord.status != AssetStatus.RETIRED)
        .group_by(col(AssetRecord.grade))
    )
    if holder_id is not None:
        query = query.where(AssetRecord.holder_id == holder_id)
    found = {grade or "": count for grade, count in session.exec(query)}
    return {grade: found.get(grade, 0) for grade in (*GRADES, "")}


def open_alerts(session: Session, *, holder_id: UUID | None, limit: int) -> tuple[int, list[OpenAlert]]:
    """Count the alerts that wait for an answer, and give the first: what lasts hours before wear, then the newest."""
    tenant = tenant_of(session)
    query = (
        select(AlertRecord, AssetRecord, ProductRecord.name)
        .join(AssetRecord, and_(col(AssetRecord.tenant_id) == tenant, AssetRecord.id == AlertRecord.asset_id))
        .join(ProductRecord, and_(col(ProductRecord.tenant_id) == tenant, ProductRecord.id == AssetRecord.product_id))
        .where(AlertRecord.tenant_id == tenant, AlertRecord.state == AlertState.RAISED)
    )
    if holder_id is not None:
        query = query.where(AssetRecord.holder_id == holder_id)
        query = query.where(~col(AlertRecord.shadow), col(AlertRecord.kind).in_(OF_HOLDERS))
    count = session.exec(select(func.count()).select_from(query.subquery())).one()
    patient = case((col(AlertRecord.kind) == AlertKind.WEAR, 1), else_=0)
    first = query.order_by(patient, col(AlertRecord.raised_at).desc(), col(AlertRecord.id).desc()).limit(limit)
    return count, [OpenAlert(*row) for row in session.exec(first)]


def waiting(session: Session) -> int:
    """Count the things whose condition waits to be assessed again."""
    query = select(func.count(col(ReassessmentRecord.asset_id)))
    return session.exec(query.where(ReassessmentRecord.tenant_id == tenant_of(session))).one()


def last_run(session: Session) -> Run | None:
    """Give the last run of the last month that was billed."""
    newest = select(BillRunRecord).order_by(col(BillRunRecord.period_start).desc(), col(BillRunRecord.ran_at).desc())
    run = session.exec(newest.limit(1)).first()
    if run is None:
        return None
    failures = session.exec(
        select(BillFailureRecord, ContractRecord)
        .join(
            ContractRecord,
            and_(
                col(ContractRecord.tenant_id) == BillFailureRecord.tenant_id,
                ContractRecord.id == BillFailureRecord.contract_id,
            ),
        )
        .where(BillFailureRecord.run_id == run.id)
        .order_by(ContractRecord.code)
    )
    return Run(run, totals_of(session, start=run.period_start), [(c.code, failure.code) for failure, c in failures])


def totals_of(session: Session, *, start: date) -> list[Totals]:
    """Add up the invoices of the month that begins on a date; exact decimals are added here, not in SQL."""
    query = select(InvoiceRecord.currency, col(InvoiceRecord.net), col(InvoiceRecord.vat), col(InvoiceRecord.gross))
    sums: dict[str, Totals] = {}
    for currency, net, vat, gross in session.exec(query.where(InvoiceRecord.period_start == start)):
        so_far = sums.get(currency, Totals(currency, 0, Decimal(0), Decimal(0), Decimal(0)))
        sums[currency] = Totals(currency, so_far.invoices + 1, so_far.net + net, so_far.vat + vat, so_far.gross + gross)
    return [sums[currency] for currency in sorted(sums)]


def ending(session: Session, *, today: date, customer_id: UUID | None, limit: int) -> tuple[int, list[Ending]]:
    """Count the contracts that end within a year, and give the next ones."""
    tenant = tenant_of(session)
    query = (
        select(ContractRecord, CustomerRecord.name)
        .join(
            CustomerRecord,
            and_(col(CustomerRecord.tenant_id) == tenant, CustomerRecord.id == ContractRecord.customer_id),
        )
        .where(ContractRecord.tenant_id == tenant)
        .where(col(ContractRecord.ends_on) >= today, col(ContractRecord.ends_on) < today + _AHEAD)
    )
    if customer_id is not None:
        query = query.where(ContractRecord.customer_id == customer_id)
    count = session.exec(select(func.count()).select_from(query.subquery())).one()
    found = session.exec(query.order_by(col(ContractRecord.ends_on), ContractRecord.code).limit(limit)).all()
    things = _things_under(session, [contract.id for contract, _ in found])
    return count, [Ending(contract, customer, things.get(contract.id, 0)) for contract, customer in found]


def _things_under(session: Session, contract_ids: Sequence[UUID]) -> dict[UUID, int]:
    query = select(ContractLineRecord.contract_id, func.count(func.distinct(ContractLineRecord.asset_id)))
    some = query.where(col(ContractLineRecord.contract_id).in_(contract_ids))
    return dict(session.exec(some.group_by(col(ContractLineRecord.contract_id))).all())


def invoices_of(session: Session, *, customer_id: UUID, limit: int) -> list[InvoiceRecord]:
    """Give a customer's newest invoices."""
    query = select(InvoiceRecord).where(InvoiceRecord.customer_id == customer_id)
    return list(session.exec(query.order_by(col(InvoiceRecord.issued_on).desc(), InvoiceRecord.number).limit(limit)))
