"""The hedonic regression with boosted trees on what it leaves over, and trees for how far off each price may be."""

from typing import NamedTuple

import numpy as np

from lifecycle.grade import Floats
from lifecycle.valuation.design import columns_of, figures_of, words_of
from lifecycle.valuation.hedonic import Hedonic, Prior, fit_hedonic
from lifecycle.valuation.learners_gateway import Trees, grow, grow_few
from lifecycle.valuation.observed import Observed
from lifecycle.valuation.told import Told

LEAST = 200
"""Sales below which trees find nothing that the regression did not."""
_MOST_WORDS = 250
_FAR = 3.0
"""What is left over counts for at most so many standard deviations: an odd sale teaches no tree."""
_LEAST_SPREAD = 0.02
_ONE_DEVIATION = 1.887
"""The mean logarithm of how far normal errors are off lies so many times below their standard deviation."""


class Boosted(NamedTuple):
    """The regression and its trees; `kept` are the columns of figures that differ between sales."""

    hedonic: Hedonic
    kept: tuple[int, ...]
    middle: Trees
    spread: Trees

    def ask(self, sales: Observed) -> Told:
        """Tell the price: the regression, corrected by the trees."""
        matrix = columns_of(self.hedonic.design, sales)
        leverage = matrix.leverage(self.hedonic.inverse)
        plain = matrix.times(self.hedonic.coefficients) + self.hedonic.level(sales)
        figures = _figures(self.hedonic, sales, plain, leverage)[0][:, self.kept]
        spread = _ONE_DEVIATION * np.exp(self.spread.predict(figures)) * np.sqrt(1 + np.maximum(leverage, 0))
        return Told(plain + self.middle.predict(figures), np.maximum(spread, _LEAST_SPREAD))


def fit_boosted(sales: Observed, prior: Prior | None = None, hedonic: Hedonic | None = None) -> Boosted:
    """Fit the regression, and the trees on what it would have left over of each sale without that sale."""
    plain = hedonic or fit_hedonic(sales, prior)
    figures, is_word = _figures(plain, sales, plain.out_of_sample, plain.leverage)
    kept = tuple(at for at in range(figures.shape[1]) if _differs(figures[:, at]))
    words = [place for place, at in enumerate(kept) if is_word[at]]
    left = sales.goal - plain.out_of_sample
    far = _FAR * max(1.4826 * float(np.median(np.abs(left))), _LEAST_SPREAD)
    middle = grow(figures[:, kept], np.clip(left, -far, far), words=words)
    off = np.maximum(
        np.abs(left), _LEAST_SPREAD / 4
    )  # of the regression: what trees leave of what they saw is too little
    spread = grow_few(figures[:, kept], np.log(off), words=words)
    return Boosted(plain, kept, middle, spread)


def _figures(plain: Hedonic, sales: Observed, told: Floats, leverage: Floats) -> tuple[Floats, list[bool]]:
    design = plain.design
    figures = figures_of(design, sales).to_numpy(dtype=np.float64)
    words = [
        column.map(design.words[name]).to_numpy(dtype=np.float64)
        for name, column in words_of(design, sales).items()
        if name in design.words and len(design.words[name]) <= _MOST_WORDS and "+" not in name
    ]
    also = [told, leverage, sales.figure("made"), sales.figure("time")]
    return np.column_stack([figures, *also, *words]), [False] * (figures.shape[1] + len(also)) + [True] * len(words)


def _differs(column: Floats) -> bool:
    known = column[~np.isnan(column)]
    return len(known) > 0 and bool((known != known[0]).any())
