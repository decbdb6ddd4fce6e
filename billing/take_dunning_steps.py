"""Take the steps of reminding that are due today: each once, none where the invoice is contested or being collected."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from sqlmodel import Session, col, select

from billing.collection.collecting import CollectedState
from billing.collection.dunning import DUNNING_RULE, Claim, DunningStep, Owed, next_claim
from billing.collection.late_interest import Balance
from billing.collection_queries import BUSY, COLLECTING
from billing.collection_tables import CollectedInvoiceRecord, CollectionTaskRecord, DunningRecord
from billing.contest_invoice import contested
from billing.period import local_day
from billing.queries import seller
from billing.receivable_queries import Movement, Receivable, movements, open_receivables
from lifecycle.actor import Actor
from lifecycle.tables import CustomerRecord
from telemetry.identity import new_id
from telemetry.insert_once import insert_once
from telemetry.lots import KEYS, lots
from telemetry.tables import tenant_of


class Step(NamedTuple):
    """A step that is due or was taken, with the invoice and the customer it is about."""

    owed: Receivable
    customer: CustomerRecord
    claim: Claim
    id: UUID


def due_steps(session: Session, *, now: datetime) -> list[Step]:
    """Give the steps that are due today, by number; takes none. Raises NoSeller."""
    today = local_day(now, seller(session).zone)
    overdue = [one for one in open_receivables(session, as_of=today) if one.open > 0 and one.due_on < today]
    ids = [one.invoice_id for one in overdue]
    left_alone = _being_collected(session, ids) | contested(session, invoice_ids=ids).keys()
    taken, moved, customers = _taken(session, ids), movements(session, ids), _customers(session, overdue)
    failed = _in_state(session, ids, CollectedState.FAILED)
    steps = []
    for one in overdue:
        if one.invoice_id in left_alone:
            continue
        customer = customers[one.customer_id]
        balances = balances_of(one, [*moved[one.invoice_id][0], *moved[one.invoice_id][1]])
        owed = Owed(one.due_on, balances, customer.vat_number is None, taken[one.invoice_id], one.invoice_id in failed)
        claim = next_claim(owed, today=today)
        if claim is not None:
            steps.append(Step(one, customer, claim, new_id()))
    return steps


def take_dunning_steps(session: Session, *, now: datetime, by: Actor) -> list[Step]:
    """Take the steps that are due, and keep what each asks for; whoever does so at the same time takes none of them.

    Sends nothing. Raises NoSeller.
    """
    due = due_steps(session, now=now)
    today = local_day(now, seller(session).zone)
    return [step for step in due if _keep(session, step, today, now=now, by=by)]


def balances_of(owed: Receivable, moved: Sequence[Movement]) -> list[Balance]:
    """Give what was open from the day after the due day on, day by day where it changed."""
    begin = owed.due_on + timedelta(days=1)
    before = sum(one.amount for one in moved if one.on <= begin)
    balances = [Balance(begin, owed.gross - before)]
    for day in sorted({one.on for one in moved if one.on > begin}):
        balances.append(Balance(day, balances[-1].open - sum(one.amount for one in moved if one.on == day)))
    return balances


def _being_collected(session: Session, ids: Sequence[UUID]) -> set[UUID]:
    """Find what Stripe is collecting or is about to: a debit takes up to 14 working days."""
    found, task = _in_state(session, ids, CollectedState.PROCESSING), CollectionTaskRecord
    for some in lots(ids, KEYS):
        waiting = select(task.subject_id).where(col(task.kind).in_(COLLECTING), col(task.state).in_(BUSY))
        found.update(session.exec(waiting.where(col(task.subject_id).in_(some))))
    return found


def _in_state(session: Session, ids: Sequence[UUID], state: CollectedState) -> set[UUID]:
    found, held = set[UUID](), CollectedInvoiceRecord
    for some in lots(ids, KEYS):
        query = select(held.invoice_id).where(col(held.state) == state, col(held.invoice_id).in_(some))
        found.update(session.exec(query))
    return found


def _taken(session: Session, ids: Sequence[UUID]) -> dict[UUID, dict[DunningStep, date]]:
    found: defaultdict[UUID, dict[DunningStep, date]] = defaultdict(dict)
    for some in lots(ids, KEYS):
        query = select(DunningRecord).where(col(DunningRecord.invoice_id).in_(some))
        for one in session.exec(query):
            found[one.invoice_id][one.step] = one.taken_on
    return found


def _customers(session: Session, overdue: Sequence[Receivable]) -> dict[UUID, CustomerRecord]:
    found: dict[UUID, CustomerRecord] = {}
    for some in lots(sorted({one.customer_id for one in overdue}), KEYS):
        query = select(CustomerRecord).where(col(CustomerRecord.id).in_(some))
        found.update((one.id, one) for one in session.exec(query))
    return found


def _keep(session: Session, step: Step, today: date, *, now: datetime, by: Actor) -> bool:
    """Keep a step; tell whether nobody else had taken it."""
    claim = step.claim
    row: dict[str, Any] = {
        "tenant_id": tenant_of(session),
        "id": step.id,
        "invoice_id": step.owed.invoice_id,
        "step": claim.step,
        "taken_on": today,
        "pay_before": claim.pay_before,
        "open": claim.open,
        "interest": claim.interest,
        "compensation": claim.compensation,
        "total": claim.total,
        "reasons": [reason.model_dump(mode="json") for reason in claim.reasons],
        "rule": DUNNING_RULE,
        "language": step.customer.language,
        "address": step.customer.email or "",
        "taken_at": now,
        "taken_by": by.name,
    }
    return insert_once(session, DunningRecord, row)
