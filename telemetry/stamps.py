"""Moments in the widths that most programs write, such as 2026-03-29T14:00:00Z, read as whole columns of digits."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from telemetry.moment import Moments
from telemetry.track import Marks, Places

Letters = npt.NDArray[np.uint8]

_CENTURIES = (19, 22)
"""Other centuries are read the slow way, which gives the same."""
_HEAD = "dddd-dd-dd*dd:dd:dd"
_CLOCK = _HEAD.count("d")
_MINUTE = 60_000_000
_FIRST_DAYS = np.arange("1900-01", "2200-02", dtype="M8[M]").astype("M8[D]").astype(np.int64)


class Texts(NamedTuple):
    """A column of short texts in one buffer: where each begins and how long it is."""

    letters: Letters
    start: Places
    length: Places


class Form(NamedTuple):
    """One way to write a moment: which places hold digits, and which hold which sign."""

    digits: Places
    signs: Places
    sign: Letters
    fraction: int
    """How many digits of a second."""
    offset: int
    """Where + or - stands; 0 for Z."""


def read_usual(cells: Sequence[str]) -> tuple[Moments, Marks]:
    """Read the moments among texts that stand in a usual width; give them, and which texts could be read so.

    >>> read_usual(["1970-01-01T00:00:01Z", "1970-01-01T01:00:00.5Z"])
    (array([1000000,       0]), array([ True, False]))
    """
    joined = "".join(cells)
    if not joined.isascii():
        return np.zeros(len(cells), dtype=np.int64), np.zeros(len(cells), dtype=bool)
    length = np.fromiter(map(len, cells), np.int64, len(cells))
    return read_fixed(Texts(np.frombuffer(joined.encode(), np.uint8), np.cumsum(length) - length, length))


def read_fixed(column: Texts) -> tuple[Moments, Marks]:
    """Read the moments that stand in a usual width; give them, and which rows could be read so."""
    micros = np.zeros(len(column.start), dtype=np.int64)
    read = np.zeros(len(column.start), dtype=bool)
    for width in np.flatnonzero(np.bincount(np.minimum(column.length, _WIDEST + 1))).tolist():
        if width in _FORMS:
            rows = np.flatnonzero(column.length == width)
            micros[rows], read[rows] = _read(_cut(column, rows, width), _FORMS[width])
    return micros, read


def _cut(column: Texts, rows: Places, width: int) -> Letters:
    """Give the texts of one width as a table of letters."""
    if len(column.letters) == len(rows) * width:
        return column.letters.reshape(len(rows), width)
    return np.asarray(column.letters[column.start[rows, None] + np.arange(width)])


def _read(letters: Letters, form: Form) -> tuple[Moments, Marks]:
    digit = letters.T[form.digits] - np.uint8(ord("0"))
    century, year, month, day, hour, minute, second = _pairs(digit[:_CLOCK])
    fits = (digit <= 9).all(axis=0) & _has_signs(letters, form)  # noqa: PLR2004 - a digit
    fits &= (century >= _CENTURIES[0]) & (century < _CENTURIES[1]) & (month >= 1) & (month <= 12)  # noqa: PLR2004 - months
    fits &= (hour < 24) & (minute < 60) & (second < 60)  # noqa: PLR2004 - a clock
    place = np.where(fits, ((century - _CENTURIES[0]) * 100 + year) * 12 + month - 1, 0)
    first = _FIRST_DAYS[place]
    fits &= (day >= 1) & (day <= _FIRST_DAYS[place + 1] - first)
    micros = ((((first + day - 1) * 24 + hour) * 60 + minute) * 60 + second) * 1_000_000
    if form.fraction:
        micros += _fraction(digit[_CLOCK : _CLOCK + form.fraction])
    if form.offset:
        hours, minutes = _pairs(digit[-4:])
        fits &= (hours < 24) & (minutes < 60)  # noqa: PLR2004 - a clock
        micros -= np.where(letters[:, form.offset] == ord("-"), -_MINUTE, _MINUTE) * (hours * 60 + minutes)
    return micros * fits, fits


def _pairs(digit: Letters) -> Places:
    """Read each two rows of digits as numbers up to 99; what is no digit gives nonsense and is not believed."""
    return (digit[0::2] * np.uint8(10) + digit[1::2]).astype(np.int64)


def _fraction(digit: Letters) -> Places:
    """Read the digits of a second as microseconds."""
    found = np.zeros(digit.shape[1], dtype=np.int64)
    for place, row in enumerate(digit):
        found += row * np.int64(10 ** (5 - place))
    return found


def _has_signs(letters: Letters, form: Form) -> Marks:
    between = letters[:, 10]
    marks = (letters.T[form.signs] == form.sign).all(axis=0) & ((between == ord("T")) | (between == ord(" ")))
    if form.offset:
        marks &= (letters[:, form.offset] == ord("+")) | (letters[:, form.offset] == ord("-"))
    return np.asarray(marks)


def _form(pattern: str) -> Form:
    """Read a pattern of `d` for a digit, `*` and `±` for a choice and anything else for itself."""
    digits = [place for place, sign in enumerate(pattern) if sign == "d"]
    signs = [place for place, sign in enumerate(pattern) if sign not in "d*±"]
    sign = np.array([[ord(pattern[place])] for place in signs], dtype=np.uint8)
    offset = max(pattern.find("±"), 0)
    fraction = len(digits) - _CLOCK - (4 if offset else 0)
    return Form(np.array(digits), np.array(signs), sign, fraction, offset)


_FORMS = {
    len(pattern): _form(pattern)
    for fraction in ("", ".ddd", ".dddddd")
    for zone in ("Z", "±dd:dd")
    for pattern in [_HEAD + fraction + zone]
}
_WIDEST = max(_FORMS)
