"""Readings that Sparkplug nodes sent, as columns like those of any other batch."""

from collections.abc import Mapping, Sequence

import numpy as np

from telemetry.reading import NO_MOMENT, Arrived, Raw, Stamps, Words, text
from telemetry.sparkplug import Measured, code

_LAST = 253_402_300_799_999
"""Milliseconds of the last moment that can be written as a date: the end of the year 9999."""


def as_batch(found: Sequence[tuple[str, Measured]]) -> Arrived:
    """Give the readings as a batch; beside each stands the name of the asset it is of."""
    at = [one.at if one.at is not None and one.at <= _LAST else None for _, one in found]
    micros = np.array([NO_MOMENT if one is None else one * 1000 for one in at], dtype=np.int64)
    return Arrived(
        asset=_words([asset for asset, _ in found]),
        metric=_words([code(one.name) for _, one in found]),
        unit=_words([one.unit for _, one in found]),
        stamp=Stamps(micros, micros == NO_MOMENT, np.zeros(len(micros), dtype=bool)),
        value=np.array([one.value.number for _, one in found], dtype=np.float64) + 0.0,
        raw=Raw(None, [one.value.shown for _, one in found]),
    )


def _words(column: Sequence[str]) -> Words:
    known: Mapping[str, int] = {word: place for place, word in enumerate(dict.fromkeys(map(text, column)))}
    return Words(np.array([known[text(word)] for word in column], dtype=np.int64), [*known, ""])
