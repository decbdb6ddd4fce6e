"""A backtest report sets every way of foretelling beside the plain ones, by the same measures on the same cases."""

import math
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

Measures = Mapping[str, float | None]
"""Measure to figure, as fractions; None where there was nothing to measure."""


class Report(NamedTuple):
    """What a backtest found: figures of each engine, the one that was chosen before the test was seen, and why."""

    task: str
    engines: Mapping[str, Measures]
    chosen: str
    n: int
    notes: Sequence[str] = ()

    def document(self) -> dict[str, Any]:
        """Give the report as others read it: a figure that is no number is null."""
        engines = {name: {key: known(figure) for key, figure in told.items()} for name, told in self.engines.items()}
        return {"task": self.task, "engines": engines, "chosen": self.chosen, "n": self.n}

    def table(self) -> list[dict[str, str]]:
        """Give one row for each measure and one column for each engine, the chosen one marked."""
        measures = list(dict.fromkeys(name for told in self.engines.values() for name in told))
        marked = {name: f"{name} *" if name == self.chosen else name for name in self.engines}
        return [
            {"": measure} | {marked[name]: _shown(told.get(measure)) for name, told in self.engines.items()}
            for measure in measures
        ]


def known(figure: float | None) -> float | None:
    """Give a figure as JSON can carry it.

    >>> known(float("nan")), known(0.25), known(12)
    (None, 0.25, 12)
    """
    if figure is None or not math.isfinite(figure):
        return None
    return figure if isinstance(figure, int) else float(figure)


def _shown(figure: float | None) -> str:
    number = known(figure)
    return "" if number is None else f"{number:,.4f}".rstrip("0").rstrip(".")
