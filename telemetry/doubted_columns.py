"""Doubted readings in the columns of the quarantine, made many at once: a broken or hostile sender brings them so."""

from collections.abc import Mapping, Sequence
from math import isfinite
from typing import NamedTuple

import msgspec
import numpy as np

from telemetry.doubt import Doubt, sentence
from telemetry.metric import Metric
from telemetry.reading import NO_MOMENT, Arrived


class DoubtedColumns(NamedTuple):
    """Some doubted readings, column by column."""

    row: list[int]
    reason: list[str]
    sentence: list[str]
    as_received: list[str]
    """As JSON."""
    at: list[int | None]
    value: list[float | None]


def doubted_columns(
    arrived: Arrived, doubted: Sequence[tuple[int, Doubt]], metrics: Mapping[str, Metric]
) -> DoubtedColumns:
    """Give doubted readings as they came and as they were read, each with why it is doubted."""
    rows = [row for row, _ in doubted]
    cells = arrived.all_as_received(rows)
    known = {word: _facts(metric) for word, metric in metrics.items()}
    return DoubtedColumns(
        row=rows,
        reason=[doubt.value for _, doubt in doubted],
        sentence=[
            sentence(doubt, _told(cell, known.get(cell["metric"])))
            for cell, (_, doubt) in zip(cells, doubted, strict=True)
        ],
        as_received=[msgspec.json.encode(cell).decode() for cell in cells],
        at=[None if at == NO_MOMENT else at for at in arrived.stamp.micros[rows].tolist()],
        value=[value if isfinite(value) else None for value in np.asarray(arrived.value)[rows].tolist()],
    )


def _told(cell: dict[str, str], known: dict[str, str] | None) -> dict[str, str]:
    return cell if known is None else {**cell, **known, "unit": cell["unit"] or known["canonical"]}


def _facts(metric: Metric) -> dict[str, str]:
    return {"minimum": _limit(metric.minimum), "maximum": _limit(metric.maximum), "canonical": metric.unit}


def _limit(limit: float | None) -> str:
    return "any" if limit is None else f"{limit:g}"
