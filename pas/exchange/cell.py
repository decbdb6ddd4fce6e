"""A cell is one value of a file: how it is read from what people type, and what its plain form is."""

import json
import math
import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, NamedTuple, Protocol

from pydantic import TypeAdapter, ValidationError

from pas.faults import in_words

Raw = Any
"""What a file holds in one cell: text, or a number, date, list or mapping where the format is typed."""

MISSING = frozenset({"", "-", "--", "n/a", "na", "nan", "null", "none", "#n/a", "?", "nvt", "n.v.t.", "s.o."})
"""What people write where a number, a date or a choice is not known. In texts only the empty cell is missing."""

LONGEST_TEXT = 100_000
_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


class Wrong(NamedTuple):
    """Why a cell cannot be read, and what would be right."""

    why: str
    right: str
    is_doubtful: bool = False
    """It can be read, but in two ways."""


@dataclass
class Habits:
    """How this file writes things, as far as the file as a whole or its sender says so; collects what was noted."""

    point_decimals: bool | None = None
    """True where the separator of the file speaks for decimal points, False where for decimal commas."""
    day_first: bool | None = None
    zone: str = "UTC"
    missing: frozenset[Decimal] = frozenset()
    """Numbers that stand for "not known" in this file."""
    notes: dict[str, int] = field(default_factory=dict)

    def note(self, sentence: str) -> None:
        """Count something that a person should know about how cells were read."""
        self.notes[sentence] = self.notes.get(sentence, 0) + 1


class Cell(Protocol):
    """One sort of cell. Whole columns are read at once, since habits show in the column and not in the cell."""

    @property
    def wants(self) -> str:
        """What the cell holds, in words for the documentation."""
        ...

    def read(self, cells: Sequence[Raw], habits: Habits) -> list[Any]:
        """Give each cell's value, None where it is empty, Wrong where it cannot be read."""
        ...

    def plain(self, value: Any) -> Any:
        """Give a stored value in the one form in which values are compared and exported."""
        ...


def clean(text: str, *, lines: bool = False) -> str:
    r"""Take out what nobody sees: control and format characters, blanks at the ends, other spellings of one letter.

    >>> clean(" 007\u200b\r\n")
    '007'
    >>> clean("two\r\nlines", lines=True)
    'two\nlines'
    """
    text = unicodedata.normalize("NFC", text).replace("\r\n", "\n").replace("\r", "\n")
    if not lines:
        text = re.sub(r"[\n\t]+", " ", text)
    if not text.isprintable():
        kept = "\n\t\u200c\u200d" if lines else ""
        text = "".join(c for c in text if c in kept or unicodedata.category(c) not in _UNSEEN)
    return text.strip()


def as_text(raw: Raw) -> str:
    """Give the text of a cell whose format is typed: 7.0 is the code 7."""
    if raw is None or raw != raw:  # noqa: PLR0124 - NaN is the value that differs from itself
        return ""
    if isinstance(raw, bytes):
        return raw.decode(errors="replace")
    if isinstance(raw, float) and raw.is_integer():
        return str(int(raw))
    if isinstance(raw, Decimal):
        return format(raw, "f")
    return raw.isoformat() if isinstance(raw, date | datetime) else str(raw)


def is_missing(raw: Raw) -> bool:
    """Tell whether a number, date or choice was left out."""
    return raw is None or raw != raw or (isinstance(raw, str) and clean(raw).lower() in MISSING)  # noqa: PLR0124


@dataclass(frozen=True)
class Text:
    """Text on one line, or on several; codes such as 007 stay as they are, those of a standard get its case."""

    lines: bool = False
    case: Callable[[str], str] = str
    wants: str = "text"

    def read(self, cells: Sequence[Raw], habits: Habits) -> list[Any]:
        """Clean each text; an empty one is None."""
        return [self._one(cell, habits) for cell in cells]

    def _one(self, raw: Raw, habits: Habits) -> Any:
        if isinstance(raw, list | dict | tuple):
            return Wrong("this is a value with parts", "one text")
        given = as_text(raw)
        if len(given) > LONGEST_TEXT:
            return Wrong(f"the text is {len(given)} signs long", f"at most {LONGEST_TEXT} signs")
        text = clean(given, lines=self.lines)
        if text != given.strip():
            habits.note("invisible signs or line breaks were taken out of a text")
        return self.case(text) or None

    def plain(self, value: Any) -> Any:
        """Give the cleaned text; nothing where it is empty."""
        return None if value is None else clean(str(value), lines=self.lines) or None


@dataclass(frozen=True)
class Choice:
    """One word of a list."""

    of: type[StrEnum]

    @property
    def wants(self) -> str:
        """Name the words."""
        return "one of " + ", ".join(self.of)

    def read(self, cells: Sequence[Raw], habits: Habits) -> list[Any]:  # noqa: ARG002
        """Find each word, in any case, with blanks or hyphens for underscores."""
        return [self._one(cell) for cell in cells]

    def _one(self, raw: Raw) -> Any:
        if is_missing(raw):
            return None
        word = re.sub(r"[\s-]+", "_", clean(as_text(raw)))
        for choice in self.of:
            if choice.value.lower() == word.lower():
                return choice.value
        return Wrong("this word is not known", self.wants)

    def plain(self, value: Any) -> Any:
        """Give the word."""
        return None if value is None else str(value)


@dataclass(frozen=True)
class Nested:
    """A value with parts, written as JSON and held against its class."""

    shape: Any
    wants: str = "JSON"

    def read(self, cells: Sequence[Raw], habits: Habits) -> list[Any]:  # noqa: ARG002
        """Read and check each JSON text; formats with lists and mappings of their own may give those."""
        return [self._one(cell) for cell in cells]

    def _one(self, raw: Raw) -> Any:
        if is_missing(raw):
            return None
        try:
            return self.plain(json.loads(raw) if isinstance(raw, str) else raw)
        except ValidationError as error:
            first = error.errors()[0]
            return Wrong(f"{'.'.join(str(step) for step in first['loc'])}: {in_words(first)}".lstrip(": "), self.wants)
        except (ValueError, RecursionError):
            return Wrong("this is no JSON that we can keep", self.wants)

    def plain(self, value: Any) -> Any:
        """Give the value as plain JSON with all its parts; nothing where it is empty. Raises ValueError."""
        if not value:
            return None
        adapter = TypeAdapter(self.shape)
        known = adapter.dump_python(adapter.validate_python(value), mode="json")
        written = json.dumps(known, allow_nan=False, ensure_ascii=False).encode()
        if b"\\u0000" in written:
            raise ValueError
        return known or None


@dataclass(frozen=True)
class Anything:
    """A free attribute: text as it is cleaned, or the number of a typed format."""

    wants: str = "text or a number"

    def read(self, cells: Sequence[Raw], habits: Habits) -> list[Any]:
        """Keep numbers, clean texts."""
        texts = Text().read(cells, habits)
        return [self._one(cell, text) for cell, text in zip(cells, texts, strict=True)]

    @staticmethod
    def _one(raw: Raw, text: Any) -> Any:
        if not isinstance(raw, int | float) or text is None:
            return text
        return raw if math.isfinite(raw) else Wrong("this number has no end", "a number such as 12.5")

    def plain(self, value: Any) -> Any:
        """Give the value itself."""
        return value
