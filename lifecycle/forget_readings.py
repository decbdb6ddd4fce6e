"""Decide which single readings are old enough to be forgotten, and say in the audit that they are."""

from datetime import date, datetime

from sqlmodel import Session, col, select

from lifecycle.actor import Actor
from lifecycle.record_audit import record_audit
from telemetry.find_cold_days import first_open_day
from telemetry.keep_metrics import is_metered
from telemetry.keeping import kept_since, refuse_too_short
from telemetry.lock_journal import lock_journal
from telemetry.tables import MetricRecord


def old_enough(session: Session, *, now: datetime) -> dict[str, date]:
    """Give, of the metrics that are not kept for ever, the first day whose readings stay.

    A day with a reading that is not in its series-day yet waits for it. Raises KeptTooShort.
    """
    waits_for, found = first_open_day(session), {}
    for metric in session.exec(select(MetricRecord).order_by(col(MetricRecord.code))):
        refuse_too_short(metric, metered=is_metered(session, metric))
        since = kept_since(metric, now=now)
        if since is not None:
            found[metric.code] = since if waits_for is None else min(since, waits_for)
    return found


def decide_to_forget(session: Session, *, now: datetime, by: Actor) -> dict[str, date]:
    """Take no more readings for the days that are old enough, and audit it; give the first day that stays by metric.

    Forgets nothing itself: see `telemetry.forget_day`. Raises KeptTooShort.
    """
    lock_journal(session)
    kept = {record.code: record for record in session.exec(select(MetricRecord))}
    since = old_enough(session, now=now)

    moved = {code: day for code, day in since.items() if day > (kept[code].forgotten_before or date.min)}
    for code, day in moved.items():
        before = {"forgotten_before": _written(kept[code].forgotten_before)}
        kept[code].forgotten_before = day
        session.add(kept[code])
        record_audit(
            session,
            action="readings-forgotten",
            subject=f"metric {code}",
            before=before,
            after={"forgotten_before": day.isoformat(), "keep_days": kept[code].keep_days},
            now=now,
            by=by,
        )
    session.flush()
    return since


def _written(day: date | None) -> str | None:
    return None if day is None else day.isoformat()
