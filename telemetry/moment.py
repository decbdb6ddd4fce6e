"""Moments as whole numbers: microseconds since 1970 in UTC, so that columns of them can be sorted and cut."""

from datetime import UTC, date, datetime, timedelta

import numpy as np
import numpy.typing as npt

Moments = npt.NDArray[np.int64]
"""A column of moments, in microseconds since 1970 UTC."""

HOUR = 3_600_000_000
DAY = 24 * HOUR
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_FIRST_DAY = date(1970, 1, 1).toordinal()


def micros(moment: datetime) -> int:
    """Give an aware moment as microseconds.

    >>> micros(datetime(1970, 1, 2, tzinfo=UTC)) == DAY
    True
    """
    return (moment - _EPOCH) // timedelta(microseconds=1)


def moment(number: int) -> datetime:
    """Give microseconds as an aware moment."""
    return _EPOCH + timedelta(microseconds=int(number))


def plainly(moment: datetime) -> str:
    """Write an aware moment as a sentence needs it, to the minute.

    >>> plainly(datetime(2026, 11, 23, 6, 32, 41, tzinfo=UTC))
    '2026-11-23 06:32 UTC'
    """
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def day_of(number: int) -> date:
    """Give the UTC day in which a moment lies."""
    return date.fromordinal(_FIRST_DAY + int(number) // DAY)


def start_of(day: date) -> int:
    """Give the first microsecond of a UTC day."""
    return (day.toordinal() - _FIRST_DAY) * DAY
