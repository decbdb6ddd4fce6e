"""Import a bank statement: each amount becomes a payment, matched by its reference; the same again changes nothing."""

from datetime import datetime
from decimal import Decimal
from hashlib import sha256
from uuid import UUID

from pydantic import BaseModel, ValidationError
from sqlmodel import Session, select

from billing.collection.bank_statement import Entry, Statement, UnreadableStatement, read_statements
from billing.collection.match_payment import numbers, references
from billing.collection.payment import NewPayment, PaymentSource, Received
from billing.collection_tables import BankStatementRecord
from billing.find_payable import NothingToPay
from billing.record_payments import Recorded, record_payments
from lifecycle.actor import Actor
from telemetry.tables import tenant_of

_NOTHING = Decimal("0.00")


class UnmatchedPayment(BaseModel):
    """Money that came and pays nothing yet, wholly or in part."""

    payment_id: UUID
    amount: Decimal
    left: Decimal
    currency: str
    payer: str
    reference: str


class ImportedStatement(BaseModel):
    """What a statement brought: new payments, those known before, money that went out, and what pays nothing yet."""

    statement: str
    iban: str
    entries: int
    new: int
    known: int
    left_out: int
    """Money that went out for something else than an invoice: costs, suppliers."""
    amount: Decimal
    matched: Decimal
    unmatched: list[UnmatchedPayment]


def import_bank_statement(session: Session, *, document: bytes, now: datetime, by: Actor) -> list[ImportedStatement]:
    """Take in a file of CAMT.053. Raises UnreadableStatement and PaymentDiffers."""
    digest = sha256(document).hexdigest()
    return [_import(session, one, digest, now=now, by=by) for one in read_statements(document)]


def _import(session: Session, statement: Statement, digest: str, *, now: datetime, by: Actor) -> ImportedStatement:
    ours = [entry for entry in statement.entries if entry.amount > 0 or _is_ours(entry)]
    recorded = record_payments(session, [_received(entry) for entry in ours], now=now, by=by)
    _keep(session, statement, digest, now=now, by=by)
    new = [one for one in recorded if one.is_new]
    return ImportedStatement(
        statement=statement.id,
        iban=statement.iban,
        entries=len(statement.entries),
        new=len(new),
        known=len(recorded) - len(new),
        left_out=len(statement.entries) - len(ours),
        amount=sum((one.payment.amount for one in new), _NOTHING),
        matched=sum((one.payment.amount - one.left for one in new), _NOTHING),
        unmatched=[_unmatched(one) for one in new if one.left],
    )


def _is_ours(entry: Entry) -> bool:
    """Tell whether money that went out names an invoice: a refund, or a debit that the payer's bank took back."""
    return bool(references(entry.text) or numbers(entry.text))


def _received(entry: Entry) -> Received:
    facts = {"paid_on": entry.booked_on, "amount": entry.amount, "currency": entry.currency, "reference": entry.text}
    try:
        payment = NewPayment.model_validate(facts | {"payer": entry.party, "payer_iban": entry.iban})
    except (ValidationError, NothingToPay) as error:
        sentence = f"the entry of {entry.amount} {entry.currency} on {entry.booked_on} cannot be taken over"
        raise UnreadableStatement(sentence, field="file") from error
    return Received(payment, PaymentSource.BANK, f"bank:{entry.name}")


def _unmatched(one: Recorded) -> UnmatchedPayment:
    paid = one.payment
    facts = {"payment_id": paid.id, "amount": paid.amount, "left": one.left, "currency": paid.currency}
    return UnmatchedPayment(**facts, payer=paid.payer, reference=paid.reference)


def _keep(session: Session, statement: Statement, digest: str, *, now: datetime, by: Actor) -> None:
    """Keep that the statement was read; known already, it stays as it was first read."""
    known = select(BankStatementRecord.id).where(
        BankStatementRecord.iban == statement.iban, BankStatementRecord.statement == statement.id
    )
    if session.exec(known).first() is not None:
        return
    facts = statement._asdict() | {"statement": statement.id, "entries": len(statement.entries)}
    facts.pop("id")
    record = {"tenant_id": tenant_of(session), "sha256": digest, "imported_at": now, "imported_by": by.name}
    session.add(BankStatementRecord.model_validate(facts | record))
    session.flush()
