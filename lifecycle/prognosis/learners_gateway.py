"""Learners: boosted trees, support vectors and logistic regression, by scikit-learn; the same data, the same answer."""

from typing import Any, Protocol

import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVR
from threadpoolctl import threadpool_limits

from lifecycle.grade import Floats

SEED = 7
_MOST_BOOSTED = 40_000
_MOST_SUPPORT = 6_000


class Learner(Protocol):
    """What can be fitted and asked."""

    def fit(self, figures: Floats, goal: Floats) -> "Learner":
        """Learn the goal from the figures."""

    def ask(self, figures: Floats) -> Floats:
        """Give the expected goal, or the probability that it is 1, of each row."""


class _Fitted:
    """A scikit-learn model, fitted on at most so many rows, evenly taken."""

    def __init__(self, model: Any, most: int, *, is_classifier: bool) -> None:
        self._model, self._most, self._is_classifier = model, most, is_classifier

    def fit(self, figures: Floats, goal: Floats) -> Learner:
        rows = np.arange(0, len(goal), max(-(-len(goal) // self._most), 1))
        with threadpool_limits(limits=1):  # threads that wait for each other on a busy machine take ten times as long
            self._model.fit(figures[rows], goal[rows])
        return self

    def ask(self, figures: Floats) -> Floats:
        with threadpool_limits(limits=1):
            told = self._model.predict_proba(figures)[:, 1] if self._is_classifier else self._model.predict(figures)
        return np.asarray(told, dtype=np.float64)


def boosting() -> Learner:
    """Give boosted regression trees."""
    model = HistGradientBoostingRegressor(
        max_iter=250,
        learning_rate=0.04,
        max_leaf_nodes=12,
        min_samples_leaf=40,
        l2_regularization=5,
        max_features=0.3,
        early_stopping=False,
        random_state=SEED,
    )
    return _Fitted(model, _MOST_BOOSTED, is_classifier=False)


def support_vectors(figures: int) -> Learner:
    """Give a smooth regression by support vectors, for so many figures a row."""
    model = make_pipeline(StandardScaler(), SVR(C=50, gamma=0.3 / max(figures, 1), epsilon=5))
    return _Fitted(model, _MOST_SUPPORT, is_classifier=False)


def boosted_chance() -> Learner:
    """Give boosted trees for a probability."""
    model = HistGradientBoostingClassifier(
        max_iter=200,
        learning_rate=0.05,
        max_leaf_nodes=12,
        min_samples_leaf=40,
        l2_regularization=5,
        max_features=0.5,
        early_stopping=False,
        random_state=SEED,
    )
    return _Fitted(model, 200_000, is_classifier=True)


def logistic_chance() -> Learner:
    """Give logistic regression: a discrete hazard where each row is a day at risk."""
    return _Fitted(
        make_pipeline(StandardScaler(), LogisticRegression(C=1.0, max_iter=500)), 200_000, is_classifier=True
    )
