"""Refuse late use: list what readings that came after the late window would have changed, and leave the bills alone."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal

from sqlmodel import Session

from billing.correct_billed import Held, hold_billed
from billing.due import Due
from billing.late_use_queries import changed_before, last_refused
from billing.late_use_tables import LateUseRefusedRecord
from billing.load_due import NOTICED_MONTHS
from billing.look_back import contracts_billed, look_back
from billing.period import Month, midnight, months_back
from billing.rating.billed import BilledAs
from telemetry.tables import tenant_of

A_DAY = timedelta(days=1)


def refuse_late_use(session: Session, *, month: Month, now: datetime) -> list[LateUseRefusedRecord]:
    """List what came too late for the bill of a month, of the twelve months before each contract's late window.

    A contract that has ended has no later bill, so that all that comes after its last one is too late. What was listed
    before and has not changed since is not listed again. Looks only where readings from before came in
    since the last run. Bills nothing.
    """
    looked_from = months_back(month.start, 1)
    if not changed_before(session, midnight(month.start, "UTC") + A_DAY, looked_from=looked_from):
        return []
    made: list[LateUseRefusedRecord] = []
    for back in range(1, NOTICED_MONTHS + 25):
        then = Month(f"{months_back(month.start, back):%Y-%m}")
        billed = contracts_billed(session, month=then)
        late = [one for one in billed if one.late_months < back or (one.ends_on or month.end) <= month.start]
        made += _refused(session, look_back(session, month=then, contracts=late), then, now) if late else []
    return made


def _refused(session: Session, dues: Sequence[Due], month: Month, now: datetime) -> list[LateUseRefusedRecord]:
    found = [(due, held) for due in dues for held in hold_billed(due, (month,)) if _is_late(held)]
    before = last_refused(session, [held.of.billed_of for _, held in found])
    records = []
    for due, held in found:
        last = before.get((held.of.billed_of, held.of.start))
        if last is None or (last.refused_use, last.refused_net) != (held.use, held.net):
            records.append(_record(due, held, 0 if last is None else last.revision + 1, tenant_of(session), now))
    session.add_all(records)
    session.flush()
    return records


def _is_late(held: Held) -> bool:
    return held.of.kind is BilledAs.USE and held.differs


def _record(due: Due, held: Held, revision: int, tenant_id: int, now: datetime) -> LateUseRefusedRecord:
    meter = next((terms.meter for terms in due.terms if terms.line_id == held.of.billed_of), None)
    counted = held.proof.increase if held.proof else Decimal(0)
    return LateUseRefusedRecord(
        tenant_id=tenant_id,
        contract_id=due.contract.id,
        contract_line_id=held.of.billed_of,
        period_start=held.of.start,
        period_end=held.until,
        revision=revision,
        meter=meter.code if meter else "",
        unit=meter.unit if meter else "",
        billed_use=counted - held.use,
        use_now=counted,
        refused_use=held.use,
        refused_net=held.net,
        late_months=due.policies.late_months,
        found_at=now,
    )
