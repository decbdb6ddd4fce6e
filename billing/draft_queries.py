"""Questions about drafts: those of a month, their lines, and the report that finance signs off."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from pydantic import BaseModel
from sqlalchemy import ColumnElement, and_
from sqlmodel import Session, col, select
from sqlmodel.sql.expression import SelectOfScalar

from billing.bill_run_queries import bill_policy, failures_of
from billing.bill_run_tables import DraftApprovalRecord, DraftLineRecord, DraftRecord
from billing.month.bill_difference import BilledLine, ChangeKind, Difference, differences, why_changed
from billing.month.bill_run import BillFailure, Deed
from billing.month.draft import CENTS, HUNDRED_MILLIONTHS, MILLIONTHS, month_hash, unscaled
from billing.period import Month, months_later
from billing.tables import BillRunRecord, ContractRecord, InvoiceLineRecord, InvoiceRecord
from lifecycle.tables import AssetRecord
from telemetry.lots import KEYS, lots

TOLD_AT_MOST = 200


class DraftShown(BaseModel):
    """A draft as finance sees it in a list."""

    contract_id: UUID
    contract: str
    customer_id: UUID
    month: str
    net: Decimal
    vat: Decimal
    gross: Decimal
    lines: int
    hash: str
    drafted_at: datetime
    approved: bool
    """As it stands: a draft made anew with another hash is approved no more."""


class DraftLineShown(BaseModel):
    """A line of a draft."""

    position: int
    billed_of: UUID
    asset_id: UUID | None
    thing: str
    component: str
    period_start: date
    period_end: date
    quantity: Decimal
    unit: str
    unit_price: Decimal
    price_base: Decimal
    net: Decimal


class DraftReport(BaseModel):
    """What a month's drafts add up to, what differs from the month before and why, and what could not be drawn up.

    `hash` is of exactly these drafts: who approves, approves that. `differences` holds the largest.
    """

    month: str
    drafts: int
    approved: int
    net: Decimal
    vat: Decimal
    gross: Decimal
    hash: str
    compared_with: str
    net_before: Decimal
    net_issued: Decimal
    """Of this month, what is issued already; `net` is what is not."""
    new: int
    gone: int
    changed: int
    tell_from_percent: Decimal
    differences: list[Difference]
    failures: list[BillFailure]


def drafts(*, month: Month) -> SelectOfScalar[DraftRecord]:
    """Ask for the drafts of a month."""
    return select(DraftRecord).where(DraftRecord.period_start == month.start)


def shown(session: Session, some: Sequence[DraftRecord]) -> list[DraftShown]:
    """Show drafts with the names of their contracts and whether they are approved."""
    ids = [draft.contract_id for draft in some]
    contracts = {one.id: one for lot in lots(ids, KEYS) for one in session.exec(_contracts(lot))}
    approvals = approvals_of(session, some[0].period_start, ids) if some else set()
    return [_shown(draft, contracts[draft.contract_id], approvals) for draft in some]


def _contracts(ids: Sequence[UUID]) -> SelectOfScalar[ContractRecord]:
    return select(ContractRecord).where(col(ContractRecord.id).in_(ids))


def _shown(draft: DraftRecord, contract: ContractRecord, approvals: set[tuple[UUID, str]]) -> DraftShown:
    net, vat = unscaled(draft.net_cents, CENTS), unscaled(draft.vat_cents, CENTS)
    return DraftShown(
        contract_id=draft.contract_id,
        contract=contract.code,
        customer_id=contract.customer_id,
        month=f"{draft.period_start:%Y-%m}",
        net=net,
        vat=vat,
        gross=net + vat,
        lines=draft.lines,
        hash=draft.hash,
        drafted_at=draft.drafted_at,
        approved=(draft.contract_id, draft.hash) in approvals,
    )


def approvals_of(session: Session, start: date, contract_ids: Iterable[UUID]) -> set[tuple[UUID, str]]:
    """Give which hashes of some contracts were approved."""
    found: set[tuple[UUID, str]] = set()
    for lot in lots(contract_ids, KEYS):
        mine = (DraftApprovalRecord.period_start == start, col(DraftApprovalRecord.contract_id).in_(lot))
        found |= set(session.exec(select(DraftApprovalRecord.contract_id, DraftApprovalRecord.hash).where(*mine)).all())
    return found


def hashes(session: Session, *, month: Month) -> dict[UUID, str]:
    """Give the hash of each draft of a month."""
    rows = session.exec(
        select(DraftRecord.contract_id, DraftRecord.hash).where(DraftRecord.period_start == month.start)
    )
    return dict(rows.all())


def draft_report(session: Session, *, month: Month) -> DraftReport:
    """Lay a month's drafts beside what the month before billed."""
    before_month = Month(f"{months_later(month.start, -1):%Y-%m}")
    policy = bill_policy(session)
    made = session.exec(
        select(DraftRecord.contract_id, DraftRecord.net_cents, DraftRecord.vat_cents, DraftRecord.hash).where(
            DraftRecord.period_start == month.start
        )
    ).all()
    issued, before = _issued(session, month), _billed(session, before_month)
    after = issued | {contract_id: unscaled(net, CENTS) for contract_id, net, _, _ in made}
    found = differences(before, after, tell_from_percent=policy.tell_from_percent)
    net = unscaled(sum(cents for _, cents, _, _ in made), CENTS)
    vat = unscaled(sum(cents for _, _, cents, _ in made), CENTS)
    kinds = [one.kind for one in found]
    return DraftReport(
        month=str(month),
        drafts=len(made),
        approved=_how_many_approved(session, month),
        net=net,
        vat=vat,
        gross=net + vat,
        hash=month_hash([(contract_id, each) for contract_id, _, _, each in made]),
        compared_with=str(before_month),
        net_before=sum(before.values(), Decimal("0.00")),
        net_issued=sum(issued.values(), Decimal("0.00")),
        new=kinds.count(ChangeKind.NEW),
        gone=kinds.count(ChangeKind.GONE),
        changed=kinds.count(ChangeKind.CHANGED),
        tell_from_percent=policy.tell_from_percent,
        differences=_explained(session, found[:TOLD_AT_MOST], before_month, month),
        failures=_not_drawn_up(session, month),
    )


