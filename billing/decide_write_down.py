"""Approve or refuse a proposal to write a thing down, once and with a reason."""

from datetime import datetime
from uuid import UUID

from sqlmodel import Session

from billing.end_report_queries import decisions_on, write_down
from billing.end_report_tables import WriteDownDecisionRecord
from billing.finance_report.write_down import AlreadyDecided, WriteDownDecision
from billing.lease_queries import held_assets
from lifecycle.actor import Actor
from lifecycle.record_audit import record_audit
from telemetry.tables import tenant_of


def decide_write_down(
    session: Session, decision: WriteDownDecision, *, write_down_id: UUID, now: datetime, by: Actor
) -> WriteDownDecisionRecord:
    """Write the decision down, with the audit; the same said again changes nothing. Books no entry itself.

    Raises UnknownWriteDown and AlreadyDecided.
    """
    proposal = write_down(session, write_down_id=write_down_id)
    held_assets(session, [proposal.asset_id])
    before = decisions_on(session, [proposal.id]).get(proposal.id)
    if before is not None:
        if (before.verdict, before.reason) == (decision.verdict, decision.reason):
            return before
        sentence = f"this write-down was {before.verdict.value} on {before.decided_at:%Y-%m-%d} by {before.actor}"
        raise AlreadyDecided(f"{sentence}; a newer report may propose another", field="write_down_id")

    record = WriteDownDecisionRecord(
        tenant_id=tenant_of(session),
        write_down_id=proposal.id,
        verdict=decision.verdict,
        reason=decision.reason,
        decided_at=now,
        actor_kind=by.kind,
        actor=by.name,
    )
    session.add(record)
    record_audit(
        session,
        action=f"write-down-{decision.verdict.value}",
        subject=str(proposal.id),
        before={"asset": str(proposal.asset_id), "book_value": str(proposal.book_value)},
        after={"amount": str(proposal.amount), "reason": decision.reason},
        now=now,
        by=by,
    )
    session.flush()
    return record
