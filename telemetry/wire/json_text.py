"""JSON read into what we expect of it; numbers that JSON cannot hold, such as NaN, become text instead of a fault."""

import re
from collections.abc import Callable
from math import isinf
from typing import TypeVar

import msgspec

from telemetry.wire.unreadable import unreadable

T = TypeVar("T")

_TOKEN = re.compile(rb'"(?:[^"\\]|\\.)*+(?:"|\\?\Z)|-?(?:NaN|Infinity)|-?\d++(?:\.\d++)?(?:[eE][+-]?\d++)?', re.DOTALL)
_FAULTS = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


def read_json(read: Callable[[bytes], T], body: bytes, *, like: str) -> T:
    """Read JSON; where it holds NaN, Infinity or a number beyond all measure, once more with these as text.

    Raises UnreadableBatch; `like` shows what would be right.
    """
    try:
        return read(body)
    except _FAULTS as error:
        mended = _TOKEN.sub(_as_text, body)
        if mended == body:
            raise _no_batch(error, like) from error
    try:
        return read(mended)
    except _FAULTS as error:
        raise _no_batch(error, like) from error


def _as_text(token: re.Match[bytes]) -> bytes:
    """Quote a number that is none."""
    said = token[0]
    if said.startswith(b'"') or (said[-1:].isdigit() and not isinf(float(said))):
        return said
    return b'"' + said + b'"'


def _no_batch(error: Exception, like: str) -> Exception:
    return unreadable(f"the body is no batch like {like}: {error}")