def _how_many_approved(session: Session, month: Month) -> int:
    same = and_(
        col(DraftApprovalRecord.tenant_id) == DraftRecord.tenant_id,
        col(DraftApprovalRecord.period_start) == DraftRecord.period_start,
        col(DraftApprovalRecord.contract_id) == DraftRecord.contract_id,
        col(DraftApprovalRecord.hash) == DraftRecord.hash,
    )
    query = select(DraftRecord.contract_id).join(DraftApprovalRecord, same)
    return len(session.exec(query.where(DraftRecord.period_start == month.start)).all())


def _issued(session: Session, month: Month) -> dict[UUID, Decimal]:
    query = select(InvoiceRecord.contract_id, col(InvoiceRecord.net))
    mine = (InvoiceRecord.period_start == month.start, InvoiceRecord.revision == 0)
    return dict(session.exec(query.where(*mine)).all())


def _billed(session: Session, month: Month) -> dict[UUID, Decimal]:
    """Give what a month billed, or would bill where it is not issued yet."""
    query = select(DraftRecord.contract_id, DraftRecord.net_cents).where(DraftRecord.period_start == month.start)
    drafted = {contract_id: unscaled(net, CENTS) for contract_id, net in session.exec(query)}
    return drafted | _issued(session, month)


def _not_drawn_up(session: Session, month: Month) -> list[BillFailure]:
    """Give what the last drafting of a month could not draw up."""
    query = select(BillRunRecord).where(BillRunRecord.period_start == month.start, BillRunRecord.deed == Deed.DRAFT)
    order = (col(BillRunRecord.ran_at).desc(), col(BillRunRecord.id).desc())
    newest = session.exec(query.order_by(*order).limit(1)).first()
    return [] if newest is None else failures_of(session, newest.id)


