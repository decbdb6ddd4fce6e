"""Preview a contract's bill of a month by the rules that bill it: as it stands, or as an amendment would make it."""

from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from pydantic import BaseModel
from sqlmodel import Session, col, select

from billing.amend_contract import amend_contract
from billing.contract_life.amendment import Amendment
from billing.contract_life.charge import Thing, line_of_charge
from billing.contract_life_queries import charges_of
from billing.load_due import load_due
from billing.period import Month, local_day, midnight
from billing.queries import contract as contract_of
from billing.rate_contract import rate_contract
from billing.rating.rated import Component, RatedLine
from billing.tables import ContractRecord, InvoiceRecord
from billing.vat import Taxed, vat_shares
from lifecycle.actor import Actor
from lifecycle.money import to_cents

NOTHING = Decimal("0.00")


class MonthPreview(BaseModel):
    """What a contract's bill of a month would be, and what of it is owed so far.

    Of a month that is not over the readings count that are here, and each fee by the days that have passed.
    """

    contract_id: UUID
    contract: str
    month: str
    period_start: date
    period_end: date
    currency: str
    known_until: datetime
    is_over: bool
    invoice: str | None
    """Number of the invoice where the month is billed already; what this says then is what it would be now."""
    net: Decimal
    vat: Decimal
    gross: Decimal
    net_so_far: Decimal
    lines: list[RatedLine]


class AmendedPreview(BaseModel):
    """A month as it stands, and as an amendment would make it."""

    before: MonthPreview
    after: MonthPreview
    difference: Decimal
    charges: list[RatedLine]
    """What the amendment itself costs, in whichever month: leaving early, buying out, a deposit."""


def preview_contract(
    session: Session, *, contract_id: UUID, month: Month, customer_id: UUID | None, now: datetime
) -> MonthPreview:
    """Give what the bill of a month would be, now. Bills nothing, writes nothing.

    Raises UnknownContract and why it could not be billed, such as IndexNotPublished.
    """
    of = contract_of(session, contract_id=contract_id, customer_id=customer_id)
    (due,) = load_due(session, month=month, contracts=[of], now=now)
    lines = rate_contract(due, month=month)
    return _preview(of, month, lines, invoice=_number(session, of, month), now=now)


def preview_amended(
    session: Session, *, contract_id: UUID, month: Month, amendment: Amendment, now: datetime, by: Actor
) -> AmendedPreview:
    """Amend a contract, look at a month, and take the amendment back: nothing of it stays.

    Raises what `amend_contract` and `preview_contract` raise.
    """
    before = preview_contract(session, contract_id=contract_id, month=month, customer_id=None, now=now)
    attempt = session.begin_nested()
    try:
        made = amend_contract(session, contract_id=contract_id, amendment=amendment, now=now, by=by)
        after = preview_contract(session, contract_id=contract_id, month=month, customer_id=None, now=now)
        charges = _charges(session, made.contract_id, set(made.changes["charges"]))
    finally:
        attempt.rollback()
    return AmendedPreview(before=before, after=after, difference=after.net - before.net, charges=charges)


def _preview(
    of: ContractRecord, month: Month, lines: list[RatedLine], *, invoice: str | None, now: datetime
) -> MonthPreview:
    rate = Decimal(of.vat_rate)
    taxed = [
        Taxed(line.vat_category or of.vat_category, rate if line.vat_rate is None else line.vat_rate, line.net)
        for line in lines
    ]
    net = sum((line.net for line in lines), NOTHING)
    vat = sum((share.vat for share in vat_shares(taxed)), NOTHING)
    over_at, today = midnight(month.end, of.zone), local_day(now, of.zone)
    return MonthPreview(
        contract_id=of.id,
        contract=of.code,
        month=str(month),
        period_start=month.start,
        period_end=month.end,
        currency=of.currency,
        known_until=min(now, over_at),
        is_over=now >= over_at,
        invoice=invoice,
        net=net,
        vat=vat,
        gross=net + vat,
        net_so_far=sum((_so_far(line, today) for line in lines), NOTHING),
        lines=lines,
    )


def _so_far(line: RatedLine, today: date) -> Decimal:
    """Give what of a line is owed for the days that have passed: of a fee its share, of use what was measured."""
    if line.component is not Component.FEE:
        return line.net if line.period_start <= today else NOTHING
    days = (line.period_end - line.period_start).days
    passed = min(max((today - line.period_start).days, 0), days)
    return to_cents(line.net * passed / days)


def _number(session: Session, of: ContractRecord, month: Month) -> str | None:
    query = select(InvoiceRecord.number).where(
        InvoiceRecord.contract_id == of.id, InvoiceRecord.period_start == month.start, InvoiceRecord.revision == 0
    )
    return session.exec(query.order_by(col(InvoiceRecord.sequence)).limit(1)).first()


def _charges(session: Session, contract_id: UUID, ids: set[str]) -> list[RatedLine]:
    made = [one for one in charges_of(session, contract_id=contract_id) if str(one.id) in ids]
    return [line_of_charge(one.id, one, Thing()) for one in made]
