"""Deterioration foretells the index of an inspected thing, by the engine that foretold the last known years best."""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from lifecycle.condition.deterioration_engines import Engine, fitted, foretold_by
from lifecycle.condition.deterioration_levels import A_POINT, LEVELS, chances, level_of, quantile
from lifecycle.condition.deterioration_pairs import Origins, Pairs, origins_of, pairs_of
from lifecycle.condition.deterioration_trial import Verdict, judge
from lifecycle.condition.inspection_series import NoInspections
from lifecycle.condition.scores import Ranks
from lifecycle.grade import Floats

LONGEST = 15
"""Years over which outcomes are paired; farther ahead the answer is that of the farthest year."""
_AT_ONCE = 2_000


class Foretold(NamedTuple):
    """Of each thing: P10, P50 and P90 of its index (calibrated), and the chance of each grade, the worst first."""

    p10: Floats
    p50: Floats
    p90: Floats
    chance: Floats


class Deterioration(NamedTuple):
    """A fitted fleet: its engines, and the verdict of the trial within it."""

    engines: Mapping[str, Engine]
    verdict: Verdict
    limits: tuple[float, ...]

    def foretell(self, name: str, origins: Origins, horizon: int) -> Foretold:
        """Foretell by one engine for one whole number of years; each like state is worked out once."""
        if horizon == 0:
            return _now(origins, self.limits)
        first, back = _like(origins)
        lots = [first[start : start + _AT_ONCE] for start in range(0, len(first), _AT_ONCE)]
        told = [self._of_each(name, origins.at(lot), horizon) for lot in lots]
        p10, p50, p90, chance = (np.concatenate(column)[back] for column in zip(*told, strict=True))
        return Foretold(p10, p50, p90, chance)

    def _of_each(self, name: str, origins: Origins, horizon: int) -> Foretold:
        told = foretold_by(self.engines, self.verdict.shares_at(horizon), name, origins, horizon)
        tail = self.verdict.tail_of(name, horizon)
        p10, p50, p90 = (quantile(told, level) for level in (tail, 0.5, 1 - tail))
        return Foretold(p10, p50, p90, chances(told, self.limits))

    def predict(
        self,
        index: Floats,
        age_of_inspection: Floats,
        horizon_years: Floats,
        *,
        move: Ranks | None = None,
    ) -> Foretold:
        """Foretell by the chosen engine from the last inspection, so many years old, for so many years ahead.

        Between whole years it takes the share of either. `move` is how the index came to where it is, where known.
        """
        known = origins_of(index)
        origins = known if move is None else known._replace(move=move)
        ahead = np.clip(np.asarray(age_of_inspection) + np.asarray(horizon_years), 0, LONGEST)
        return _between(self, origins, np.broadcast_to(ahead, index.shape))


def fit(
    rows: pd.DataFrame, *, until: int, horizons: Sequence[int] = (2, 4, 6), limits: tuple[float, ...] = (60.0, 70.0)
) -> Deterioration:
    """Learn from inspections (asset_id, year, bci; cleaned) with outcomes up to a year; later ones are not looked at.

    Raises NoInspections where no asset was inspected twice by then.
    `limits` are the lower ends of the grades above the worst.
    """
    known = rows[rows["year"] <= until]
    return fit_pairs(pairs_of(known, max(LONGEST, *horizons)), until=until, horizons=horizons, limits=limits)


def fit_pairs(pairs: Pairs, *, until: int, horizons: Sequence[int], limits: tuple[float, ...]) -> Deterioration:
    """Learn from pairs of inspections, all of them known by that year. Raises NoInspections where there is no pair."""
    if not len(pairs.change):
        sentence = f"no asset of the train file was inspected twice by {until}, so nothing can be learned; choose later"
        raise NoInspections(sentence, field="split_year")
    verdict = judge(pairs, until=until, horizons=horizons, limits=limits)
    return Deterioration(fitted(pairs, limits), verdict, limits)


def _like(origins: Origins) -> tuple[Ranks, Ranks]:
    """Give one thing of each like state, and for every thing which of them it is like."""
    slope = np.rint(origins.slope * A_POINT).astype(np.int64)
    state = pd.DataFrame({"l": level_of(origins.points), "m": origins.move, "s": slope, "n": origins.intervals})
    back = state.groupby(["l", "m", "s", "n"], sort=False).ngroup().to_numpy(dtype=np.int64)
    first = np.flatnonzero(~pd.Series(back).duplicated())
    return first.astype(np.int64), back.astype(np.int64)


def _now(origins: Origins, limits: tuple[float, ...]) -> Foretold:
    level = level_of(origins.points)
    index = level / A_POINT
    certain = (np.arange(LEVELS)[None] >= np.unique(level)[:, None]).astype(np.float64)
    return Foretold(index, index, index, chances(certain, limits)[np.searchsorted(np.unique(level), level)])


def _between(model: Deterioration, origins: Origins, ahead: Floats) -> Foretold:
    """Foretell each whole year that is needed for the things that need it, and take the share of either."""
    nothing = np.zeros((len(ahead), 3 + len(model.limits) + 1))
    sum_of = Foretold(nothing[:, 0], nothing[:, 1], nothing[:, 2], nothing[:, 3:])
    for year, mine, share in _needed(ahead):
        told = model.foretell(model.verdict.chosen, origins.at(mine), year)
        for total, part in zip(sum_of, told, strict=True):
            total[mine] += part * (share if part.ndim == 1 else share[:, None])
    return sum_of


def _needed(ahead: Floats) -> Iterator[tuple[int, Ranks, Floats]]:
    whole = np.floor(ahead).astype(np.int64)
    for year in range(int(whole.max(initial=0)) + 2):
        share = np.clip(1 - np.abs(ahead - year), 0, 1)
        mine = np.flatnonzero(share > 0)
        if len(mine):
            yield year, mine, share[mine]
