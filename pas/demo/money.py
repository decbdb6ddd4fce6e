"""What a month later is seen of the invoices of the month before: most are paid, one in part, one contested, one late.

And one contract whose fees follow an index and whose failures are credited. All of it comes in by the ordinary doors.
"""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import NamedTuple
from zoneinfo import ZoneInfo

from lxml import etree
from sqlmodel import Session, col, select

from billing.amend_contract import amend_contract
from billing.bill_month import bill_month
from billing.contest_invoice import contest_invoice
from billing.contract_life.amendment import AgreeClause
from billing.contract_life.clause import Indexation, ServiceLevel
from billing.contract_life.price_index import IndexFigure
from billing.import_bank_statement import import_bank_statement
from billing.keep_indices import keep_indices
from billing.month.bill_run import BillRun
from billing.period import Month, local_day, months_later
from billing.queries import invoices, seller
from billing.receivable_queries import open_receivables
from billing.tables import ContractRecord, InvoiceRecord
from lifecycle.actor import Actor
from lifecycle.money import to_cents
from lifecycle.tables import CustomerRecord
from pas.send_reminders import send_reminders

INDEX = "Demo price index (invented)"
BASE_VALUE, NEW_VALUE = Decimal("128.40"), Decimal("131.61")
PAID_BY_DAY = 9
"""On this day after the invoice most customers pay."""
UNPAID_EACH = 6
"""Of so many invoices one is not paid yet."""
WHY = "Twee stoelen staan nog in de werkplaats"


class MoneyStory(NamedTuple):
    """What came in for the month before, and what is still open."""

    month: str
    invoices: int
    paid: int
    part_paid: str
    contested: str
    reminders: int
    open: Decimal
    currency: str
    indexed_contract: str


def bill_two_months(session: Session, *, month: date, now: datetime, by: Actor) -> tuple[BillRun, MoneyStory]:
    """Bill the month before and the month, with what was paid in between."""
    before = months_later(month, -1)
    zone = ZoneInfo(seller(session).zone)
    then = datetime.combine(month + timedelta(days=1), time(7), zone)

    indexed = _follow_index(session, month=month, now=then, by=by)
    first = bill_month(session, month=Month(f"{before:%Y-%m}"), now=then, by=by)
    issued = session.exec(invoices(customer_id=None, month=before).order_by(col(InvoiceRecord.number))).all()
    told = _come_in(session, issued, now=now, by=by)
    run = bill_month(session, month=Month(f"{month:%Y-%m}"), now=now, by=by)

    steps = send_reminders(session, now=now, by=by)
    still = sum((one.open for one in open_receivables(session, as_of=local_day(now, str(zone)))), Decimal(0))
    whole = (str(first.month), first.issued, *told, len(steps), still, first.currency, indexed)
    return run, MoneyStory(*whole)


def _follow_index(session: Session, *, month: date, now: datetime, by: Actor) -> str:
    """Let the fees of one contract follow an index from the month on, and credit the hours that its things fail."""
    days = (months_later(month, -13), months_later(month, -1))
    figures = [
        IndexFigure(source=INDEX, month=f"{day:%Y-%m}", published_on=day + timedelta(days=29), value=value)
        for day, value in zip(days, (BASE_VALUE, NEW_VALUE), strict=True)
    ]
    keep_indices(session, figures, now=now, by=by)
    since = months_later(month, -12)
    runs = col(ContractRecord.ends_on).is_(None) | (col(ContractRecord.ends_on) > months_later(month, 1))
    query = select(ContractRecord).where(ContractRecord.starts_on <= since, runs, ContractRecord.vat_rate > 0)
    contract = session.exec(query.order_by(col(ContractRecord.code)).limit(1)).one()
    index = Indexation(source=INDEX, base_month=figures[0].month, cap=Decimal(3), floor=Decimal(0))
    level = ServiceLevel(down_statuses=["in_workshop"], allowed_hours=8, credit_percent_per_hour=1, cap_percent=50)
    for clause in (index, level):
        asked = AgreeClause(from_day=since, clause=clause)
        amend_contract(session, contract_id=contract.id, amendment=asked, now=now, by=by)
    return contract.code


