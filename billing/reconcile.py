"""Hold our books against Stripe's: nothing there twice, nothing missing, the same amounts; or the differences."""

from collections import defaultdict
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

from sqlmodel import Session, col, select

from billing.ask_mandate import keep_mandate
from billing.collection.collecting import FINAL, CollectedState, MandateState, TaskKind, TaskState
from billing.collection.collection_plan import cents
from billing.collection.till import NotThere, SeenInvoice
from billing.collection_tables import CollectedInvoiceRecord, CollectionTaskRecord, MandateRecord, PaymentRecord
from billing.note_collected import note_collected
from billing.tables import InvoiceRecord
from billing.take_steps import Desk
from telemetry.lots import KEYS, lots


class DifferenceKind(StrEnum):
    """In what our books and Stripe's differ."""

    TWICE = "twice"
    """Stripe holds one invoice under two ids."""
    NOT_OURS = "not_ours"
    """Stripe holds an invoice under a number of ours that we never issued."""
    MISSING = "missing"
    """We handed it over, and Stripe does not hold it."""
    TOTAL = "total"
    """The amounts differ."""
    PAID = "paid"
    """Stripe collected another amount than we recorded."""
    WAITING = "waiting"
    """It was to be handed over, and has not been yet."""
    FAILED = "failed"
    """It could not be handed over; a person must look."""


class Difference(NamedTuple):
    """One difference: which invoice, and what each side says."""

    number: str
    kind: DifferenceKind
    ours: str
    theirs: str


class Reconciled(NamedTuple):
    """What was compared, and in what it differs; clean where nothing does."""

    compared: int
    differences: list[Difference]

    @property
    def is_clean(self) -> bool:
        """Tell whether nothing differs."""
        return not self.differences


class _Ours(NamedTuple):
    number: str
    stripe_id: str
    total: int
    collected: int


def reconcile(desk: Desk, *, since: datetime) -> Reconciled:
    """Look at all that Stripe holds since a moment, take over what we missed, and list what still differs.

    Raises TillSilent where Stripe does not answer.
    """
    _mandates(desk)
    theirs: defaultdict[str, list[SeenInvoice]] = defaultdict(list)
    for seen in desk.till.invoices(since=since - timedelta(days=1)):
        if seen.number and seen.state is not CollectedState.VOID:
            theirs[seen.number].append(seen)
        if seen.number:
            with desk.writing() as session:
                note_collected(session, seen=seen, now=desk.now())
    _look_again(desk, {one.id for found in theirs.values() for one in found})

    with desk.writing() as session:
        ours = _ours(session, since)
        numbers = _known_numbers(session, theirs)
        differences = [*_unfinished(session), *_missing(session, ours, theirs)]
    for number, found in sorted(theirs.items()):
        differences += _compared(number, found, ours.get(number), is_issued=number in numbers)
    return Reconciled(len(theirs.keys() | ours.keys()), differences)


def _mandates(desk: Desk) -> None:
    """Take over what customers gave on pages whose event was lost."""
    with desk.writing() as session:
        waits = select(MandateRecord.id, MandateRecord.stripe_session).where(
            col(MandateRecord.state) == MandateState.WAITING, MandateRecord.stripe_session != ""
        )
        waiting = session.exec(waits).all()
    for mandate_id, stripe_session in waiting:
        seen = desk.till.mandate(stripe_session)
        with desk.writing() as session:
            query = select(MandateRecord).where(MandateRecord.id == mandate_id)
            keep_mandate(session.exec(query.with_for_update()).one(), seen)


def _look_again(desk: Desk, seen: set[str]) -> None:
    """Look at older invoices that had not come to an end."""
    with desk.writing() as session:
        query = select(CollectedInvoiceRecord.stripe_id).where(col(CollectedInvoiceRecord.state).not_in(list(FINAL)))
        older = [stripe_id for stripe_id in session.exec(query) if stripe_id not in seen]
    for stripe_id in older:
        try:
            found = desk.till.invoice(stripe_id)
        except NotThere:
            continue
        with desk.writing() as session:
            note_collected(session, seen=found, now=desk.now())


def _ours(session: Session, since: datetime) -> dict[str, _Ours]:
    """Give what we hold of Stripe's since a moment, with the money recorded for each."""
    held = CollectedInvoiceRecord
    query = select(held, InvoiceRecord.number, col(InvoiceRecord.gross)).join(
        InvoiceRecord, (col(InvoiceRecord.tenant_id) == held.tenant_id) & (col(InvoiceRecord.id) == held.invoice_id)
    )
    rows = session.exec(query.where(InvoiceRecord.issued_at >= since)).all()
    paid: dict[str, int] = {}
    for some in lots([f"stripe:{one.payment_intent or one.stripe_id}" for one, _, _ in rows], KEYS):
        found = select(PaymentRecord).where(col(PaymentRecord.external_id).in_(some))
        paid.update((one.external_id, cents(one.amount)) for one in session.exec(found))
    return {
        number: _Ours(number, one.stripe_id, cents(gross), paid.get(f"stripe:{one.payment_intent or one.stripe_id}", 0))
        for one, number, gross in rows
    }


def _known_numbers(session: Session, theirs: dict[str, list[SeenInvoice]]) -> set[str]:
    found: set[str] = set()
    for some in lots(sorted(theirs), KEYS):
        found.update(session.exec(select(InvoiceRecord.number).where(col(InvoiceRecord.number).in_(some))))
    return found


def _unfinished(session: Session) -> list[Difference]:
    """List what waits to be handed over or failed."""
    task = CollectionTaskRecord
    states = {
        TaskState.WAITING: DifferenceKind.WAITING,
        TaskState.WORKING: DifferenceKind.WAITING,
        TaskState.FAILED: DifferenceKind.FAILED,
    }
    query = select(task).where(col(task.state).in_(list(states)), task.kind != TaskKind.FILE)
    return [
        Difference(one.operation.partition(":")[2], states[one.state], one.kind.value, one.answer)
        for one in session.exec(query.order_by(col(task.operation)))
    ]


def _missing(session: Session, ours: dict[str, _Ours], theirs: dict[str, list[SeenInvoice]]) -> list[Difference]:
    void = select(CollectedInvoiceRecord.invoice_id).where(CollectedInvoiceRecord.state == CollectedState.VOID)
    voided = set(session.exec(select(InvoiceRecord.number).where(col(InvoiceRecord.id).in_(void))))
    gone = sorted(ours.keys() - theirs.keys() - voided)
    return [Difference(number, DifferenceKind.MISSING, ours[number].stripe_id, "") for number in gone]


def _compared(number: str, found: list[SeenInvoice], ours: _Ours | None, *, is_issued: bool) -> list[Difference]:
    """Compare one invoice on both sides."""
    ids = ", ".join(one.id for one in found)
    if len(found) > 1:
        return [Difference(number, DifferenceKind.TWICE, ours.stripe_id if ours else "", ids)]
    if not is_issued:
        return [Difference(number, DifferenceKind.NOT_OURS, "", ids)]
    if ours is None:
        return []
    one, differences = found[0], list[Difference]()
    if one.total != ours.total and one.state is not CollectedState.DRAFT:
        differences.append(Difference(number, DifferenceKind.TOTAL, str(ours.total), str(one.total)))
    if one.paid != ours.collected:
        differences.append(Difference(number, DifferenceKind.PAID, str(ours.collected), str(one.paid)))
    return differences
