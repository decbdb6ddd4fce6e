"""Keep how finance wants its months billed; the audit says who changed it."""

from datetime import datetime

from sqlmodel import Session, select

from billing.bill_run_queries import bill_policy
from billing.bill_run_tables import BillPolicyRecord
from billing.month.bill_policy import BillPolicy
from lifecycle.actor import Actor
from lifecycle.record_audit import Change, record_changes
from telemetry.tables import tenant_of


def keep_bill_policy(session: Session, policy: BillPolicy, *, now: datetime, by: Actor) -> BillPolicy:
    """Replace the policy. Touches no draft and no approval."""
    before = bill_policy(session)
    record = session.exec(select(BillPolicyRecord)).first() or BillPolicyRecord(tenant_id=tenant_of(session))

    record.sqlmodel_update(policy.model_dump())
    session.add(record)
    session.flush()
    if before != policy:
        change = Change("bill-policy", "bill policy", before.model_dump(mode="json"), policy.model_dump(mode="json"))
        record_changes(session, [change], now=now, by=by)
    return policy
