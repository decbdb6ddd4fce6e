"""A trial sets engines to foretell years that are already known, of things they have not seen, and chooses by that."""

from collections.abc import Mapping, Sequence
from itertools import product
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from lifecycle.condition.deterioration_engines import POOL, POOLED, Engine, fitted
from lifecycle.condition.deterioration_figures import figure
from lifecycle.condition.deterioration_levels import MOST, chances, grade_at, level_of
from lifecycle.condition.deterioration_pairs import Pairs
from lifecycle.condition.scores import Ranks, rps
from lifecycle.grade import Floats

TAIL = 0.1
"""Chance left out at either side of the 80 % interval, as long as nothing was measured."""
_MISSED = 0.2
_LEAST_TAIL = 0.005
_PARTS = 4
_AT_ONCE = 2_000

Chosen = NDArray[np.bool_]


class Told(NamedTuple):
    """What an engine said of each case: chances of the grades, and of being at most at, and below, what came."""

    chance: Floats
    at: Floats
    below: Floats


class Trial(NamedTuple):
    """The cases and what every engine said of them."""

    horizon: Ranks
    grade: Ranks
    told: Mapping[str, Told]

    def at(self, cases: Chosen) -> "Trial":
        """Give the chosen cases only."""
        told = {name: Told(*(column[cases] for column in one)) for name, one in self.told.items()}
        return Trial(self.horizon[cases], self.grade[cases], told)


class Verdict(NamedTuple):
    """The engine that did best, the shares of the pool, and the tail that each interval must leave out to hold 80 %."""

    chosen: str
    shares: Mapping[int, Mapping[str, float]]
    scores: Mapping[str, float]
    tails: Mapping[str, Mapping[int, float]]
    cases: int

    def shares_at(self, horizon: int) -> Mapping[str, float]:
        """Give the shares of the pool at the measured horizon that is nearest."""
        return self.shares[_nearest(self.shares, horizon)] if self.shares else {POOL[0]: 1.0}

    def tail_of(self, name: str, horizon: int) -> float:
        """Give the tail of an engine at the measured horizon that is nearest."""
        measured = self.tails.get(name, {})
        return measured[_nearest(measured, horizon)] if measured else TAIL


def _nearest(measured: Mapping[int, object], horizon: int) -> int:
    return min(measured, key=lambda one: (abs(one - horizon), one))


def judge(pairs: Pairs, *, until: int, horizons: Sequence[int], limits: tuple[float, ...]) -> Verdict:
    """Hold the engines against the last known years: by asset and forward in time, all within the train file."""
    held = figure("validation", "years")
    folds = _folds(pairs, until, int(held), horizons)
    if not folds:
        return Verdict("outcome_table", {}, {}, {}, 0)
    trial = _joined([try_engines(fitted(known, limits), cases, limits) for known, cases in folds])
    at = {horizon: trial.horizon == horizon for horizon in sorted(set(trial.horizon.tolist()))}
    shares = {horizon: _best_shares(trial.at(cases)) for horizon, cases in at.items()}
    engines = [*trial.told, POOLED]
    told = {(name, h): said_by(trial.at(cases).told, shares[h], name) for name in engines for h, cases in at.items()}
    missed = {name: [rps(told[name, h].chance, trial.grade[cases]) for h, cases in at.items()] for name in engines}
    scores = {name: float(np.mean([each.mean() for each in by_horizon])) for name, by_horizon in missed.items()}
    tails = {name: {h: _tail(told[name, h]) for h in at} for name in engines}
    return Verdict(_chosen(scores, missed), shares, scores, tails, len(trial.grade))


