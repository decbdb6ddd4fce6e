"""A period is a row of local days, half-open: it begins on its first day and ends before its last one."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

from lifecycle.site import ZONES, UnknownZone
from telemetry.refusal import Refusal

FIRST_DAY = date(1970, 1, 1)
LAST_DAY = date(2200, 1, 1)
"""The days between which contracts may run and months may be billed; beyond them every date is a slip of the pen."""

MONTHS = 12
_MONTH = re.compile(r"(\d{4})-(\d{2})")
_QUARTER = re.compile(r"(\d{4})-Q([1-4])")
_YEAR = re.compile(r"\d{4}")


class NotAPeriod(Refusal):
    """The text or the pair of days is no period."""


@dataclass(frozen=True, order=True)
class Period:
    """Local days from `start` up to, and without, `end`."""

    start: date
    end: date

    def __post_init__(self) -> None:
        """Refuse an empty, a turned and a far-off period. Raises NotAPeriod."""
        if self.start >= self.end:
            raise NotAPeriod(f"a period must end after it starts, {self.start} to {self.end} does not", field="end")
        if self.start < FIRST_DAY or self.end > LAST_DAY:
            raise NotAPeriod(f"a period lies between {FIRST_DAY} and {LAST_DAY}, not {self.start} to {self.end}")

    @property
    def days(self) -> int:
        """Count the days.

        >>> Period(date(2026, 3, 1), date(2026, 4, 1)).days
        31
        """
        return (self.end - self.start).days

    def meet(self, start: date, end: date | None) -> "Period | None":
        """Give the days it shares with a span that may have no end, None where there are none."""
        first, last = max(self.start, start), min(self.end, end or self.end)
        return Period(first, last) if first < last else None

    def instants(self, zone: str) -> tuple[datetime, datetime]:
        """Give the moments (UTC) at which its first day begins and at which its last day is over, in a zone.

        A day of 23 or 25 hours is a day: only midnights count. Raises UnknownZone.

        >>> [str(moment) for moment in Month("2026-03").instants("Europe/Brussels")]
        ['2026-02-28 23:00:00+00:00', '2026-03-31 22:00:00+00:00']
        """
        return midnight(self.start, zone), midnight(self.end, zone)


class Month(Period):
    """A calendar month, such as `Month("2026-10")`."""

    def __init__(self, text: str) -> None:
        """Read YYYY-MM. Raises NotAPeriod."""
        found = _MONTH.fullmatch(text) if text.isascii() else None
        if found is None or not FIRST_DAY.year <= int(found[1]) < LAST_DAY.year or not 1 <= int(found[2]) <= MONTHS:
            raise NotAPeriod(f"{text[:40]!r} is no month; write it as 2026-10", field="month")
        start = date(int(found[1]), int(found[2]), 1)
        super().__init__(start, months_later(start, 1))

    def __str__(self) -> str:
        """Write it as it is read."""
        return f"{self.start:%Y-%m}"


def months_later(day: date, months: int) -> date:
    """Give the first day of the month that lies so many months after a day's own.

    >>> months_later(date(2026, 11, 1), 3)
    datetime.date(2027, 2, 1)
    """
    years, month = divmod(day.month - 1 + months, MONTHS)
    return date(day.year + years, month + 1, 1)


def months_back(day: date, months: int) -> date:
    """Give the first day of the month so many months before a day's own, at most the first that can be billed."""
    known = (day.year - FIRST_DAY.year) * MONTHS + day.month - FIRST_DAY.month
    return months_later(day, -min(months, known))


def read_period(text: str) -> Period:
    """Read a year, a quarter, a month, or two of them with a slash between, both included. Raises NotAPeriod.

    >>> read_period("2026-Q4") == read_period("2026-10/2026-12")
    True
    """
    first, slash, last = text.partition("/")
    return Period(_read_one(first).start, _read_one(last).end) if slash else _read_one(first)


def _read_one(text: str) -> Period:
    if _YEAR.fullmatch(text) and text.isascii():
        return Period(Month(f"{text}-01").start, Month(f"{text}-12").end)
    quarter = _QUARTER.fullmatch(text)
    if quarter and text.isascii():
        start = Month(f"{quarter[1]}-{int(quarter[2]) * 3 - 2:02}").start
        return Period(start, months_later(start, 3))
    try:
        month = Month(text)
    except NotAPeriod as slip:
        sentence = f"{text[:40]!r} is no period; write 2026, 2026-Q4, 2026-10 or 2026-10/2027-04"
        raise NotAPeriod(sentence, field="period") from slip
    return Period(month.start, month.end)


def zone_of(name: str) -> ZoneInfo:
    """Give the zone of an IANA name. Raises UnknownZone."""
    if name not in ZONES:
        raise UnknownZone(f"{name[:60]!r} is no time zone; write one such as Europe/Brussels", field="zone")
    return ZoneInfo(name)


def midnight(day: date, zone: str) -> datetime:
    """Give the moment (UTC) at which a local day begins; where the clocks skip midnight, the moment they do."""
    return datetime.combine(day, time(), tzinfo=zone_of(zone)).astimezone(UTC)


def local_day(moment: datetime, zone: str) -> date:
    """Give the local day of a moment."""
    return moment.astimezone(zone_of(zone)).date()
