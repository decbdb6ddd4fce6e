"""A life table tells from how long things lasted, and from those still running, how long one of a given age will."""

from typing import NamedTuple

import numpy as np

from lifecycle.grade import Floats

LEAST_FAILURES = 10
"""Below so many failures the maker's prior speaks (a Weibull of the declared life)."""
_STEPS = 200
_NEWTON = 100


class Lives(NamedTuple):
    """Lives: age at the end, whether it failed (else it still ran: right censored), and age when first seen.

    A thing that came under observation at age `entry` could not have been seen failing earlier (left truncated).
    """

    age: Floats
    failed: np.ndarray
    entry: Floats


class KaplanMeier(NamedTuple):
    """Ages at which things failed and the share that outlived each."""

    ages: Floats
    survival: Floats
    failures: int


class Weibull(NamedTuple):
    """Survival exp(-(age / scale) ** shape); `failures` says on how many it rests, 0 for the maker's prior."""

    shape: float
    scale: float
    failures: int = 0


class Left(NamedTuple):
    """What is left at given ages: mean and P10, P50, P90."""

    mean: Floats
    p10: Floats
    p50: Floats
    p90: Floats


def lives_of(age: Floats, failed: np.ndarray | None = None, entry: Floats | None = None) -> Lives:
    """Put lives together; without more said each was seen from new and failed. Lives of no length are left out."""
    ages = np.asarray(age, dtype=np.float64)
    ended = np.ones(len(ages), dtype=bool) if failed is None else np.asarray(failed, dtype=bool)
    began = np.zeros(len(ages)) if entry is None else np.asarray(entry, dtype=np.float64)
    sound = np.isfinite(ages) & np.isfinite(began) & (ages > began) & (began >= 0)
    return Lives(ages[sound], ended[sound], began[sound])


def kaplan_meier(lives: Lives) -> KaplanMeier:
    """Estimate survival without a formula (Kaplan and Meier 1958), counting as at risk only who was under observation.

    >>> table = kaplan_meier(lives_of(np.array([1.0, 2.0, 3.0, 4.0]), np.array([1, 0, 1, 1])))
    >>> table.ages.tolist(), table.survival.tolist()
    ([1.0, 3.0, 4.0], [0.75, 0.375, 0.0])
    """
    ages, deaths = np.unique(lives.age[lives.failed], return_counts=True)
    entered = np.searchsorted(np.sort(lives.entry), ages, side="left")
    gone = np.searchsorted(np.sort(lives.age), ages, side="left")
    at_risk = np.maximum(entered - gone, 1)
    return KaplanMeier(ages, np.cumprod(1 - np.minimum(deaths / at_risk, 1)), int(deaths.sum()))


def survival_at(table: KaplanMeier, ages: Floats) -> Floats:
    """Read the share that outlives each age; beyond the last failure it stays where it was."""
    steps = np.concatenate([[1.0], table.survival])
    return np.asarray(steps[np.searchsorted(table.ages, ages, side="right")])


def weibull(lives: Lives, prior: Weibull | None = None) -> Weibull | None:
    """Fit by maximum likelihood, with censoring and truncation; the prior, or None, below ten failures."""
    failures = int(lives.failed.sum())
    if failures < LEAST_FAILURES:
        return prior
    low, high = np.log(0.05), np.log(80.0)
    for _ in range(_NEWTON):
        middle = (low + high) / 2
        low, high = (middle, high) if _slope(lives, float(np.exp(middle))) > 0 else (low, middle)
    shape = float(np.exp((low + high) / 2))
    return Weibull(shape, _scale(lives, shape), failures)


def declared(median: float, shape: float = 2.5) -> Weibull:
    """Give the maker's prior: half of the things outlive the declared life.

    >>> round(float(outlive(declared(8.0), np.array([0.0]), np.array([8.0]))[0]), 3)
    0.5
    """
    return Weibull(shape, median / np.log(2) ** (1 / shape))


def outlive(model: Weibull, age: Floats, further: Floats) -> Floats:
    """Give the probability that things of these ages last so much further, such as to the end of their contract."""
    return np.asarray(np.exp(-_hazard(model, age, age + np.maximum(further, 0))))


def weibull_left(model: Weibull, age: Floats, cap: float = np.inf) -> Left:
    """Give what is left at each age, for the whole fleet at once; the mean is of what is left up to the cap."""
    age = np.asarray(age, dtype=np.float64)
    levels = (np.arange(_STEPS) + 0.5) / _STEPS
    grid = np.minimum(_quantile(model, age[:, None], levels[None, :]), cap)
    low, middle, high = (np.minimum(_quantile(model, age, level), cap) for level in (0.1, 0.5, 0.9))
    return Left(grid.mean(axis=1), low, middle, high)


def _quantile(model: Weibull, age: Floats, level: Floats | float) -> Floats:
    passed = (np.maximum(age, 0) / model.scale) ** model.shape
    return np.asarray(model.scale * (passed - np.log1p(-np.asarray(level))) ** (1 / model.shape) - age)


def _hazard(model: Weibull, low: Floats, high: Floats) -> Floats:
    return np.asarray((high / model.scale) ** model.shape - (low / model.scale) ** model.shape)


def _powers(lives: Lives, shape: float) -> tuple[Floats, Floats, float]:
    """Give (age / oldest) and (entry / oldest) to the power of the shape, and the oldest age."""
    oldest = float(lives.age.max())
    return (lives.age / oldest) ** shape, (lives.entry / oldest) ** shape, oldest


def _scale(lives: Lives, shape: float) -> float:
    aged, entered, oldest = _powers(lives, shape)
    return float(oldest * ((aged - entered).sum() / lives.failed.sum()) ** (1 / shape))


def _slope(lives: Lives, shape: float) -> float:
    """Give the slope of the profile likelihood in the shape: it falls through zero at the best shape."""
    aged, entered, oldest = _powers(lives, shape)
    logs = np.log(lives.age / oldest)
    began = np.log(np.where(lives.entry > 0, lives.entry, oldest) / oldest)
    drift = (aged * logs - entered * began).sum() / (aged - entered).sum()
    return float(1 / shape + logs[lives.failed].mean() - drift)
