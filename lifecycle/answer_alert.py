"""Answer an alert: acknowledge it, shelve it until a date, or say that it is not true; with who and why."""

from datetime import datetime, timedelta
from uuid import UUID

from sqlmodel import Session, select

from lifecycle.actor import Actor
from lifecycle.alert import AlertAnswer, AlertState, AlertVerdict
from lifecycle.alert_rules import rules
from lifecycle.condition_queries import known_alert
from lifecycle.history import NewEvent
from lifecycle.note_outcome import note_outcome
from lifecycle.record_events import record_events
from lifecycle.tables import AlertRecord
from telemetry.refusal import Refusal

ANSWERED = "alert_answered"
_LONGEST_SHELF = timedelta(days=366)


class AlertIsCleared(Refusal):
    """The alert is over; there is nothing to answer any more."""


class ImpossibleShelving(Refusal):
    """An alert can be shelved until some day of the coming year."""


def answer_alert(
    session: Session, *, alert_id: UUID, answer: AlertAnswer, holder_id: UUID | None, now: datetime, by: Actor
) -> AlertRecord:
    """Take an answer, and write it into the asset's history; the last answer counts.

    What is called untrue stays silent for a while, unless it clears before. With a holder, only alerts of that
    holder's things exist. Raises UnknownAlert, AlertIsCleared and ImpossibleShelving.
    """
    asset_id = known_alert(session, alert_id=alert_id, holder_id=holder_id).asset_id
    until = _silent_until(answer, now=now)

    record_events(session, [_event(asset_id, alert_id, answer, until, now)], now=now, by=by)
    alert = _held(session, alert_id)

    alert.state = AlertState.SHELVED if until else AlertState.ACKNOWLEDGED
    alert.shelved_until, alert.updated_at = until, now
    alert.answered_by, alert.answer = by.name, f"{answer.verdict.value}: {answer.reason}".removesuffix(": ")
    note_outcome(session, alert, verdict=answer.verdict, failed_at=None, note=answer.reason, now=now, by=by)
    return alert


def _silent_until(answer: AlertAnswer, *, now: datetime) -> datetime | None:
    if answer.verdict is AlertVerdict.NOT_TRUE:
        return now + timedelta(days=rules()["not_true"]["silent_days"])
    if answer.until is not None and not now < answer.until <= now + _LONGEST_SHELF:
        sentence = f"an alert is shelved until a day of the coming year, not until {answer.until.isoformat()}"
        raise ImpossibleShelving(sentence, field="until")
    return answer.until


def _held(session: Session, alert_id: UUID) -> AlertRecord:
    """Load the alert anew, now that its asset is held and no worker can change it any more."""
    query = select(AlertRecord).where(AlertRecord.id == alert_id).execution_options(populate_existing=True)
    alert = session.exec(query).one()
    if alert.state is AlertState.CLEARED:
        raise AlertIsCleared("the alert was cleared and needs no answer any more")
    return alert


def _event(asset_id: UUID, alert_id: UUID, answer: AlertAnswer, until: datetime | None, now: datetime) -> NewEvent:
    facts = {"alert": str(alert_id), "verdict": answer.verdict.value, "reason": answer.reason}
    if until is not None:
        facts["until"] = until.isoformat()
    return NewEvent(asset_id=asset_id, kind=ANSWERED, happened_at=now, facts=facts)
