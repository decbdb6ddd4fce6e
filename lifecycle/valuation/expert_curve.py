"""A curve as an expert draws it: a category's share of the price new at two ages, and what use and grade change."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from lifecycle.grade import Floats
from lifecycle.valuation.observed import Observed
from lifecycle.valuation.price_new import PricesNew, learn_prices_new
from lifecycle.valuation.textbook import usual_age
from lifecycle.valuation.told import Told

_LEAST = 30
"""Sales below which a category has no curve of its own."""
_NOISE = 0.22
"""What an expert is off in the logarithm: 0.20 to 0.25 on observed sales, not the 0.15 that experts say."""
_TENTH = 1.2815515655446004
_ELASTICITIES = (-0.8, 0.1)
_LEAST_OF_A_GRADE = 20
_LEAST_AGE = 0.25


class Curve(NamedTuple):
    """One category: logarithms of the share at two ages (P10, P50, P90), use a year, elasticity, effect by grade."""

    ages: tuple[float, float]
    low: tuple[float, float]
    middle: tuple[float, float]
    high: tuple[float, float]
    use_a_year: float
    elasticity: float
    by_grade: Mapping[float, float]

    def along(self, ages: Floats, logs: tuple[float, float]) -> Floats:
        """Read between the two ages along the logarithm, and beyond them at the same pace."""
        pace = (logs[1] - logs[0]) / max(self.ages[1] - self.ages[0], _LEAST_AGE)
        return np.asarray(logs[0] + pace * (ages - self.ages[0]))

    def use(self, ages: Floats, usage: Floats) -> Floats:
        """Give the logarithm of use against what is usual at that age; 0 where nobody read the meter."""
        return np.asarray(np.nan_to_num(np.log(usage / (self.use_a_year * np.maximum(ages, _LEAST_AGE)))))

    def grade(self, grades: Floats) -> Floats:
        """Give the logarithm of what a grade changes; 0 where it is unknown."""
        return np.array([self.by_grade.get(float(np.round(grade)), 0.0) for grade in grades])


class ExpertCurve(NamedTuple):
    """The curves by category; the one without a name serves every category that has none."""

    new: PricesNew
    curves: Mapping[str, Curve]
    age: float

    def ask(self, sales: Observed) -> Told:
        """Tell the value by the curve of each thing's category."""
        middle, spread = self.new.of(sales), np.zeros(len(sales))
        ages = np.nan_to_num(sales.figure("age"), nan=self.age)
        usage, grades = sales.figure("usage"), sales.figure("grade")
        names = sales.word("category").to_numpy()
        for name in dict.fromkeys(names.tolist()):
            rows, curve = names == name, self.curves.get(name, self.curves[""])
            read = [curve.along(ages[rows], logs) for logs in (curve.low, curve.middle, curve.high)]
            use = curve.elasticity * curve.use(ages[rows], usage[rows])
            middle[rows] += read[1] + use + curve.grade(grades[rows])
            spread[rows] = np.hypot(np.maximum(read[2] - read[0], 0) / (2 * _TENTH), _NOISE)
        return Told(middle, spread)

    def use_of(self, sales: Observed) -> tuple[Floats, Floats]:
        """Give age and relative use of each thing, by the curve of its category."""
        ages = np.nan_to_num(sales.figure("age"), nan=self.age)
        names, use = sales.word("category").to_numpy(), np.zeros(len(sales))
        for name in dict.fromkeys(names.tolist()):
            rows = names == name
            use[rows] = self.curves.get(name, self.curves[""]).use(ages[rows], sales.figure("usage")[rows])
        return ages, use


def fit_expert_curve(sales: Observed, new: PricesNew | None = None) -> ExpertCurve:
    """Draw the curves from what was sold: an expert who knows the trade, but neither make nor model."""
    prices, usual = new or learn_prices_new(sales), usual_age(sales)
    share = sales.goal - prices.of(sales)
    names = sales.word("category")
    counts = names.value_counts()
    curves = {"": _draw(sales, share, usual)} | {
        str(name): _draw(sales.where(rows), share[rows], usual)
        for name, count in counts.items()
        if count >= _LEAST and name and not (rows := (names == name).to_numpy()).all()
    }
    return ExpertCurve(prices, curves, usual)


def _draw(sales: Observed, share: Floats, usual: float) -> Curve:
    ages = np.nan_to_num(sales.figure("age"), nan=usual)
    is_old = ages > np.median(ages)
    halves = (~is_old, is_old if is_old.any() else ~is_old)
    at = (float(np.median(ages[halves[0]])), float(np.median(ages[halves[1]])))
    low, middle, high = (
        (float(np.quantile(share[halves[0]], level)), float(np.quantile(share[halves[1]], level)))
        for level in (0.1, 0.5, 0.9)
    )
    pace = sales.figure("usage") / np.maximum(ages, _LEAST_AGE)
    known = pace[np.isfinite(pace)]
    bare = Curve(at, low, middle, high, float(np.median(known)) if len(known) else 1.0, 0.0, {})
    left = share - bare.along(ages, middle)
    elasticity = _elasticity(bare.use(ages, sales.figure("usage")), left)
    left -= elasticity * bare.use(ages, sales.figure("usage"))
    return bare._replace(elasticity=elasticity, by_grade=_by_grade(np.round(sales.figure("grade")), left))


def _elasticity(use: Floats, left: Floats) -> float:
    """Give by what share the price changes with the share of use, by least squares with odd sales cut off."""
    clipped = np.clip(use, -1.5, 1.5)
    square = float((clipped**2).sum())
    off = np.clip(left - np.median(left), -0.7, 0.7)
    return float(np.clip((clipped * off).sum() / square, *_ELASTICITIES)) if square > 1 else 0.0


def _by_grade(grades: Floats, left: Floats) -> dict[float, float]:
    found = {float(grade): left[grades == grade] for grade in np.unique(grades[~np.isnan(grades)])}
    return {grade: float(np.median(some)) for grade, some in found.items() if len(some) >= _LEAST_OF_A_GRADE}
