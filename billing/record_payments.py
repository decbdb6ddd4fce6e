"""Record payments: what each pays is found by its reference, and what pays nothing is listed; twice changes nothing."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID

from sqlmodel import Session, col, select

from billing.collection.match_payment import MATCH_RULE, Named, OpenInvoice, Part, match, numbers, references
from billing.collection.payment import LAST_DAY, Payment, Received, UnknownPayer
from billing.collection_tables import AllocationRecord, PaymentRecord
from billing.find_payable import known_payer, payable
from billing.settle_receivables import settle_receivables
from lifecycle.actor import Actor
from lifecycle.tables import CustomerRecord
from telemetry.identity import new_id
from telemetry.lots import KEYS, lots
from telemetry.refusal import Refusal
from telemetry.tables import tenant_of


class PaymentDiffers(Refusal):
    """The same payment was recorded before with another amount, day or payer."""


class Recorded(NamedTuple):
    """A payment with what it pays, and how much of it pays nothing yet."""

    payment: PaymentRecord
    parts: list[Part]
    left: Decimal
    is_new: bool


def record_payments(session: Session, received: Sequence[Received], *, now: datetime, by: Actor) -> list[Recorded]:
    """Record payments and set each against the invoices that it names. What is known already changes nothing.

    Raises PaymentDiffers, UnknownPayer and NothingToPay.
    """
    known = _known(session, [one.external_id for one in received])
    recorded = []
    for one in received:
        before = known.get(one.external_id)
        if before is None:
            known[one.external_id] = (new := _record(session, one, now=now, by=by)).payment
            recorded.append(new)
        else:
            _check_same(before, one)
            recorded.append(Recorded(before, [], Decimal(0), is_new=False))
    return recorded


def _known(session: Session, names: Iterable[str]) -> dict[str, PaymentRecord]:
    found: dict[str, PaymentRecord] = {}
    for some in lots(sorted(set(names)), KEYS):
        query = select(PaymentRecord).where(col(PaymentRecord.external_id).in_(some))
        found.update((one.external_id, one) for one in session.exec(query))
    return found


def _check_same(before: PaymentRecord, one: Received) -> None:
    told, kept = ((p.paid_on, p.amount, p.currency, p.payer_iban) for p in (one.payment, before))
    if told != kept:
        sentence = (
            f"the payment of {before.amount} {before.currency} on {before.paid_on} is known under this id already, "
            f"so it cannot be one of {one.payment.amount} {one.payment.currency} on {one.payment.paid_on}"
        )
        raise PaymentDiffers(sentence, field="id")


def _record(session: Session, one: Received, *, now: datetime, by: Actor) -> Recorded:
    payment = one.payment
    named = Named(references(payment.reference), numbers(payment.reference))
    customer_id = _checked(session, payment.customer_id) or known_payer(session, iban=payment.payer_iban)
    found = payable(session, named=named, told=payment.invoices, customer_id=customer_id, as_of=LAST_DAY)

    parts = match(payment.amount, payment.currency, named=named, told=payment.invoices, candidates=found)
    payer = customer_id or _payer(found, parts)

    record = PaymentRecord.model_validate(
        payment.model_dump(include=set(Payment.model_fields)),
        update={
            "tenant_id": tenant_of(session),
            "id": payment.id or new_id(),
            "customer_id": payer,
            "source": one.source,
            "external_id": one.external_id,
            "recorded_at": now,
            "recorded_by": by.name,
        },
    )
    session.add(record)
    session.flush()
    set_against(session, record, parts, value_on=record.paid_on, now=now, by=by)
    return Recorded(record, parts, record.amount - sum((part.amount for part in parts), Decimal(0)), is_new=True)


def _checked(session: Session, customer_id: UUID | None) -> UUID | None:
    if customer_id is None:
        return None
    if session.exec(select(CustomerRecord.id).where(CustomerRecord.id == customer_id)).first() is None:
        raise UnknownPayer("there is no such customer", field="customer_id")
    return customer_id


def _payer(found: Sequence[OpenInvoice], parts: Sequence[Part]) -> UUID | None:
    """Name the customer where all that was paid is one customer's."""
    paid = {part.invoice_id for part in parts}
    payers = {one.customer_id for one in found if one.id in paid}
    return payers.pop() if len(payers) == 1 else None


def set_against(
    session: Session, payment: PaymentRecord, parts: Sequence[Part], *, value_on: date, now: datetime, by: Actor
) -> None:
    """Keep what a payment pays. The caller holds the invoices' receivables."""
    own: dict[str, Any] = {"tenant_id": payment.tenant_id, "payment_id": payment.id}
    own |= {"recorded_at": now, "recorded_by": by.name}
    session.add_all(
        AllocationRecord(
            **own,
            invoice_id=part.invoice_id,
            amount=part.amount,
            value_on=value_on,
            rule=f"{MATCH_RULE}:{part.rule}",
        )
        for part in parts
    )
    session.flush()
    settle_receivables(session, [part.invoice_id for part in parts])
