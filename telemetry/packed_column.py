"""A packed column: a head with its note and width, then its whole numbers byte plane by byte plane."""

import struct
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from telemetry.track import Numbers

Whole = npt.NDArray[np.int64]

HEAD = struct.Struct("<BBBI")
AS_THEY_ARE, AS_STEPS, AS_FLOATS = 0, 1, 2
"""How a column was packed."""


class Head(NamedTuple):
    """What stands before a column."""

    note: int
    how: int
    width: int
    length: int


class Taken:
    """Packed columns of days that are packed alike, a row each, taken one after the other."""

    def __init__(self, raw: bytes, days: int = 1) -> None:
        """Begin before the first column."""
        self._rows, self._place = np.frombuffer(raw, dtype=np.uint8).reshape(days, -1), 0

    def whole(self) -> tuple[int, Whole]:
        """Take whole numbers and the note beside them."""
        head, column = self._next()
        return head.note, column

    def numbers(self) -> Numbers:
        """Take numbers."""
        head, column = self._next()
        if head.how == AS_FLOATS:
            return np.asarray(column.view(np.float64), dtype=np.float64)
        signed = (column >> 1) ^ -(column & 1)
        whole = np.cumsum(signed, axis=-1) if head.how == AS_STEPS else signed
        return np.asarray(whole / 10.0**head.note, dtype=np.float64)

    def _next(self) -> tuple[Head, Any]:
        days = len(self._rows)
        head = Head(*HEAD.unpack_from(self._rows[0], self._place))
        begin = self._place + HEAD.size
        self._place = begin + head.width * head.length
        planes = self._rows[:, begin : self._place].reshape(days, head.width, head.length)
        packed = np.ascontiguousarray(planes.transpose(0, 2, 1)).view(f"<u{head.width}")
        whole = packed.reshape(days, head.length).astype(np.int64)
        return head, whole if days > 1 else whole[0]


def shape(raw: bytes) -> tuple[int, bytes, bytes]:
    """Tell days that are packed alike from others: by their length and the heads of their two columns."""
    _, _, width, length = HEAD.unpack_from(raw)
    second = HEAD.size + width * length
    return len(raw), raw[: HEAD.size], raw[second : second + HEAD.size]
