"""Small pictures that the server draws: where each point of a line and each block of a bar lies."""

from collections.abc import Sequence
from itertools import accumulate, pairwise
from typing import NamedTuple

WIDTH, HEIGHT, MARGIN = 240.0, 48.0, 4.0
"""Of a sparkline, in its own units; the page scales it."""


class Span(NamedTuple):
    """The mean, lowest and highest value of one day."""

    mean: float
    lowest: float
    highest: float


class Sparkline(NamedTuple):
    """A line through the means, a band from lowest to highest, and where the last point lies."""

    line: str
    band: str
    last_x: float
    last_y: float
    lowest: float
    highest: float


class Block(NamedTuple):
    """A block of a bar: where it begins and how wide it is, in percent of the whole."""

    start: float
    width: float


def sparkline(days: Sequence[Span]) -> Sparkline | None:
    """Draw a line through days in their order; fewer than two make no line."""
    if len(days) < 2:  # noqa: PLR2004 - a line needs two ends
        return None
    lowest, highest = min(day.lowest for day in days), max(day.highest for day in days)
    reach = (highest - lowest) or 1.0
    step = (WIDTH - 2 * MARGIN) / (len(days) - 1)

    def at(number: int, value: float) -> tuple[float, float]:
        return (
            round(MARGIN + number * step, 1),
            round(HEIGHT - MARGIN - (value - lowest) / reach * (HEIGHT - 2 * MARGIN), 1),
        )

    line = [at(number, day.mean) for number, day in enumerate(days)]
    above = [at(number, day.highest) for number, day in enumerate(days)]
    below = [at(number, day.lowest) for number, day in enumerate(days)]
    return Sparkline(_points(line), _points([*above, *reversed(below)]), *line[-1], lowest, highest)


def blocks(counts: Sequence[int]) -> list[Block]:
    """Lay counts side by side as the blocks of one bar."""
    whole, start, laid = sum(counts) or 1, 0.0, []
    for count in counts:
        laid.append(Block(round(start, 2), round(100 * count / whole, 2)))
        start += 100 * count / whole
    return laid


def waterfall(effects: Sequence[float]) -> list[Block]:
    """Lay signed effects one after another, each from where the one before ended; the whole reach is 100.

    >>> waterfall([80, -20])
    [Block(start=0.0, width=100.0), Block(start=75.0, width=25.0)]
    """
    levels = [0.0, *accumulate(effects)]
    lowest, reach = min(levels), (max(levels) - min(levels)) or 1.0
    return [
        Block(round(100 * (min(pair) - lowest) / reach, 2), round(100 * abs(pair[1] - pair[0]) / reach, 2))
        for pair in pairwise(levels)
    ]


def rounded_to_sum(values: Sequence[float], digits: int) -> list[float]:
    """Round values so that they still add up to their rounded sum: the largest remainders take what is left.

    >>> rounded_to_sum([1.04, 1.04, 1.04], 1)
    [1.1, 1.0, 1.0]
    """
    unit = 10**digits
    down = [int(value * unit // 1) for value in values]
    left = round(sum(values) * unit) - sum(down)
    by_remainder = sorted(range(len(values)), key=lambda at: values[at] * unit - down[at], reverse=True)
    for at in by_remainder[:left]:
        down[at] += 1
    return [part / unit for part in down]


def _points(points: Sequence[tuple[float, float]]) -> str:
    return " ".join(f"{x},{y}" for x, y in points)
