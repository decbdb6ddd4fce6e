"""What happened between two inspections of the same thing: from where, how long, by how many points."""

from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lifecycle.condition.deterioration_figures import figure
from lifecycle.condition.scores import Ranks
from lifecycle.grade import Floats

LITTLE, REPEATED, ROSE, FELL = range(4)
MOVES = 4
"""How the index came to where it is: it moved little (or nobody knows), was noted down again unchanged, rose, fell."""


class Origins(NamedTuple):
    """The last inspection of each thing, and what its own earlier ones say; slope in points a year.

    `points` is the condition index, 100 as new to 0.
    """

    points: Floats
    move: Ranks
    slope: Floats
    intervals: Ranks

    def at(self, chosen: "slice | NDArray[np.bool_] | Ranks") -> "Origins":
        """Give the chosen things only."""
        return Origins(self.points[chosen], self.move[chosen], self.slope[chosen], self.intervals[chosen])


class Pairs(NamedTuple):
    """An earlier and a later inspection each; years are whole, `asset` numbers the things."""

    origins: Origins
    change: Floats
    horizon: Ranks
    origin_year: Ranks
    outcome_year: Ranks
    asset: Ranks

    def at(self, chosen: "NDArray[np.bool_]") -> "Pairs":
        """Give the chosen pairs only."""
        return Pairs(
            self.origins.at(chosen),
            self.change[chosen],
            self.horizon[chosen],
            self.origin_year[chosen],
            self.outcome_year[chosen],
            self.asset[chosen],
        )


def move_of(change: Floats) -> Ranks:
    """Tell how an index moved.

    >>> move_of(np.array([-0.5, 0.0, 9.0, -9.0])).tolist()
    [0, 1, 2, 3]
    """
    much = figure("moves", "points")
    moved = [np.abs(change) < 1e-9, change > much, change < -much]  # noqa: PLR2004 - nothing, but for rounding
    return np.select(moved, [REPEATED, ROSE, FELL], LITTLE).astype(np.int64)


def origins_of(index: Floats) -> Origins:
    """Give origins of which nothing is known but the index."""
    nothing = np.zeros(len(index), dtype=np.int64)
    return Origins(np.asarray(index, dtype=np.float64), nothing, np.zeros(len(index)), nothing)


def pairs_of(rows: pd.DataFrame, longest: int) -> Pairs:
    """Pair every inspection with every later one of the same thing, at most so many years apart.

    The rows stand by asset and year, once each.
    """
    year, index = rows["year"].to_numpy(), rows["bci"].to_numpy()
    asset = pd.factorize(rows["asset_id"])[0].astype(np.int64)
    origins = _origins(asset, year, index)
    found = [(at, at + lag) for lag in range(1, longest + 1) for at in [np.arange(len(year) - lag)] if len(year) > lag]
    first, later = (np.concatenate([pair[side] for pair in found] or [np.zeros(0, dtype=np.int64)]) for side in (0, 1))
    fits = (asset[first] == asset[later]) & (year[later] - year[first] <= longest)
    first, later = first[fits], later[fits]
    return Pairs(
        origins.at(first),
        np.round(index[later] - index[first], 6),
        (year[later] - year[first]).astype(np.int64),
        year[first].astype(np.int64),
        year[later].astype(np.int64),
        asset[first],
    )


def _origins(asset: Ranks, year: Ranks, index: Floats) -> Origins:
    """Look back from each inspection: the move that led to it, and the own trend by least squares."""
    table = pd.DataFrame({"asset": asset, "year": year, "index": index})
    by_asset = table.groupby("asset")
    before = by_asset["index"].shift()
    t, x = table["year"] - by_asset["year"].transform("first"), table["index"] - by_asset["index"].transform("first")
    n = by_asset.cumcount() + 1
    st, sx, stx, stt = (some.groupby(table["asset"]).cumsum() for some in (t, x, t * x, t * t))
    across = (n * stt - st**2).to_numpy(dtype=np.float64)
    slope = np.divide(
        (n * stx - st * sx).to_numpy(dtype=np.float64), across, out=np.zeros(len(table)), where=across > 0
    )
    step = np.round((table["index"] - before).to_numpy(dtype=np.float64), 6)
    move = np.where(np.isnan(step), LITTLE, move_of(np.nan_to_num(step, nan=1.0)))
    intervals = (n - 1).to_numpy().astype(np.int64)
    return Origins(index.astype(np.float64), move.astype(np.int64), slope, intervals)
