"""The dates around which the demo fleet is made, all found from the moment it is made."""

from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

YEARS_INSPECTED = 2
DAYS_MEASURED = 365


class Calendar(NamedTuple):
    """Readings and inspections end at `until`; `month` is the first day of the last full month, which is billed."""

    until: datetime
    month: date
    measured_from: datetime
    inspected_from: date

    @property
    def today(self) -> date:
        """Give the day on which the fleet is made."""
        return self.until.date()

    @property
    def hours(self) -> pd.DatetimeIndex:
        """Give every hour that is measured, in UTC."""
        return pd.date_range(self.measured_from, self.until, freq="h", inclusive="left")


def calendar_at(now: datetime, *, days_measured: int | None = DAYS_MEASURED) -> Calendar:
    """Find the dates; without a number of days the readings begin just before the month that is billed."""
    until = now.replace(hour=0, minute=0, second=0, microsecond=0)
    this_month = until.replace(day=1)
    month = (this_month - timedelta(days=1)).replace(day=1)
    began = month - timedelta(days=3) if days_measured is None else until - timedelta(days=days_measured)
    return Calendar(until, month.date(), began, (until - timedelta(days=365 * YEARS_INSPECTED)).date())


def days_after(start: "pd.Series[Any]", days: np.ndarray) -> "pd.Series[Any]":
    """Add whole days to dates, as dates at midnight."""
    return pd.Series(pd.to_datetime(start) + pd.to_timedelta(np.rint(days), unit="D"))


def years_between(start: pd.Series, end: pd.Series | datetime | date) -> np.ndarray:
    """Give the years from one date to another, never below zero."""
    days = (pd.to_datetime(end) - pd.to_datetime(start)) / pd.Timedelta(days=1)
    return np.maximum(np.asarray(days, dtype=float) / 365.25, 0.0)
