"""Issue invoices: each takes the next number with its document, its digests and its verdict, all or nothing."""

from collections.abc import Sequence
from datetime import date, datetime
from functools import partial
from typing import NamedTuple
from uuid import UUID

from sqlmodel import Session

from billing.invoice import Invoice, draw_up
from billing.number_documents import Draft, Made, Numbering, Outcome, foresee_files, number_documents
from billing.period import Month
from billing.rating.rated import RatedLine
from billing.tables import ContractRecord, InvoiceRecord, SellerRecord
from lifecycle.tables import CustomerRecord


class Issuing(NamedTuple):
    """What all invoices of one run share."""

    run_id: UUID
    month: Month
    seller: SellerRecord
    issued_on: date
    now: datetime


class Owed(NamedTuple):
    """What one contract owes, and who pays."""

    contract: ContractRecord
    buyer: CustomerRecord
    lines: Sequence[RatedLine]


def issue_invoice(
    session: Session,
    *,
    issuing: Issuing,
    contract: ContractRecord,
    buyer: CustomerRecord,
    lines: Sequence[RatedLine],
) -> InvoiceRecord:
    """Give one invoice its number and store it. Sends nothing.

    Raises InvoiceRefused where it would break a rule, NotJudged where nobody could tell, WrongRate,
    BuyerWithoutVatNumber, and IntegrityError where it is issued already.
    """
    issued = issue_invoices(session, issuing=issuing, owed=[Owed(contract, buyer, lines)])[0]
    if isinstance(issued, Exception):
        raise issued
    return issued


def issue_invoices(
    session: Session, *, issuing: Issuing, owed: Sequence[Owed], made: Made | None = None
) -> list[Outcome]:
    """Give many invoices their numbers, in order; for each the invoice, or why it was not issued.

    All are judged together, which is faster than one by one. `made` is what `foresee_invoices` gave.
    """
    return number_documents(session, numbering=_numbering(issuing), drafts=_drafts(issuing, owed), made=made)


def foresee_invoices(session: Session, *, issuing: Issuing, owed: Sequence[Owed]) -> Made:
    """Write, judge and typeset invoices as they would be issued now; stores nothing, so a reading session will do."""
    return foresee_files(session, numbering=_numbering(issuing), drafts=_drafts(issuing, owed))


def _numbering(issuing: Issuing) -> Numbering:
    seller = issuing.seller
    return Numbering(seller.series, seller.country, issuing.issued_on, issuing.now, issuing.run_id)


def _drafts(issuing: Issuing, owed: Sequence[Owed]) -> list[Draft]:
    return [Draft(one.contract, partial(_draw, issuing, one)) for one in owed]


def _draw(issuing: Issuing, owed: Owed, number: str, reference: str) -> Invoice:
    return draw_up(
        number=number,
        seller=issuing.seller,
        buyer=owed.buyer,
        contract=owed.contract,
        period=issuing.month,
        lines=owed.lines,
        issued_on=issuing.issued_on,
        payment_reference=reference,
    )
