"""Lines of InfluxDB's line protocol taken apart: quickly where they are plain, by the grammar where they are not."""

import re
from typing import NamedTuple

import numpy as np

from telemetry.track import Places
from telemetry.wire.unreadable import unreadable

_LIKE = "office,asset=PJ-00001 co2=412.5 1774792800000000000"
_NAME = r"(?:[^\\,=\ ]|\\.)++"
_VALUE = r'(?:"(?:[^"\\]|\\.)*+"|[^\ ",]*+)'
_HEAD = rf"(?:[^\\,\ ]|\\.)++(?:,{_NAME}={_NAME})*+"
_LINE = re.compile(rf"({_HEAD})\ ++({_NAME}={_VALUE}(?:,{_NAME}={_VALUE})*+)(?:\ ++([^\ ]++))?+")
_FIELD = re.compile(rf"({_NAME})=({_VALUE})")
_TAG = re.compile(rf",({_NAME})=({_NAME})")
_BEFORE_FIELDS = re.compile(_HEAD)
_MEASUREMENT = re.compile(r"(?:[^\\,\ ]|\\.)++")
_ESCAPED = re.compile(r"\\([,=\ ])")
_SPACE, _BREAK, _COMMA, _EQUALS = (ord(sign) for sign in " \n,=")


class Lines(NamedTuple):
    """Lines taken apart: what stands before the fields of each, its fields one behind the other, and its moment."""

    head: list[str]
    fields: Places
    """How many fields each line has."""
    metric: list[str]
    value: list[str]
    at: list[str]
    """Empty where a line has none."""


class Head(NamedTuple):
    """What a line says of all its fields."""

    measurement: str
    asset: str
    unit: str


def read_lines(text: str) -> Lines:
    """Take lines apart; comments and empty lines are passed over.

    Raises UnreadableBatch.
    """
    return read_plain(text) or read_each(text)


def read_each(text: str) -> Lines:
    """Take lines apart one by one, by the grammar.

    Raises UnreadableBatch.
    """
    found = [_read(line.strip(" \r"), number) for number, line in enumerate(text.split("\n"), 1) if _speaks(line)]
    fields = [_FIELD.findall(line[1]) for line in found]
    return Lines(
        head=[line[0] for line in found],
        fields=np.array([len(some) for some in fields], dtype=np.int64),
        metric=[_ESCAPED.sub(r"\1", name) for some in fields for name, _ in some],
        value=[value for some in fields for _, value in some],
        at=[line[2] or "" for line in found],
    )


def _speaks(line: str) -> bool:
    line = line.strip(" \r")
    return bool(line) and not line.startswith("#")


def _read(line: str, number: int) -> tuple[str, str, str | None]:
    read = _LINE.fullmatch(line)
    if read is None:
        raise unreadable(f"line {number} is '{line[:80]}' and should be like '{_LIKE}'")
    return read[1], read[2], read[3]


def read_plain(text: str) -> Lines | None:
    r"""Take lines apart by their spaces, commas and equals signs; None where they are not as plain as that.

    >>> read_plain("a,asset=1 co2=4,lux=5 12\na,asset=2 co2=6 13").value
    ['4', '5', '6']
    """
    if any(sign in text for sign in '\\"#\r'):
        return None
    text = text.removesuffix("\n")
    if not _alternate(text + "\n", [_SPACE, _SPACE, _BREAK]):
        return None
    cells = text.replace("\n", " ").split(" ")
    head, fields = cells[0::3], ",".join(cells[1::3])
    if not _alternate(fields + ",", [_EQUALS, _COMMA]) or not all(map(_BEFORE_FIELDS.fullmatch, set(head))):
        return None
    parts = fields.replace(",", "=").split("=")
    count = [some.count(",") + 1 for some in cells[1::3]]
    lines = Lines(head, np.array(count, dtype=np.int64), parts[0::2], parts[1::2], cells[2::3])
    return lines if all(lines.at) and "" not in set(lines.metric) else None


def _alternate(text: str, signs: list[int]) -> bool:
    """Say whether these signs, and no others of them, follow one another in a text again and again."""
    letters = np.frombuffer(text.encode(), np.uint8)
    among = np.zeros(256, dtype=bool)
    among[signs] = True
    found = letters[among[letters]]
    return len(found) % len(signs) == 0 and bool((found.reshape(-1, len(signs)) == signs).all())


def read_head(head: str) -> Head:
    """Read what stands before the fields of a line: the measurement, and of its tags `asset` and `unit`."""
    measurement = _MEASUREMENT.match(head)
    tags = {_plainly(name): _plainly(value) for name, value in _TAG.findall(head)}
    return Head(_plainly(measurement[0] if measurement else ""), tags.get("asset", ""), tags.get("unit", ""))


def _plainly(name: str) -> str:
    return _ESCAPED.sub(r"\1", name)