def _explained(session: Session, found: Sequence[Difference], before: Month, after: Month) -> list[Difference]:
    """Name the contracts, and say why each one changed."""
    ids = [one.contract_id for one in found]
    was, now = (
        lines_billed(session, month=before, contract_ids=ids),
        lines_billed(session, month=after, contract_ids=ids),
    )
    codes = {one.id: one.code for lot in lots(ids, KEYS) for one in session.exec(_contracts(lot))}
    for one in found:
        one.contract = codes[one.contract_id]
        one.reasons = why_changed(was[one.contract_id], now[one.contract_id])
    return list(found)


def lines_billed(
    session: Session, *, month: Month, contract_ids: Sequence[UUID]
) -> defaultdict[UUID, list[BilledLine]]:
    """Give the lines of some contracts of a month: as issued, else as drafted."""
    found: defaultdict[UUID, list[BilledLine]] = defaultdict(list)
    line = InvoiceLineRecord
    for lot in lots(contract_ids, KEYS):
        rows = session.exec(
            select(InvoiceRecord.contract_id, line, AssetRecord.serial)
            .join(line, and_(col(line.tenant_id) == InvoiceRecord.tenant_id, col(line.invoice_id) == InvoiceRecord.id))
            .join(AssetRecord, _of_asset(line), isouter=True)
            .where(InvoiceRecord.period_start == month.start, InvoiceRecord.revision == 0)
            .where(col(InvoiceRecord.contract_id).in_(lot))
        )
        for contract_id, one, serial in rows:
            numbers = (one.quantity, one.unit, one.unit_price, one.price_base, one.net)
            found[contract_id].append(BilledLine(one.billed_of, serial or "", one.component, *numbers))
        not_issued = [contract_id for contract_id in lot if contract_id not in found]
        for contract_id, drawn in draft_lines(session, month=month, contract_ids=not_issued):
            numbers = (drawn.quantity, drawn.unit, drawn.unit_price, drawn.price_base, drawn.net)
            found[contract_id].append(BilledLine(drawn.billed_of, drawn.thing, drawn.component, *numbers))
    return found


def draft_lines(session: Session, *, month: Month, contract_ids: Sequence[UUID]) -> list[tuple[UUID, DraftLineShown]]:
    """Give the lines of the drafts of some contracts, each with its contract."""
    line, found = DraftLineRecord, list[tuple[UUID, DraftLineShown]]()
    for lot in lots(contract_ids, KEYS):
        rows = session.exec(
            select(line, AssetRecord.serial)
            .join(AssetRecord, _of_asset(line), isouter=True)
            .where(line.period_start == month.start, col(line.contract_id).in_(lot))
            .order_by(col(line.contract_id), col(line.position))
        )
        found += [(one.contract_id, _line_shown(one, serial)) for one, serial in rows]
    return found


def _of_asset(line: type[InvoiceLineRecord | DraftLineRecord]) -> ColumnElement[bool]:
    return and_(col(AssetRecord.tenant_id) == line.tenant_id, col(AssetRecord.id) == line.asset_id)


def _line_shown(line: DraftLineRecord, serial: str | None) -> DraftLineShown:
    return DraftLineShown(
        position=line.position,
        billed_of=line.billed_of,
        asset_id=line.asset_id,
        thing=serial or "",
        component=line.component,
        period_start=line.starts_on,
        period_end=line.ends_on,
        quantity=unscaled(line.quantity, MILLIONTHS),
        unit=line.unit,
        unit_price=unscaled(line.unit_price, HUNDRED_MILLIONTHS),
        price_base=Decimal(line.price_base),
        net=unscaled(line.net_cents, CENTS),
    )
