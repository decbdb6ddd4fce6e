"""Make a finance report; keep it with its frozen inputs and what it proposes to write down; make it again."""

import zlib
from datetime import date, datetime
from uuid import UUID

from sqlmodel import Session, SQLModel

from billing.end_report_queries import kept_report
from billing.end_report_tables import EndReportRecord, WriteDownRecord
from billing.finance_report.assumptions import Premise, rule
from billing.finance_report.frozen import Inputs
from billing.finance_report.report import FinanceReport, digest, make_report
from billing.freeze_inputs import freeze_inputs
from billing.period import Period
from lifecycle.actor import Actor
from lifecycle.portfolio.forecast import DRAWS
from lifecycle.record_audit import record_audit
from telemetry.identity import new_id
from telemetry.tables import tenant_of


class KeptReport(SQLModel):
    """A kept report, and whether the frozen inputs gave the same one again, to the letter.

    Where the rules have changed since, `report` is the one that was kept and `reproduced` says no.
    """

    id: UUID
    kept_at: datetime
    kept_by: str
    reproduced: bool
    report: FinanceReport


def make_end_report(
    session: Session,
    *,
    start: date,
    end: date,
    as_of: date,
    now: datetime,
    premise: Premise = Premise.FAIR_MARKET,
    draws: int = DRAWS,
) -> FinanceReport:
    """Make the report of the things whose last contract day lies from `start` up to, and without, `end`.

    From what was known at the end of `as_of`; writes nothing. Raises NotAPeriod.
    """
    inputs = freeze_inputs(session, period=Period(start, end), as_of=as_of, premise=premise, now=now)
    return make_report(inputs, draws=draws)


def keep_end_report(
    session: Session,
    *,
    start: date,
    end: date,
    as_of: date,
    now: datetime,
    by: Actor,
    premise: Premise = Premise.FAIR_MARKET,
) -> KeptReport:
    """Make a report and keep it, its inputs and its proposals to write down, with the audit. Raises NotAPeriod."""
    inputs = freeze_inputs(session, period=Period(start, end), as_of=as_of, premise=premise, now=now)
    report = make_report(inputs)

    record = _record(tenant_of(session), inputs, report, now=now, by=by)
    session.add(record)
    session.flush()
    session.add_all(_proposals(record, report, now))
    record_audit(
        session,
        action="end-report-kept",
        subject=str(record.id),
        before=None,
        after={"inputs_sha256": report.inputs_sha256, "report_sha256": report.sha256},
        now=now,
        by=by,
    )
    return KeptReport(id=record.id, kept_at=now, kept_by=by.name, reproduced=True, report=report)


def show_end_report(session: Session, *, report_id: UUID) -> KeptReport:
    """Make a kept report again from its frozen inputs and hold it against what was kept. Raises UnknownReport."""
    record = kept_report(session, report_id=report_id)
    inputs = Inputs.model_validate_json(zlib.decompress(record.inputs))

    again = make_report(inputs)

    same = inputs.sha256 == record.inputs_sha256 and digest(again) == record.report_sha256
    shown = again if same else FinanceReport.model_validate_json(zlib.decompress(record.report))
    return KeptReport(id=record.id, kept_at=record.kept_at, kept_by=record.actor, reproduced=same, report=shown)


def _record(tenant: int, inputs: Inputs, report: FinanceReport, *, now: datetime, by: Actor) -> EndReportRecord:
    return EndReportRecord(
        tenant_id=tenant,
        id=new_id(),
        kept_at=now,
        start=inputs.start,
        until=inputs.end,
        as_of=inputs.as_of,
        premise=inputs.premise,
        things=len(report.lines),
        rule=rule(),
        inputs=zlib.compress(inputs.written()),
        inputs_sha256=report.inputs_sha256,
        report=zlib.compress(report.model_dump_json().encode()),
        report_sha256=report.sha256,
        actor_kind=by.kind,
        actor=by.name,
    )


def _proposals(record: EndReportRecord, report: FinanceReport, now: datetime) -> list[WriteDownRecord]:
    return [
        WriteDownRecord(
            tenant_id=record.tenant_id,
            report_id=record.id,
            asset_id=line.asset_id,
            serial=line.serial,
            last_day=line.last_day,
            currency=line.currency,
            book_value=line.book_value,
            expected=line.net_mean,
            amount=line.write_down,
            evidence=line.evidence[:120],
            proposed_at=now,
        )
        for line in report.lines
        if line.write_down and line.book_value is not None and line.net_mean is not None
    ]
