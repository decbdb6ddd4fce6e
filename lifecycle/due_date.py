"""A due date is when a thing must be inspected again: by the calendar or by its meter, whichever comes first."""

from datetime import date
from enum import StrEnum
from typing import Any, NamedTuple

import numpy as np
from sqlmodel import SQLModel

from lifecycle.grade import Floats
from lifecycle.reason import Reason

RULE = "due/1"
_FARTHEST = 36_525.0
"""Days ahead beyond which nothing is foretold: a thing that is hardly used is due by the calendar alone."""

_STANDS_STILL = 1e-6
"""A pace a day at which nothing is used that could be told from nothing."""


class DueBy(StrEnum):
    """What makes an inspection due."""

    CALENDAR = "calendar"
    METER = "meter"


class DueStanding(StrEnum):
    """How near it is."""

    OVERDUE = "overdue"
    DUE = "due"
    """Within the lead time of the product."""
    LATER = "later"


class DueDates(NamedTuple):
    """Over the fleet, days as ordinals: by the calendar, by the meter, and the earlier; NaN where there is none."""

    calendar: Floats
    meter: Floats
    on: Floats


class Due(SQLModel):
    """When one thing is due, and by what it is known.

    `since` is the last inspection that was a full one, or else the beginning of its service; `used` and `pace` (a
    day) are in the unit of the product's usage metric, None where nothing is measured.
    """

    since: date
    every_days: int | None = None
    every_use: float | None = None
    lead_days: int = 0
    used: float | None = None
    pace: float | None = None
    calendar_on: date | None = None
    meter_on: date | None = None
    due_on: date | None = None


def due_dates(
    *, since: Floats, every_days: Floats, every_use: Floats, used: Floats, pace: Floats, today: float
) -> DueDates:
    """Foretell when many things are due; NaN stands for what is not asked or not known.

    The meter is due when its interval is used up: that lies ahead at the pace of late, and behind where it is used up
    already. A thing that is not used is never due by its meter, unless it has used it up before.

    >>> one = due_dates(since=np.array([100.0]), every_days=np.array([365.0]), every_use=np.array([500.0]),
    ...                 used=np.array([400.0]), pace=np.array([10.0]), today=200.0)
    >>> one.calendar.tolist(), one.meter.tolist(), one.on.tolist()
    ([465.0], [210.0], [210.0])
    """
    calendar = since + every_days
    left, moving = every_use - used, pace > _STANDS_STILL
    ahead = np.divide(left, pace, out=np.full(left.shape, np.nan), where=moving)
    behind = np.where(left <= 0, 0.0, np.nan)
    days = np.where(moving, ahead, behind)
    days = np.where(days > _FARTHEST, np.nan, np.maximum(days, since - today))
    meter = np.floor(today + days)
    return DueDates(calendar, meter, np.fmin(calendar, meter))


def standing(due_on: date, lead_days: int, *, today: date) -> DueStanding:
    """Tell how near a due date is.

    >>> [standing(date(2026, 1, day), 7, today=date(2026, 1, 10)).value for day in (9, 10, 17, 18)]
    ['overdue', 'due', 'due', 'later']
    """
    if due_on < today:
        return DueStanding.OVERDUE
    return DueStanding.DUE if (due_on - today).days <= lead_days else DueStanding.LATER


def by_what(due: Due) -> DueBy | None:
    """Tell whether the calendar or the meter comes first; None where nothing is due."""
    if due.due_on is None:
        return None
    return DueBy.CALENDAR if due.due_on == due.calendar_on else DueBy.METER


def why(due: Due, metric: str | None) -> list[Reason]:
    """Say what each of the two intervals makes of it."""
    reasons = []
    if due.calendar_on is not None:
        inputs: dict[str, Any] = {"every": due.every_days, "since": due.since.isoformat()}
        reasons.append(_reason("due.calendar", inputs | {"on": due.calendar_on.isoformat()}))
    if due.every_use is not None and due.used is not None:
        inputs = {"every": due.every_use, "used": round(due.used, 1), "metric": metric, "pace": due.pace}
        inputs["on"] = None if due.meter_on is None else due.meter_on.isoformat()
        reasons.append(_reason("due.meter", inputs))
    elif due.every_use is not None:
        reasons.append(_reason("due.meter_silent", {"every": due.every_use, "metric": metric}))
    return reasons


def _reason(code: str, inputs: dict[str, Any]) -> Reason:
    return Reason(code=code, rule=RULE, inputs=inputs)
