"""Small batches that arrived at the same moment, put behind one another, so that they are stored as one."""

from collections.abc import Sequence

import numpy as np

from telemetry.reading import Arrived, Raw, Stamps, Words


def join_batches(batches: Sequence[Arrived]) -> Arrived:
    """Give one batch with the readings of all, in order."""
    if len(batches) == 1:
        return batches[0]
    stamps = [batch.stamp for batch in batches]
    return Arrived(
        asset=_words([batch.asset for batch in batches]),
        metric=_words([batch.metric for batch in batches]),
        unit=_words([batch.unit for batch in batches]),
        stamp=Stamps(
            np.concatenate([stamp.micros for stamp in stamps]),
            np.concatenate([stamp.unreadable for stamp in stamps]),
            np.concatenate([stamp.zoneless for stamp in stamps]),
        ),
        value=np.concatenate([batch.value for batch in batches]),
        raw=Raw(
            [cell for batch in batches for cell in _shown(batch, "at")],
            [cell for batch in batches for cell in _shown(batch, "value")],
        ),
    )


def _words(columns: Sequence[Words]) -> Words:
    """Join columns of text, each different word once and the empty one last."""
    known: dict[str, int] = {}
    rows = [
        np.array([known.setdefault(word, len(known)) if word else -1 for word in column.word], dtype=np.int64)[
            column.row
        ]
        for column in columns
    ]
    return Words(np.concatenate(rows), [*known, ""])


def _shown(batch: Arrived, cell: str) -> Sequence[object]:
    cells: Sequence[object] | None = getattr(batch.raw, cell)
    return cells if cells is not None else [one[cell] for one in batch.all_as_received(list(range(len(batch))))]
