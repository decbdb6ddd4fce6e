"""Collect an invoice through Stripe: draw it up there, make it final, debit or charge; whatever breaks off, once."""

from datetime import date
from typing import NamedTuple
from uuid import UUID

from sqlmodel import Session, col, select

from billing.collection.collecting import MandateState, TaskState
from billing.collection.collection_plan import Wanted, cents, next_deed, till_lines
from billing.collection.till import DraftInvoice, MakeCustomer, PayInvoice, SeenInvoice
from billing.collection_queries import orders
from billing.collection_tables import MandateRecord
from billing.keep_steps import tried_before
from billing.keep_tasks import Ended
from billing.note_collected import note_collected, note_try
from billing.receivable_queries import receivables
from billing.tables import InvoiceRecord
from billing.take_steps import Desk, Later, take_step
from lifecycle.tables import CustomerRecord

MOST_STEPS = 8
_OTHERWISE = Ended(TaskState.LEFT, "paid or credited otherwise, wholly or in part")
_NO_MANDATE = Ended(TaskState.LEFT, "no mandate stands")


class Collecting(NamedTuple):
    """An invoice to collect, as we hold it."""

    invoice_id: UUID
    customer_id: UUID
    customer: MakeCustomer
    currency: str
    hash: str
    wanted: Wanted
    is_begun: bool
    is_open: bool


def collect_invoice(desk: Desk, invoice_id: UUID) -> Ended:
    """Collect an invoice, unless it was paid or credited meanwhile, or an earlier try failed."""
    return _collect(desk, invoice_id, try_again=False)


def collect_again(desk: Desk, invoice_id: UUID) -> Ended:
    """Collect an invoice once more whose collection failed."""
    return _collect(desk, invoice_id, try_again=True)


def _collect(desk: Desk, invoice_id: UUID, *, try_again: bool) -> Ended:
    """Look how the invoice stands, do the next thing, look again. Raises what `take_step` raises, and OtherTotal."""
    with desk.writing() as session:
        loaded = _load(session, invoice_id, try_again=try_again)
    if loaded is None:
        return _NO_MANDATE
    if not (loaded.is_open or loaded.is_begun):
        return _OTHERWISE
    stripe_id, wanted, declined = _drafted(desk, loaded), loaded.wanted, ""
    for _ in range(MOST_STEPS):
        seen = _seen(desk, stripe_id)
        todo = next_deed(seen, wanted)
        if todo is None:
            return Ended(TaskState.DONE, declined or seen.state.value)
        pays = isinstance(todo.deed, PayInvoice)
        if pays and not _begun(desk, invoice_id, wanted.nth):
            return _OTHERWISE
        taken = take_step(desk, operation=f"inv:{wanted.number}:{todo.name}", deed=todo.deed)
        if pays:
            declined, wanted = taken.declined, wanted._replace(try_again=False)
    raise Later("Stripe does not move on")


def _load(session: Session, invoice_id: UUID, *, try_again: bool) -> Collecting | None:
    invoice = session.exec(select(InvoiceRecord).where(InvoiceRecord.id == invoice_id)).one()
    method = payment_method(session, customer_id=invoice.customer_id)
    if method is None:
        return None
    nth = max(1, orders(session, invoice_id=invoice_id))
    wanted = Wanted(invoice.number, cents(invoice.gross), till_lines(invoice.document), method, nth, try_again)
    return Collecting(
        invoice.id,
        invoice.customer_id,
        customer_at_stripe(session, customer_id=invoice.customer_id),
        invoice.currency,
        invoice.hash,
        wanted,
        is_begun=tried_before(session, operation=f"inv:{invoice.number}:create") is not None,
        is_open=is_all_open(session, invoice),
    )


def payment_method(session: Session, *, customer_id: UUID) -> str | None:
    """Give the account or card that a customer lets us collect from, None where no mandate stands."""
    stands = MandateRecord.customer_id == customer_id, col(MandateRecord.state) == MandateState.ACTIVE
    newest = select(MandateRecord.payment_method).where(*stands).order_by(col(MandateRecord.made_at).desc())
    return session.exec(newest.limit(1)).first()


def customer_at_stripe(session: Session, *, customer_id: UUID) -> MakeCustomer:
    """Say who a customer is."""
    customer = session.exec(select(CustomerRecord).where(CustomerRecord.id == customer_id)).one()
    return MakeCustomer(str(customer.id), customer.name, customer.email or "", customer.language)


def is_all_open(session: Session, invoice: InvoiceRecord) -> bool:
    """Tell whether nothing of an invoice was paid or credited."""
    return receivables(session, [invoice], as_of=date.max)[0].open == invoice.gross


def _drafted(desk: Desk, loaded: Collecting) -> str:
    """Give the invoice at Stripe, drawn up where it is not there yet."""
    customer = take_step(desk, operation=f"cus:{loaded.customer_id}:create", deed=loaded.customer).id
    wanted = loaded.wanted
    draft = DraftInvoice(customer, wanted.number, loaded.currency, wanted.payment_method, loaded.hash)
    return take_step(desk, operation=f"inv:{wanted.number}:create", deed=draft).id


def _seen(desk: Desk, stripe_id: str) -> SeenInvoice:
    """Look, and keep what is seen."""
    seen = desk.till.invoice(stripe_id)
    with desk.writing() as session:
        note_collected(session, seen=seen, now=desk.now())
    return seen


def _begun(desk: Desk, invoice_id: UUID, nth: int) -> bool:
    """Note that a try begins; tell whether all of the invoice is still open, else none does."""
    with desk.writing() as session:
        invoice = session.exec(select(InvoiceRecord).where(InvoiceRecord.id == invoice_id)).one()
        is_open = is_all_open(session, invoice)
        if is_open:
            note_try(session, invoice_id=invoice_id, nth=nth, now=desk.now())
    return is_open