def _come_in(session: Session, issued: Sequence[InvoiceRecord], *, now: datetime, by: Actor) -> tuple[int, str, str]:
    """Let most invoices be paid; tell how many, which one in part, and which is contested."""
    owed = [one for one in issued if one.gross > 0]
    late = sorted(owed, key=lambda one: (one.due_on, one.number))[:2]
    rest = [one for one in owed if one not in late]
    part, full = rest[0], [one for place, one in enumerate(rest[1:]) if place % UNPAID_EACH]
    amounts = [(part, to_cents(part.gross / 2)), *((one, one.gross) for one in full)]

    contest_invoice(session, invoice=late[1], disputed=True, reason=WHY, now=now, by=by)
    document = bank_statement(session, amounts, until=now.date())
    import_bank_statement(session, document=document, now=now, by=by)
    return len(full), part.number, late[1].number


def bank_statement(session: Session, paid: Sequence[tuple[InvoiceRecord, Decimal]], *, until: date) -> bytes:
    """Write what the bank would send (CAMT.053): transfers with their references, its own costs, and a riddle."""
    own = seller(session)
    root = etree.Element("Document", nsmap={None: "urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"})
    head = etree.SubElement(etree.SubElement(root, "BkToCstmrStmt"), "Stmt")
    _put(head, "Id", f"DEMO-{until:%Y-%m}")
    _put(head, "Acct/Id/IBAN", own.iban)
    _put(head, "Acct/Ccy", "EUR")
    names = dict(session.exec(select(CustomerRecord.id, CustomerRecord.name)).all())
    rows = [
        (min(one.issued_on + timedelta(days=PAID_BY_DAY), until), amount, _reference(one), names[one.customer_id])
        for one, amount in paid
    ]
    rows += [(until, Decimal("125.00"), "voorschot, zie mail", "Onbekend"), (until, Decimal("-12.50"), "kosten", "")]
    opening = Decimal("18250.00")
    _balance(head, "OPBD", opening, until)
    _balance(head, "CLBD", opening + sum((amount for _, amount, _, _ in rows), Decimal(0)), until)
    for place, row in enumerate(rows):
        _entry(head, place, *row)
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8")


def _reference(one: InvoiceRecord) -> str:
    return str(one.document["payment_reference"])


def _entry(head: etree._Element, place: int, on: date, amount: Decimal, text: str, party: str) -> None:
    entry = etree.SubElement(head, "Ntry")
    _put(entry, "Amt", str(abs(amount))).set("Ccy", "EUR")
    _put(entry, "CdtDbtInd", "CRDT" if amount > 0 else "DBIT")
    _put(entry, "Sts/Cd", "BOOK")
    _put(entry, "BookgDt/Dt", on.isoformat())
    _put(entry, "AcctSvcrRef", f"DEMO{on:%Y%m}{place:05}")
    detail = etree.SubElement(etree.SubElement(entry, "NtryDtls"), "TxDtls")
    if party:
        _put(detail, "RltdPties/Dbtr/Pty/Nm", party)
    _put(detail, "RmtInf/Ustrd", text)


def _balance(head: etree._Element, kind: str, amount: Decimal, on: date) -> None:
    balance = etree.SubElement(head, "Bal")
    _put(balance, "Tp/CdOrPrtry/Cd", kind)
    _put(balance, "Amt", str(amount)).set("Ccy", "EUR")
    _put(balance, "CdtDbtInd", "CRDT")
    _put(balance, "Dt/Dt", on.isoformat())


def _put(place: etree._Element, path: str, text: str) -> etree._Element:
    """Write a text under a path of names, using what of the path is there already."""
    for name in path.split("/"):
        found = place.find(name)
        place = etree.SubElement(place, name) if found is None else found
    place.text = text
    return place
