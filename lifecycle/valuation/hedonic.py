"""A hedonic regression: what each property of a thing adds to the logarithm of its price, strength borrowed by kind."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from lifecycle.grade import Floats
from lifecycle.valuation.design import Design, blocks_of, columns_of, learn_design
from lifecycle.valuation.observed import Observed
from lifecycle.valuation.sparse_gateway import Block, Columns, inverse, solve
from lifecycle.valuation.told import Told

_ROUNDS = 5
"""Rounds in which the variance of each kind of column is learned (MacKay's fixed point)."""
_AGAIN = 3
_TAILS = 4.0
"""Degrees of freedom of the errors: an odd sale weighs less (Student's t), so that the middle is the median."""
_FIRST_VARIANCE, _FIRST_STEP = 0.05, 0.001
_VARIANCES = (1e-7, 5.0)
_LEAST_SPREAD = 0.02
_MOST_LEVERAGE = 0.95
_STEPS = ("month", "category by quarter", "age by quarter")


class Prior(NamedTuple):
    """How much each kind of column may do, learned from the data; `noise` is the variance of what is left."""

    variance: Mapping[str, float]
    noise: float


class Hedonic(NamedTuple):
    """A fitted regression; `out_of_sample` is what it would have said of each sale without that sale."""

    design: Design
    prior: Prior
    base: float
    new_by: Mapping[str, float]
    coefficients: Floats
    inverse: Floats
    out_of_sample: Floats
    leverage: Floats

    def ask(self, sales: Observed) -> Told:
        """Tell the price; the spread grows where little is known of a thing's like."""
        matrix = columns_of(self.design, sales)
        middle = matrix.times(self.coefficients) + self.level(sales)
        return Told(middle, self.spread(matrix.leverage(self.inverse)))

    def level(self, sales: Observed) -> Floats:
        """Give what the regression starts from: the price new where such prices are known, else one level."""
        start = _filled(self.new_by, sales) if self.new_by else np.zeros(len(sales))
        return np.asarray(self.base + start)

    def spread(self, leverage: Floats) -> Floats:
        """Give the standard deviation about the middle."""
        return np.asarray(np.sqrt(max(self.prior.noise, _LEAST_SPREAD**2) * (1 + np.maximum(leverage, 0))))


def fit_hedonic(sales: Observed, prior: Prior | None = None) -> Hedonic:
    """Fit; with a prior that was learned before only the coefficients are learned anew, which is much quicker."""
    design = learn_design(sales)
    blocks = blocks_of(design, sales)
    matrix = Columns(blocks, len(sales))
    new_by = _prices_new(sales)
    level = _filled(new_by, sales) if new_by else np.zeros(len(sales))
    base = float(np.median(sales.goal - level))
    goal = sales.goal - level - base
    learned, weights = _learn(matrix, blocks, goal) if prior is None else (prior, _weigh(matrix, blocks, goal, prior))
    cross, along = matrix.normal(weights, goal)
    known = inverse(cross + np.diag(_penalties(learned, blocks, matrix)))
    coefficients = known @ along
    leverage = matrix.leverage(known)
    share = np.clip(leverage * weights, 0, _MOST_LEVERAGE)
    told = matrix.times(coefficients)
    return Hedonic(
        design, learned, base, new_by, coefficients, known, level + base + goal - (goal - told) / (1 - share), leverage
    )


def _learn(matrix: Columns, blocks: list[Block], goal: Floats) -> tuple[Prior, Floats]:
    """Learn by empirical Bayes how much each kind of column may do, and how much each sale weighs."""
    noise = 0.3 * float(np.var(goal)) + _LEAST_SPREAD**2
    prior = Prior({block.name: _FIRST_STEP if block.name in _STEPS else _FIRST_VARIANCE for block in blocks}, noise)
    weights = np.ones(len(goal))
    for _ in range(_ROUNDS):
        prior, weights = _round(matrix, blocks, goal, prior, weights)
    return prior, weights


def _round(matrix: Columns, blocks: list[Block], goal: Floats, prior: Prior, weights: Floats) -> tuple[Prior, Floats]:
    penalties = _penalties(prior, blocks, matrix)
    cross, along = matrix.normal(weights, goal)
    known = inverse(cross + np.diag(penalties))
    coefficients = known @ along
    used = 1 - penalties * np.diag(known)
    left = goal - matrix.times(coefficients)
    noise = float((weights * left**2).sum() / max(weights.sum() - used.sum(), 0.1 * len(goal)))
    variance = {}
    for at, block in enumerate(blocks):
        some = matrix.group == at
        learned = float((coefficients[some] ** 2).sum() / max(used[some].sum(), 1e-3))
        variance[block.name] = min(max(learned, _VARIANCES[0]), _VARIANCES[1])
    return Prior(variance, max(noise, _LEAST_SPREAD**2)), _weights(left)


def _weigh(matrix: Columns, blocks: list[Block], goal: Floats, prior: Prior) -> Floats:
    """Weigh the sales anew under a prior that is known."""
    weights, penalty = np.ones(len(goal)), np.diag(_penalties(prior, blocks, matrix))
    for _ in range(_AGAIN - 1):
        cross, along = matrix.normal(weights, goal)
        weights = _weights(goal - matrix.times(solve(cross + penalty, along)))
    return weights


def _weights(left: Floats) -> Floats:
    """Give an odd sale less weight."""
    spread = max(1.4826 * float(np.median(np.abs(left))), _LEAST_SPREAD)
    return np.asarray((_TAILS + 1) / (_TAILS + (left / spread) ** 2))


def _penalties(prior: Prior, blocks: list[Block], matrix: Columns) -> Floats:
    each = [prior.noise / prior.variance.get(block.name, _FIRST_STEP) for block in blocks]
    return np.asarray(np.array(each)[matrix.group])


def _prices_new(sales: Observed) -> dict[str, float]:
    """Give the price new by product, make and category, where most sales name one; else nothing."""
    new = sales.told["log_new"]
    if new.notna().mean() <= 0.5:  # noqa: PLR2004 - most
        return {}
    named = sales.told[new.notna()]
    tables = [named.groupby(name)["log_new"].median() for name in ("category", "make", "product")]
    return {"": float(new.median())} | {str(word): float(value) for table in tables for word, value in table.items()}


def _filled(new_by: Mapping[str, float], sales: Observed) -> Floats:
    new = sales.told["log_new"]
    for name in ("product", "make", "category"):
        new = new.fillna(sales.word(name).map(new_by).astype(float))
    return np.asarray(new.fillna(new_by[""]).to_numpy(dtype=np.float64))
