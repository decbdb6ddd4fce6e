"""Find the invoices that a payment may be meant for, and hold them while that is decided."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from sqlmodel import Session, and_, col, or_, select

from billing.collection.match_payment import Named, OpenInvoice
from billing.collection_tables import PaymentRecord
from billing.receivable_queries import open_receivables, receivables
from billing.settle_receivables import hold_receivables
from billing.tables import InvoiceRecord
from telemetry.refusal import Refusal

_LONG_SEQUENCE = 7


class NothingToPay(Refusal):
    """A payment names an invoice that does not exist."""


def payable(
    session: Session, *, named: Named, told: Sequence[str], customer_id: UUID | None, as_of: date
) -> list[OpenInvoice]:
    """Give what a payment names; where it names nothing, what its payer has open. Raises NothingToPay."""
    found = _by_name(session, named, told)
    if not found and customer_id is not None and not told:
        ids = [one.invoice_id for one in open_receivables(session, as_of=as_of, customer_id=customer_id)]
        found = list(session.exec(select(InvoiceRecord).where(col(InvoiceRecord.id).in_(ids[:500]))))
    hold_receivables(session, [one.id for one in found])
    return [
        OpenInvoice(
            one.invoice_id, one.number, one.customer_id, one.due_on, one.currency, one.paid, one.open,
            compact(one.document_reference),
        )
        for one in receivables(session, found, as_of=as_of)
    ]  # fmt: skip


def compact(reference: str) -> str:
    """Write a payment reference as it is compared: without signs.

    >>> compact("+++202/6000/12320+++"), compact("RF46 2026 0001 23")
    ('202600012320', 'RF462026000123')
    """
    return "".join(sign for sign in reference.upper() if sign.isalnum())


def _by_name(session: Session, named: Named, told: Sequence[str]) -> list[InvoiceRecord]:
    """Find invoices by number and by reference, which is derived from year and sequence."""
    wanted = [*told, *named.numbers]
    places = [place for one in named.references for place in _places(one)]
    if not wanted and not places:
        return []
    by_place = [and_(InvoiceRecord.year == year, InvoiceRecord.sequence == number) for year, number in places]
    query = select(InvoiceRecord).where(or_(col(InvoiceRecord.number).in_(wanted), *by_place))
    ordered = query.order_by(col(InvoiceRecord.number)).limit(500)
    found = [
        one
        for one in session.exec(ordered)
        if one.number in wanted or compact(one.document["payment_reference"]) in named.references
    ]
    missing = set(told) - {one.number for one in found}
    if missing:
        raise NothingToPay(f"there is no invoice {min(missing)[:40]!r}", field="invoices")
    return found


def _places(reference: str) -> list[tuple[int, int]]:
    """Give the years and numbers in their year that a reference may stand for."""
    digits = reference[4:] if reference.startswith("RF") else reference[:10]
    if len(digits) != 10 or not digits.isdigit():  # noqa: PLR2004 - as billing.invoice writes it
        return []
    century = 2000
    return [(int(digits[:4]), int(digits[4:])), (century + int(digits[:3]), int(digits[3:]))]


def known_payer(session: Session, *, iban: str) -> UUID | None:
    """Give the customer whose earlier payments came from an account, where they were one customer's alone."""
    if not iban:
        return None
    query = select(PaymentRecord.customer_id).where(
        PaymentRecord.payer_iban == iban, col(PaymentRecord.customer_id).is_not(None)
    )
    found = set(session.exec(query.distinct().limit(2)))
    return found.pop() if len(found) == 1 else None
