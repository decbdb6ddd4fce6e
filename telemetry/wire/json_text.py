"""JSON read into what we expect of it; numbers that JSON cannot hold, such as NaN, become text instead of a fault."""

import re
from collections.abc import Callable
from math import isinf
from typing import TypeVar

import msgspec

from telemetry.wire.unreadable import unreadable

T = TypeVar("T")

_SOUND = rb'[^"NI\d-]++|"(?:[^"\\]|\\.)*+(?:"|\\?\Z)|-?\d{1,299}+(?:\.\d++)?+(?![\d.eE])'
_NUMBER = rb"-?(?:NaN|Infinity|\d++(?:\.\d++)?+(?:[eE][+-]?\d++)?+)"
_NEXT_NUMBER = re.compile(rb"((?:%b)*+)(%b|.|\Z)" % (_SOUND, _NUMBER), re.DOTALL)
"""What needs no look, then a number that does; each sign is read once, however hostile the whole."""
_FAULTS = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


def read_json(read: Callable[[bytes], T], body: bytes, *, like: str) -> T:
    """Read JSON; where it holds NaN, Infinity or a number beyond all measure, once more with these as text.

    Raises UnreadableBatch; `like` shows what would be right.
    """
    try:
        return read(body)
    except _FAULTS as error:
        if not (b"NaN" in body or b"Infinity" in body or "out of range" in str(error)):
            raise _no_batch(error, like) from error
        mended = _NEXT_NUMBER.sub(_as_text, body)
    try:
        return read(mended)
    except _FAULTS as error:
        raise _no_batch(error, like) from error


def _as_text(found: re.Match[bytes]) -> bytes:
    """Quote a number that is none."""
    before, number = found.groups()
    said = number[-1:].isdigit() and isinf(float(number))
    return before + (b'"' + number + b'"' if said or number.endswith((b"NaN", b"Infinity")) else number)


def _no_batch(error: Exception, like: str) -> Exception:
    return unreadable(f"the body is no batch like {like}: {error}")
