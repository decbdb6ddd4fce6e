"""What a statement of account is made of: the documents and payments of one customer in one currency."""

from datetime import date
from decimal import Decimal
from uuid import UUID

from sqlmodel import Session, col, select
from sqlmodel.sql.expression import SelectOfScalar

from billing.collection.payment import UnknownPayer
from billing.collection.statement_of_account import AccountKind, AccountStatement, Booked, drawn_up
from billing.collection_tables import PaymentRecord
from billing.invoice import Kind
from billing.queries import seller
from billing.receivable_queries import receivables, unallocated
from billing.seller import Seller
from billing.tables import InvoiceRecord
from lifecycle.queries import in_catalogue
from lifecycle.tables import CustomerRecord

_NOTHING = Decimal("0.00")


def payments(*, customer_id: UUID | None) -> SelectOfScalar[PaymentRecord]:
    """Ask for payments, all or those of one customer."""
    query = select(PaymentRecord)
    return query if customer_id is None else query.where(col(PaymentRecord.customer_id) == customer_id)


def account(session: Session, *, customer_id: UUID, first: date, last: date, currency: str = "EUR") -> AccountStatement:
    """Draw up the account of a customer from one day to another. Raises UnknownThing."""
    customer = in_catalogue(session, CustomerRecord, customer_id)
    issued = select(InvoiceRecord).where(
        InvoiceRecord.customer_id == customer_id, InvoiceRecord.issued_on <= last, InvoiceRecord.currency == currency
    )
    documents = session.exec(issued.order_by(col(InvoiceRecord.number))).all()
    open_of = {one.invoice_id: one.open for one in receivables(session, documents, as_of=last)}
    paid = session.exec(
        payments(customer_id=customer_id).where(PaymentRecord.paid_on <= last, PaymentRecord.currency == currency)
    ).all()
    booked = [*(_document(one, open_of[one.id]) for one in documents), *(_payment(one) for one in paid)]
    left = sum(unallocated(session, paid, as_of=last), _NOTHING)
    names = {"customer": customer.code, "name": customer.name, "currency": currency}
    return drawn_up(booked, **names, days=(first, last), unallocated=left)


def whose_account(session: Session, *, customer_id: UUID) -> tuple[Seller, CustomerRecord]:
    """Give who keeps an account and whose it is. Raises UnknownThing and NoSeller."""
    return seller(session), in_catalogue(session, CustomerRecord, customer_id)


def _document(one: InvoiceRecord, still_open: Decimal) -> Booked:
    if one.kind is Kind.CREDIT_NOTE:
        return Booked(one.issued_on, AccountKind.CREDIT_NOTE, one.number, one.gross, None, None)
    return Booked(one.issued_on, AccountKind.INVOICE, one.number, one.gross, one.due_on, still_open)


def _payment(one: PaymentRecord) -> Booked:
    kind = AccountKind.PAYMENT if one.amount > 0 else AccountKind.REFUND
    return Booked(one.paid_on, kind, one.reference or one.external_id[:40], -one.amount, None, None)


def customer_called(session: Session, *, code: str) -> UUID:
    """Give the customer of a code. Raises UnknownPayer."""
    found = session.exec(select(CustomerRecord.id).where(CustomerRecord.code == code)).first()
    if found is None:
        raise UnknownPayer(f"there is no customer {code[:60]!r}", field="customer")
    return found
