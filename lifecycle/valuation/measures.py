"""How well prices were foretold: measures as fractions of the price, the same for every engine."""

import numpy as np

from lifecycle.grade import Floats
from lifecycle.valuation.interval import LEVELS, Quantiles

_MOST_LOG = 50.0


def measure(told: Quantiles, goal: Floats) -> dict[str, float]:
    """Hold quantiles against what was paid, both as logarithms.

    `bias` is the median of (told - paid) / paid, below 0 where too low; `width80` the median of the interval over the
    middle; `pinball` the mean over P10, P50 and P90 of the pinball loss over what was paid.
    """
    paid = np.exp(goal)
    low, middle, high = (np.exp(np.clip(level, -_MOST_LOG, _MOST_LOG)) for level in told)
    off = middle / paid - 1
    return {
        "rmsle": float(np.sqrt(np.mean((np.log1p(middle) - np.log1p(paid)) ** 2))),
        "mape": float(np.mean(np.abs(off))),
        "mdape": float(np.median(np.abs(off))),
        "bias": float(np.median(off)),
        "coverage80": float(np.mean((low <= paid) & (paid <= high))),
        "width80": float(np.median((high - low) / middle)),
        "pinball": float(
            np.mean([_pinball(part / paid, level) for part, level in zip((low, middle, high), LEVELS, strict=True)])
        ),
        "n": len(goal),
    }


def log_pinball(told: Quantiles, goal: Floats) -> float:
    """Give the mean pinball loss over the three quantiles in the logarithm: by this an engine is chosen."""
    missed = [goal - part for part in told]
    return float(
        np.mean([np.maximum(level * miss, (level - 1) * miss) for level, miss in zip(LEVELS, missed, strict=True)])
    )


def _pinball(share: Floats, level: float) -> float:
    miss = 1 - share
    return float(np.mean(np.maximum(level * miss, (level - 1) * miss)))
