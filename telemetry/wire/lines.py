"""Lines of InfluxDB's line protocol taken apart: quickly where they are plain, by the grammar where they are not."""

import re
from typing import NamedTuple

import numpy as np

from telemetry.track import Places
from telemetry.wire.cells import Coded, coded
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
_STAND_INS = {"\\ ": "\x01", "\\,": "\x02", "\\=": "\x03"}
_NOT_PLAIN = ('"', "#", "\r", *_STAND_INS.values())


class Lines(NamedTuple):
    """Lines taken apart: what stands before the fields of each, its fields one behind the other, and its moment."""

    head: Coded[str]
    fields: Places
    """How many fields each line has."""
    metric: Coded[str]
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
        head=coded([line[0] for line in found]),
        fields=np.array([len(some) for some in fields], dtype=np.int64),
        metric=coded([_ESCAPED.sub(r"\1", name) for some in fields for name, _ in some]),
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
    if any(sign in text for sign in _NOT_PLAIN):
        return None
    text = _without_escapes(text) if "\\" in text else text
    lines = "\n" + text.removesuffix("\n")
    cells = lines.replace("\n", " \n")[1:].split(" ")
    fields = cells[1::3]
    pairs = "," + ",".join(fields)
    parts = pairs.replace(",", "=,")[1:].split("=")
    head, metric = _marked(cells[0::3], "\n", lines.count("\n")), _marked(parts[0::2], ",", pairs.count(","))
    if len(cells) % 3 or len(parts) % 2 or "\\" in text or head is None or metric is None:
        return None
    count = [some.count(",") + 1 for some in fields] if len(metric.row) > len(fields) else np.ones(len(fields))
    metric = Coded(metric.row, [_plainly(word) for word in metric.word])
    return _sound(Lines(head, np.asarray(count, dtype=np.int64), metric, parts[1::2], cells[2::3]))


def _sound(lines: Lines) -> Lines | None:
    """Give lines that the grammar would take apart in the same way."""
    figures = "".join(lines.value) + "".join(lines.at)
    plain = not any(sign in figures for sign in _STAND_INS.values())
    whole = all(map(_BEFORE_FIELDS.fullmatch, lines.head.word)) and all(lines.metric.word) and all(lines.at)
    return lines if plain and whole else None


def _marked(cells: list[str], mark: str, times: int) -> Coded[str] | None:
    """Code words that begin with a mark, of which there are so many; None where it stands elsewhere too."""
    row, word = coded(cells)
    if len(cells) != times or not all(one.startswith(mark) for one in word):
        return None
    return Coded(row, [_escaped(one[1:]) for one in word])


def _without_escapes(text: str) -> str:
    """Let single signs stand in for the escapes."""
    for escaped, stand_in in _STAND_INS.items():
        text = text.replace(escaped, stand_in)
    return text


def _escaped(word: str) -> str:
    """Put the escapes back for which something stood in."""
    for escaped, stand_in in _STAND_INS.items():
        word = word.replace(stand_in, escaped)
    return word


def read_head(head: str) -> Head:
    """Read what stands before the fields of a line: the measurement, and of its tags `asset` and `unit`."""
    if "\\" not in head:
        measurement, *pairs = head.split(",")
        tags = dict(pair.split("=") for pair in pairs)
    else:
        measurement = _plainly(_MEASUREMENT.findall(head)[0])
        tags = {_plainly(name): _plainly(value) for name, value in _TAG.findall(head)}
    return Head(measurement, tags.get("asset", ""), tags.get("unit", ""))


def _plainly(name: str) -> str:
    return _ESCAPED.sub(r"\1", name)