def _chosen(scores: Mapping[str, float], missed: Mapping[str, list[Floats]]) -> str:
    """Take the best single engine; the pool, whose shares were fitted to these very cases, only if clearly better.

    Clearly is by more than twice the standard error of the difference.
    """
    single = min(scores.keys() - {POOLED}, key=lambda name: (scores[name], name))
    gained = np.concatenate(missed[single]) - np.concatenate(missed[POOLED])
    error = float(gained.std() / np.sqrt(len(gained)))
    return POOLED if scores[single] - scores[POOLED] > 2 * error else single


def _folds(pairs: Pairs, until: int, held: int, horizons: Sequence[int]) -> list[tuple[Pairs, Pairs]]:
    folds = int(figure("validation", "folds"))
    first = until - held - int(figure("validation", "years_of_origins"))
    asked = np.isin(pairs.horizon, horizons) & (pairs.origin_year >= first)
    found = []
    for fold in range(folds):
        mine = pairs.asset % folds == fold
        known = pairs.at(~mine & (pairs.outcome_year <= until - held))
        cases = pairs.at(mine & asked & (pairs.outcome_year > until - held) & (pairs.outcome_year <= until))
        if len(known.change) and len(cases.change):
            found.append((known, cases))
    return found


def try_engines(engines: Mapping[str, Engine], cases: Pairs, limits: tuple[float, ...]) -> Trial:
    """Let every engine foretell every case, a lot of one horizon at a time."""
    parts = []
    for horizon in sorted(set(cases.horizon.tolist())):
        found = np.flatnonzero(cases.horizon == horizon)
        for start in range(0, len(found), _AT_ONCE):
            lot = found[start : start + _AT_ONCE]
            origins, came = cases.origins.at(lot), cases.origins.points[lot] + cases.change[lot]
            told = {name: _told(engine.cumulative(origins, horizon), came, limits) for name, engine in engines.items()}
            parts.append(Trial(cases.horizon[lot], grade_at(came, limits), told))
    return _joined(parts)


def _told(cumulative: Floats, came: Floats, limits: tuple[float, ...]) -> Told:
    level, row = level_of(came), np.arange(len(came))
    below = np.where(level > 0, cumulative[row, np.maximum(level - 1, 0)], 0.0)
    return Told(chances(cumulative, limits), cumulative[row, np.minimum(level, MOST)], below)


def said_by(told: Mapping[str, Told], shares: Mapping[str, float], name: str) -> Told:
    """Give what one engine said, or what the pool says with these shares."""
    return mixed(told, shares) if name == POOLED else told[name]


def mixed(told: Mapping[str, Told], shares: Mapping[str, float]) -> Told:
    """Mix what engines said; a mixture of distributions has the mixture of their chances."""
    parts = [[share * column for column in told[name]] for name, share in shares.items()]
    return Told(*(np.asarray(sum(column)) for column in zip(*parts, strict=True)))


def _best_shares(trial: Trial) -> dict[str, float]:
    candidates = [
        dict(zip(POOL, (part / _PARTS for part in parts), strict=True))
        for parts in product(range(_PARTS + 1), repeat=len(POOL))
        if sum(parts) == _PARTS
    ]
    return min(candidates, key=lambda shares: float(rps(mixed(trial.told, shares).chance, trial.grade).mean()))


def _tail(told: Told) -> float:
    """Give the largest tail with which the interval held 80 % of what came (split conformal); 10 % where few came.

    It only ever widens: later years differ more from the known ones than these do from each other.
    """
    count = len(told.at)
    if count < figure("evidence", "fewest_cases"):
        return TAIL
    reached = np.sort(np.minimum(told.at, 1 - told.below))
    return float(np.clip(reached[max(int(_MISSED * (count + 1)) - 1, 0)], _LEAST_TAIL, TAIL))


def _joined(trials: Sequence[Trial]) -> Trial:
    told = {
        name: Told(*(np.concatenate([trial.told[name][column] for trial in trials]) for column in range(3)))
        for name in trials[0].told
    }
    return Trial(
        np.concatenate([trial.horizon for trial in trials]), np.concatenate([trial.grade for trial in trials]), told
    )
