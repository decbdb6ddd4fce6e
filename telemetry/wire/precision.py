"""What the counts of a clock count since 1970: seconds or the thousandth, millionth or billionth part of one."""

from datetime import UTC, datetime
from enum import StrEnum

import numpy as np

from telemetry.moment import Moments, micros
from telemetry.reading import NO_MOMENT
from telemetry.track import Numbers, Places
from telemetry.wire.unreadable import unreadable

_FIRST = micros(datetime.min.replace(tzinfo=UTC))
_LAST = micros(datetime.max.replace(tzinfo=UTC))


class Precision(StrEnum):
    """How long one count of a clock lasts."""

    S = "s"
    MS = "ms"
    US = "us"
    NS = "ns"


_OTHER_NAMES = {"n": Precision.NS, "u": Precision.US, "µ": Precision.US}
_MICROS = {Precision.S: 1_000_000, Precision.MS: 1000, Precision.US: 1}


def precision_of(word: str) -> Precision:
    """Find the precision of that name, also by the short names that InfluxDB's clients use.

    Raises UnreadableBatch.
    """
    try:
        return _OTHER_NAMES.get(word) or Precision(word)
    except ValueError as error:
        sentence = f"the precision '{word[:40]}' is none we know; use s, ms, us or ns"
        raise unreadable(sentence, field="precision") from error


def from_counts(count: Places, precision: Precision) -> Moments:
    """Turn a clock's counts into moments; one that no calendar holds becomes none.

    >>> from_counts(np.array([1500, 2**62]), Precision.MS).tolist() == [1_500_000, NO_MOMENT]
    True
    """
    if precision is Precision.NS:
        return np.where(count == NO_MOMENT, NO_MOMENT, count // 1000)
    fits = (count >= _FIRST // _MICROS[precision]) & (count <= _LAST // _MICROS[precision])
    return np.where(fits, np.where(fits, count, 0) * _MICROS[precision], NO_MOMENT)


def from_fractions(count: Numbers, precision: Precision) -> Moments:
    """Turn counts with a fraction into moments, to the nearest microsecond."""
    with np.errstate(all="ignore"):
        exact = np.rint(count / 1000 if precision is Precision.NS else count * _MICROS[precision])
    fits = (exact >= _FIRST) & (exact <= _LAST)
    return np.where(fits, np.where(fits, exact, 0).astype(np.int64), NO_MOMENT)
