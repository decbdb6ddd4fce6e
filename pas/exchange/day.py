"""Days and moments as people and spreadsheets write them: ISO, 4/5/2026, 46146, or a bare year."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from pas.exchange.cell import Habits, Raw, Wrong, as_text, clean, is_missing

_SPREADSHEET_BEGINS = datetime(1899, 12, 30)  # noqa: DTZ001 - spreadsheets know no zones
_SERIALS = range(10_000, 100_000)
_YEARS = range(1800, 2201)
_NUMBERED = re.compile(
    r"(?P<a>[0-9]{1,2})(?P<sign>[/.-])(?P<b>[0-9]{1,2})(?P=sign)(?P<year>[0-9]{4})"
    r"(?:[ T,]+(?P<hour>[0-9]{1,2}):(?P<minute>[0-9]{2})(?::(?P<second>[0-9]{2})(?:\.0*)?)?)?"
    r"(?:\s*(?P<half>[AaPp])[Mm])?"
)
_RIGHT = "a date such as 2026-05-04"
_NO_DATE = Wrong("this is no date", _RIGHT)
_NOON = 12


def read_dates(cells: Sequence[Raw], habits: Habits) -> list[Any]:
    """Read a column of dates and moments; whether 4/5 is in April or May is told by the whole column, or refused."""
    cleaned = [None if is_missing(cell) else clean(cell) if isinstance(cell, str) else cell for cell in cells]
    numbered = [_NUMBERED.fullmatch(cell) if isinstance(cell, str) else None for cell in cleaned]
    day_first = _day_first([match for match in numbered if match], habits)
    return [
        _from_numbers(match, day_first=day_first) if match else _one(cell, habits)
        for cell, match in zip(cleaned, numbered, strict=True)
    ]


def _day_first(numbered: Sequence[re.Match[str]], habits: Habits) -> bool | None:
    """Find the order of day and month that the column proves; None where it proves none, or both."""
    if habits.day_first is not None:
        return habits.day_first
    slashed = [match for match in numbered if match["sign"] != "."]
    by_day = any(int(match["a"]) > 12 for match in slashed)  # noqa: PLR2004 - months of a year
    by_month = any(int(match["b"]) > 12 for match in slashed)  # noqa: PLR2004
    return by_day if by_day != by_month else None


def _from_numbers(match: re.Match[str], *, day_first: bool | None) -> Any:
    a, b = int(match["a"]), int(match["b"])
    meanings = [found for found in (_dated(match, b, a), _dated(match, a, b)) if found is not None]
    if match["sign"] == ".":
        return _dated(match, b, a) or _NO_DATE
    if day_first is not None and len(meanings) == 2:  # noqa: PLR2004 - either order makes a date
        return meanings[0] if day_first else meanings[1]
    if not meanings:
        return _NO_DATE
    if len(meanings) == 1 or meanings[0] == meanings[1]:
        return meanings[0]
    first, second = (meaning.date() if isinstance(meaning, datetime) else meaning for meaning in meanings)
    right = f"write {first} or {second}, or say --dates dmy or mdy"
    return Wrong(f"{match[0]} may mean {first} or {second}", right, is_doubtful=True)


def _dated(match: re.Match[str], month: int, day: int) -> date | datetime | None:
    try:
        if match["hour"] is None:
            return date(int(match["year"]), month, day)
        hour = int(match["hour"])
        if match["half"]:
            hour = hour % _NOON + (_NOON if match["half"] in "Pp" else 0)
        at = time(hour, int(match["minute"]), int(match["second"] or 0))
        return datetime.combine(date(int(match["year"]), month, day), at)
    except ValueError:
        return None


def _one(cell: Any, habits: Habits) -> Any:
    if cell is None or isinstance(cell, date):
        return cell
    if isinstance(cell, bool):
        return _NO_DATE
    number = _number(cell)
    if number is not None:
        return _from_number(number, habits)
    try:
        return _iso(re.sub(r"^([0-9]{4})/([0-9]{2})/([0-9]{2})", r"\1-\2-\3", as_text(cell)))
    except ValueError:
        return _NO_DATE


def _iso(text: str) -> date | datetime:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return datetime.fromisoformat(text.removesuffix(" UTC"))


def _number(cell: Any) -> Decimal | None:
    if isinstance(cell, int | float | Decimal):
        return Decimal(repr(cell)) if isinstance(cell, float) else Decimal(cell)
    return Decimal(cell) if re.fullmatch(r"[0-9]{4,5}(?:\.[0-9]{1,12})?", str(cell)) else None


def _from_number(number: Decimal, habits: Habits) -> Any:
    """Take a small number for a year and a larger one for a spreadsheet's day."""
    whole = int(number) if number.is_finite() else 0
    if whole == number and whole in _YEARS:
        habits.note("a bare year was read as its 1 July")
        return date(whole, 7, 1)
    if whole in _SERIALS:
        habits.note("a number was read as a spreadsheet's date")
        at = _SPREADSHEET_BEGINS + timedelta(days=whole, seconds=round(float(number - whole) * 86_400))
        return at.date() if whole == number else at
    return _NO_DATE


@dataclass(frozen=True)
class Day:
    """A calendar day."""

    wants: str = "date"

    def read(self, cells: Sequence[Raw], habits: Habits) -> list[Any]:
        """Read a column of days; of a moment its day is taken."""
        return [found.date() if isinstance(found, datetime) else found for found in read_dates(cells, habits)]

    def plain(self, value: Any) -> Any:
        """Give the day."""
        return value


@dataclass(frozen=True)
class Moment:
    """A moment; without a zone of its own it is taken in the zone of the import, UTC where none is named."""

    wants: str = "date, or moment with zone"

    def read(self, cells: Sequence[Raw], habits: Habits) -> list[Any]:
        """Read a column of moments; a bare date is its first instant."""
        return [self._aware(found, habits) for found in read_dates(cells, habits)]

    def _aware(self, found: Any, habits: Habits) -> Any:
        if not isinstance(found, date):
            return found
        at = found if isinstance(found, datetime) else datetime.combine(found, time())
        if at.tzinfo is None:
            if isinstance(found, datetime):
                habits.note(f"a moment without a zone was read in {habits.zone}")
            at = at.replace(tzinfo=ZoneInfo(habits.zone))
        try:
            return at.astimezone(UTC)
        except OverflowError:
            return _NO_DATE

    def plain(self, value: Any) -> Any:
        """Give the moment in UTC."""
        return None if value is None else value.astimezone(UTC)
