"""Numbers as people write them: decimal points or commas, groups of thousands, and what cannot be told apart."""

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from pas.exchange.cell import Habits, Raw, Wrong, clean, is_missing

_POINT = re.compile(r"[+-]?(?:[1-9][0-9]{0,2}(?:,[0-9]{3})+|[0-9]+)?(?:\.[0-9]+)?(?:[eE][+-]?[0-9]{1,3})?")
_COMMA = re.compile(r"[+-]?(?:[1-9][0-9]{0,2}(?:\.[0-9]{3})+|[0-9]+)?(?:,[0-9]+)?(?:[eE][+-]?[0-9]{1,3})?")
_BLANK_BETWEEN_GROUPS = re.compile(r"(?<=[0-9])[\s'’](?=[0-9]{3}(?:[^0-9]|$))")
_LARGEST = Decimal(10) ** 15
_MOST_DIGITS = 30
_WHOLE_LIMIT = 2**31 - 1


def readings_of(text: str) -> set[Decimal]:
    """Give every number that a text may mean.

    >>> readings_of("1.234,56"), sorted(readings_of("1.234")), readings_of("0,123")
    ({Decimal('1234.56')}, [Decimal('1.234'), Decimal('1234')], {Decimal('0.123')})
    """
    return {number for number in (_with_point(text), _with_comma(text)) if number is not None}


def _with_point(text: str) -> Decimal | None:
    return _decimal(text.replace(",", "")) if _POINT.fullmatch(text) else None


def _with_comma(text: str) -> Decimal | None:
    return _decimal(text.replace(".", "").replace(",", ".")) if _COMMA.fullmatch(text) else None


def _decimal(text: str) -> Decimal | None:
    try:
        return Decimal(text)
    except InvalidOperation:
        return None


def tidy(text: str) -> str:
    """Take the currency sign and the blanks between groups of thousands away.

    >>> tidy("€ 1 234,50")
    '1234,50'
    """
    bare = clean(text).replace("−", "-").strip("€$£ \u00a0\u202f")
    return _BLANK_BETWEEN_GROUPS.sub("", bare)


def read_numbers(cells: Sequence[Raw], habits: Habits) -> list[Any]:
    """Read a column of numbers. Where points or commas can be told from the column, doubtful cells follow it."""
    texts = [None if is_missing(cell) else tidy(cell) if isinstance(cell, str) else cell for cell in cells]
    read = _by_the_column([text for text in texts if isinstance(text, str)], habits)
    return [_known(_one(text, read), habits) for text in texts]


def _known(number: Any, habits: Habits) -> Any:
    return None if isinstance(number, Decimal) and number in habits.missing else number


def _by_the_column(texts: Sequence[str], habits: Habits) -> Callable[[str], Any]:
    """Choose how doubtful texts of this column are read."""
    points = any(_with_point(text) is not None and _with_comma(text) is None for text in texts)
    commas = any(_with_comma(text) is not None and _with_point(text) is None for text in texts)
    if points != commas:
        return _with_point if points else _with_comma
    return lambda text: _by_the_file(text, habits)


def _by_the_file(text: str, habits: Habits) -> Any:
    meanings = readings_of(text)
    if len(meanings) <= 1:
        return next(iter(meanings), None)
    if habits.point_decimals is True and "," not in text:
        return _with_point(text)
    if habits.point_decimals is False and "." not in text:
        return _with_comma(text)
    small, large = sorted(meanings, key=abs)
    return Wrong(f"{text} may mean {small} or {large}", f"write {large} or {small}0", is_doubtful=True)


def _one(cell: Any, read: Callable[[str], Any]) -> Any:
    if cell is None:
        return None
    if isinstance(cell, bool) or not isinstance(cell, str | int | float | Decimal):
        return Wrong("this is no number", "a number such as 12.5")
    number = read(cell) if isinstance(cell, str) else _typed(cell)
    if isinstance(number, Wrong):
        return number
    if number is None or not number.is_finite():
        return Wrong("this is no number", "a number such as 12.5")
    return number


def _typed(cell: float | Decimal) -> Decimal:
    return cell if isinstance(cell, Decimal) else Decimal(repr(cell))


@dataclass(frozen=True)
class Number:
    """A measured number."""

    wants: str = "number"

    def read(self, cells: Sequence[Raw], habits: Habits) -> list[Any]:
        """Read a column as floating numbers."""
        return [self._float(number) for number in read_numbers(cells, habits)]

    @staticmethod
    def _float(number: Any) -> Any:
        if not isinstance(number, Decimal):
            return number
        return float(number) if math.isfinite(float(number)) else Wrong("the number is too large", "a smaller one")

    def plain(self, value: Any) -> Any:
        """Give the floating number."""
        return None if value is None else float(value)


@dataclass(frozen=True)
class Amount:
    """An exact number, such as money."""

    wants: str = "exact number"

    def read(self, cells: Sequence[Raw], habits: Habits) -> list[Any]:
        """Read a column digit for digit."""
        return [self._exact(number) for number in read_numbers(cells, habits)]

    def _exact(self, number: Any) -> Any:
        if not isinstance(number, Decimal):
            return number
        if abs(number) >= _LARGEST or len(number.as_tuple().digits) > _MOST_DIGITS or number.adjusted() < -_MOST_DIGITS:
            return Wrong("the amount has too many digits", "less than 10^15, at most 30 digits")
        return self.plain(number)

    def plain(self, value: Any) -> Any:
        """Give the amount without zeros at its end, which mean nothing."""
        if value is None:
            return None
        return Decimal(format(Decimal(value).normalize(), "f")) + 0


@dataclass(frozen=True)
class Whole:
    """A count."""

    wants: str = "whole number"

    def read(self, cells: Sequence[Raw], habits: Habits) -> list[Any]:
        """Read a column of counts."""
        return [self._whole(number) for number in read_numbers(cells, habits)]

    @staticmethod
    def _whole(number: Any) -> Any:
        if not isinstance(number, Decimal):
            return number
        if abs(number) > _WHOLE_LIMIT or number != number.to_integral_value():
            return Wrong("this is no whole number that we can keep", "a whole number such as 12")
        return int(number)

    def plain(self, value: Any) -> Any:
        """Give the count."""
        return None if value is None else int(value)
