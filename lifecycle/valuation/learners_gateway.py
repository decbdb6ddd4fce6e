"""Boosted trees for what a plain regression of prices leaves over, by scikit-learn; the same data, the same answer."""

from typing import NamedTuple, Protocol

import numpy as np
from sklearn.ensemble import HistGradientBoostingRegressor
from threadpoolctl import threadpool_limits

from lifecycle.grade import Floats

_SEED = 7
_MOST = 60_000
_MANY, _VERY_MANY = 2_000, 8_000


class Trees(Protocol):
    """Trees that have learned."""

    def predict(self, figures: Floats) -> Floats:
        """Give the expected goal of each row."""


def grow(figures: Floats, goal: Floats, *, words: list[int]) -> Trees:
    """Grow trees on figures (columns in `words` are numbers of words), evenly taken where there are very many rows."""
    many, very_many = len(goal) >= _MANY, len(goal) >= _VERY_MANY
    return _fit(
        HistGradientBoostingRegressor(
            max_iter=500 if very_many else 300 if many else 120,
            learning_rate=0.05 if many else 0.04,
            max_leaf_nodes=31 if very_many else 20 if many else 8,
            min_samples_leaf=20,
            l2_regularization=5,
            max_features=0.4,
            early_stopping=False,
            categorical_features=words or None,
            random_state=_SEED,
        ),
        figures,
        goal,
    )


def grow_few(figures: Floats, goal: Floats, *, words: list[int]) -> Trees:
    """Grow few, small trees, for what is noisy: how far off a price may be."""
    return _fit(
        HistGradientBoostingRegressor(
            max_iter=60,
            learning_rate=0.06,
            max_leaf_nodes=8,
            min_samples_leaf=40,
            l2_regularization=20,
            max_features=0.4,
            early_stopping=False,
            categorical_features=words or None,
            random_state=_SEED,
        ),
        figures,
        goal,
    )


def _fit(trees: HistGradientBoostingRegressor, figures: Floats, goal: Floats) -> Trees:
    if not figures.shape[1]:
        return _Alike(float(goal.mean()))
    rows = np.arange(0, len(goal), max(-(-len(goal) // _MOST), 1))
    with threadpool_limits(limits=1):  # threads that wait for each other on a busy machine take ten times as long
        trees.fit(figures[rows], goal[rows])
    return _Quiet(trees)


class _Alike(NamedTuple):
    """No tree at all, where nothing tells one row from another."""

    goal: float

    def predict(self, figures: Floats) -> Floats:
        return np.full(len(figures), self.goal)


class _Quiet:
    """Trees that ask no more of the machine than one core."""

    def __init__(self, trees: HistGradientBoostingRegressor) -> None:
        self._trees = trees

    def predict(self, figures: Floats) -> Floats:
        with threadpool_limits(limits=1):
            return np.asarray(self._trees.predict(figures), dtype=np.float64)
