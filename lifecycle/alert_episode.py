"""When something was the matter, told day by day: from which day, since when it counts, and when it was over again."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np


class DayLine(NamedTuple):
    """One figure a day, in the order of the days; days without readings are left out."""

    days: Sequence[int] = ()
    values: Sequence[float] = ()


class Limits(NamedTuple):
    """Above `raises` for longer than `on_delay` days it is the matter, at or below `clears` for `off_delay` it is over.

    All days are those of the readings: what comes late or twice changes nothing that it does not say.
    """

    raises: float
    clears: float
    on_delay: int = 0
    off_delay: int = 0


class Episode(NamedTuple):
    """The matter began on a day, was told on one, and was over on one; None: it is not over."""

    began: int
    raised: int
    cleared: int | None = None


class Standing(NamedTuple):
    """How it stands after the last day: the episode that is not over, and whether it has been well for long enough."""

    open: Episode | None
    well: bool


def episodes(line: DayLine, limits: Limits) -> list[Episode]:
    """Find the episodes of a line.

    >>> episodes(DayLine([1, 2, 3, 4, 5], [26, 27, 24.5, 23, 23]), Limits(25, 24, 1, 1))
    [Episode(began=1, raised=2, cleared=5)]
    """
    return _walk(line, limits)[0]


def standing(line: DayLine, limits: Limits) -> Standing:
    """Tell how it stands after the last day of a line."""
    found, well = _walk(line, limits)
    still = found[-1] if found and found[-1].cleared is None else None
    return Standing(still, well)


def running_mean(line: DayLine, window: int) -> DayLine:
    """Give on each day the mean of the days up to it, as far back as the window reaches."""
    days, values = np.asarray(line.days, dtype=np.int64), np.asarray(line.values, dtype=np.float64)
    sums = np.concatenate([[0.0], np.cumsum(values)])
    first = np.searchsorted(days, days - window, side="right")
    count = np.arange(1, len(days) + 1) - first
    means = (sums[1:] - sums[first]) / np.maximum(count, 1)
    return DayLine(days.tolist(), means.tolist())


def _walk(line: DayLine, limits: Limits) -> tuple[list[Episode], bool]:
    found: list[Episode] = []
    bad_since: int | None = None
    well_since: int | None = None
    for day, value in zip(line.days, line.values, strict=True):
        bad_since = _since(bad_since, day, value > limits.raises)
        well_since = _since(well_since, day, value <= limits.clears)
        is_open = bool(found) and found[-1].cleared is None
        if not is_open and bad_since is not None and day - bad_since >= limits.on_delay:
            found.append(Episode(bad_since, day))
        elif is_open and well_since is not None and day - well_since >= limits.off_delay:
            found[-1] = found[-1]._replace(cleared=day)
    well = well_since is not None and line.days[-1] - well_since >= limits.off_delay
    return found, well


def _since(before: int | None, day: int, holds: bool) -> int | None:  # noqa: FBT001 - what is followed
    if not holds:
        return None
    return day if before is None else before
