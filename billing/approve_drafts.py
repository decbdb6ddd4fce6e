"""Approve drafts: finance says that these, exactly as they were shown, may be issued."""

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import insert
from sqlmodel import Session

from billing.bill_run_tables import DraftApprovalRecord
from billing.draft_queries import approvals_of, drafts, hashes
from billing.month.draft import month_hash
from billing.period import Month
from lifecycle.actor import Actor
from lifecycle.record_audit import Change, record_changes
from telemetry.lots import ROWS, lots
from telemetry.refusal import Refusal
from telemetry.tables import tenant_of


class DraftDiffers(Refusal):
    """The drafts are no longer those that were shown."""


class Approved(NamedTuple):
    """What was approved now, and what had been approved before."""

    approved: int
    already_approved: int


def approve_month(session: Session, *, month: Month, shown: str, now: datetime, by: Actor) -> Approved:
    """Approve all drafts of a month, if they are those whose report had this hash. Raises DraftDiffers."""
    present = hashes(session, month=month)
    if month_hash(list(present.items())) != shown:
        sentence = f"the drafts of {month} are no longer those of the report; look at it again, then approve its hash"
        raise DraftDiffers(sentence, field="shown")
    return _approve(session, month, present, now, by)


def approve_drafts(session: Session, *, month: Month, chosen: Mapping[UUID, str], now: datetime, by: Actor) -> Approved:
    """Approve some drafts of a month, each with the hash it was shown with; all or none. Raises DraftDiffers."""
    present = hashes(session, month=month)
    for contract_id, shown in chosen.items():
        if present.get(contract_id) != shown:
            sentence = f"contract {contract_id} has no draft of {month} with this hash; look at it again"
            raise DraftDiffers(sentence, field="drafts", contract_id=str(contract_id))
    return _approve(session, month, chosen, now, by)


def _approve(session: Session, month: Month, chosen: Mapping[UUID, str], now: datetime, by: Actor) -> Approved:
    before = approvals_of(session, month.start, chosen)
    fresh = {key: each for key, each in chosen.items() if (key, each) not in before}
    nets = {one.contract_id: one.net_cents for one in session.exec(drafts(month=month))}

    same = {"tenant_id": tenant_of(session), "period_start": month.start, "approved_at": now, "approved_by": by.name}
    rows = ({"contract_id": key, "hash": each, "net_cents": nets[key], **same} for key, each in sorted(fresh.items()))
    for some in lots(rows, ROWS):
        session.execute(insert(DraftApprovalRecord), some)
    told = {"drafts": len(fresh), "net_cents": sum(nets[key] for key in fresh), "hash": month_hash(list(fresh.items()))}
    if fresh:
        record_changes(session, [Change("drafts-approved", f"month {month}", None, told)], now=now, by=by)
    return Approved(len(fresh), len(chosen) - len(fresh))
