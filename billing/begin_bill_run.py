"""Begin a run over a month, or find the one that is under way; somebody carries it on, bite by bite."""

from datetime import datetime

from sqlmodel import Session

from billing.bill_run_queries import bill_policy, how_many, left_to_do, task_under_way, zones_of
from billing.bill_run_tables import BillTaskRecord
from billing.month.bill_run import Deed
from billing.period import Month, midnight
from billing.queries import contracts_invoiced, held_seller
from lifecycle.actor import Actor
from telemetry.refusal import Refusal
from telemetry.tables import tenant_of


class MonthNotOver(Refusal):
    """The month has days left, at least in one zone."""


class SignOffWanted(Refusal):
    """Finance wants to see a month before it is issued."""


def begin_bill_run(
    session: Session, *, month: Month, deed: Deed = Deed.ISSUE, only_failed: bool = False, now: datetime, by: Actor
) -> BillTaskRecord:
    """Begin a run; of one that is under way for the same there is never a second.

    Bills nothing yet. Raises NoSeller, MonthNotOver and SignOffWanted.
    """
    seller = held_seller(session)
    zones = zones_of(session, period=month)
    _check_over(month, set(zones) or {seller.zone}, now)
    _check_signed_off(session, month, deed)
    under_way = task_under_way(session, period=month, deed=deed, only_failed=only_failed)
    if under_way is not None:
        return under_way

    task = BillTaskRecord(
        tenant_id=tenant_of(session),
        period_start=month.start,
        period_end=month.end,
        deed=deed,
        only_failed=only_failed,
        begun_at=now,
        begun_by=by.name,
        to_do=how_many(session, left_to_do(month, deed, only_failed=only_failed)),
        already_issued=len(contracts_invoiced(session, month=month)),
        currency=next(iter(zones.values()), "EUR"),
    )
    session.add(task)
    session.flush()
    return task


def _check_over(month: Month, zones: set[str], now: datetime) -> None:
    over_at = max(midnight(month.end, zone) for zone in zones)
    if now < over_at:
        raise MonthNotOver(f"{month} is over at {over_at:%Y-%m-%d %H:%M} UTC; bill it after that", field="month")


def _check_signed_off(session: Session, month: Month, deed: Deed) -> None:
    if deed is Deed.ISSUE and bill_policy(session).sign_off:
        sentence = f"finance signs off here: draft {month}, approve the drafts, then issue what is approved"
        raise SignOffWanted(sentence, field="deed")
