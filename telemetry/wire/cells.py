"""Cells as a program sent them, made into the columns of a batch: words once, moments and numbers as numbers."""

import itertools
import re
from collections import defaultdict
from collections.abc import Callable, Sequence
from itertools import chain, repeat
from typing import Any, Generic, NamedTuple, TypeVar

import numpy as np
import pandas as pd

from telemetry.moment import Moments
from telemetry.reading import NO_MOMENT, Stamps, Words, numbers, stamps, text
from telemetry.stamps import read_usual
from telemetry.track import Marks, Numbers, Places
from telemetry.wire.precision import Precision, from_counts, from_fractions

Cell = str | float | bool | None
Word = TypeVar("Word", bound=str | None)
_BEYOND = 2**63 - 1
_CLEAN = re.compile(r"[!-~]{1,200}")
"""Words that need no cleaning."""


class Coded(NamedTuple, Generic[Word]):
    """A column of words: which one stands in each row, and each different word once, as it came."""

    row: Places
    word: list[Word]


class Cells(Sequence[object]):
    """Cells that are looked up only when somebody looks at them."""

    def __init__(self, length: int, cell: Callable[[int], object]) -> None:
        """Keep how many there are, and how to find one."""
        self._length = length
        self._cell = cell

    def __len__(self) -> int:
        """Count the cells."""
        return self._length

    def __getitem__(self, row: Any) -> Any:
        """Find one cell."""
        return self._cell(row)


def words_of(cells: Sequence[str | None]) -> Words:
    """Keep each different word once, cleaned; none is the empty one, which comes last.

    >>> words_of(["b", None, "a", "b "])
    Words(row=array([0, 2, 1, 0]), word=['b', 'a', ''])
    """
    if cells.count(None) == len(cells):
        return Words(np.zeros(len(cells), dtype=np.int64), [""])
    return known_words(coded(cells))


def coded(cells: Sequence[Word]) -> Coded[Word]:
    """Give each different word a number, in the order in which they come."""
    place: defaultdict[Word, int] = defaultdict(itertools.count().__next__)
    row = np.fromiter(map(place.__getitem__, cells), np.int64, len(cells))
    return Coded(row, list(place))


def known_words(found: Coded[Any]) -> Words:
    """Clean words, so that each stands there once; -1 and None are the empty one."""
    row = found.row
    clean = ["" if word is None else word if _CLEAN.fullmatch(word) else text(word) for word in found.word]
    word = [one for one in dict.fromkeys(clean) if one]
    if word == clean:
        return Words(np.where(row < 0, len(word), row), [*word, ""])
    place = {one: number for number, one in enumerate([*word, ""])}
    return Words(np.array([*(place[one] for one in clean), len(word)], dtype=np.int64)[row], [*word, ""])


def repeated_stamps(column: Stamps, times: Places) -> Stamps:
    """Say each row's moment as many times as told."""
    micros, unreadable, zoneless = column
    return Stamps(np.repeat(micros, times), np.repeat(unreadable, times), np.repeat(zoneless, times))


def repeated(column: Words, times: Places) -> Words:
    """Say each row's word as many times as told."""
    return Words(np.repeat(column.row, times), column.word)


def one_by_one(cells: Sequence[object], times: Places) -> Sequence[object]:
    """Say each cell as many times as told."""
    return cells if (times == 1).all() else list(chain.from_iterable(map(repeat, cells, times.tolist())))


def numbers_of(cells: Sequence[Cell]) -> tuple[Numbers, Sequence[object] | None]:
    """Read numbers, yes as 1 and no as 0; give as well what was sent, where the numbers do not say it."""
    kinds = set(map(type, cells))
    if str in kinds:
        return numbers(pd.Series(list(cells), dtype=object)), _shown(cells)
    found = np.array(cells, dtype=np.float64) + 0.0
    return found, None if kinds <= {float} else _shown(cells)


def _shown(cells: Sequence[Cell]) -> Sequence[object]:
    shown: dict[Cell, str] = {None: "", True: "true", False: "false"}
    return [shown[cell] if cell is None or isinstance(cell, bool) else cell for cell in cells]


def stamps_of(cells: Sequence[Cell], *, precision: Precision) -> Stamps:
    """Read moments: text with a date, a time and a zone, or counts of the sender's clock."""
    kinds = set(map(type, cells))
    if kinds <= {str}:
        return _from_texts(cells)  # type: ignore[arg-type] # all of them are text
    if kinds <= {int}:
        return stamps_from(from_counts(_counts(cells), precision))
    return _mixed(cells, precision)


def stamps_from(micros: Moments) -> Stamps:
    """Give moments of which none lacks a zone."""
    return Stamps(micros, micros == NO_MOMENT, np.zeros(len(micros), dtype=bool))


def _counts(cells: Sequence[Any]) -> Places:
    try:
        return np.array(cells, dtype=np.int64)
    except OverflowError:
        return np.array([cell if abs(cell) <= _BEYOND else NO_MOMENT for cell in cells], dtype=np.int64)


def _mixed(cells: Sequence[Cell], precision: Precision) -> Stamps:
    """Read a column in which texts, whole numbers and fractions stand together."""
    stamp = _from_texts([cell if isinstance(cell, str) else "" for cell in cells])
    whole = [row for row, cell in enumerate(cells) if type(cell) is int]
    stamp.micros[whole] = from_counts(_counts([cells[row] for row in whole]), precision)
    broken = [row for row, cell in enumerate(cells) if type(cell) is float]
    stamp.micros[broken] = from_fractions(np.array([cells[row] for row in broken], dtype=np.float64), precision)
    return stamp._replace(unreadable=(stamp.micros == NO_MOMENT) & ~stamp.zoneless)


def _from_texts(cells: Sequence[str]) -> Stamps:
    return the_rest(read_usual(cells), lambda rows: [cells[row] for row in rows.tolist()])


def the_rest(usual: tuple[Moments, Marks], some: Callable[[Places], list[str]]) -> Stamps:
    """Read what was not written in a usual width one by one; `some` gives the texts of rows."""
    micros, read = usual
    stamp = stamps_from(micros)
    if not read.all():
        rows = np.flatnonzero(~read)
        for whole, part in zip(stamp, stamps(pd.Series(some(rows), dtype=object)), strict=True):
            whole[rows] = part
    return stamp
