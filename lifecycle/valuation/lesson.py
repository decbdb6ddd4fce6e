"""A lesson is what observed sales taught of one product's value: a curve by age, and how well it held."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
from sqlmodel import Field, SQLModel

from lifecycle.grade import GRADES, Floats
from lifecycle.product import CurvePoint, Product
from lifecycle.valuation.assumptions import figure
from lifecycle.valuation.interval import Calibration, Quantiles, interval
from lifecycle.valuation.observed import Observed
from lifecycle.valuation.told import Fitted

RULE = "value-lesson/2"
_BEST = 5.0
_FACTORS = (0.05, 1.5)
_MOST_YEARS = 30
_LEAST_AGE = 0.25
_ALIKE = 1e-9
_USES = (0.5, 2.0)
"""An engine is asked what half and twice the usual use would change."""
_ELASTICITIES = (-1.0, 0.0)


class Lesson(SQLModel):
    """What was learned of a product: the engine chosen, on how many sales, and what it told of each age.

    `points` are shares of the price new; `grade_factors` what grades change, empty where the sales tell none;
    `use_elasticity` by what share the value changes with use, over `use_a_year` in `usage_unit`; `own_sales` those of
    this very product; `figures` how every engine fared on sales that were held out, as fractions; `price_kind` of what
    prices it speaks.
    """

    model_config = {"extra": "forbid", "allow_inf_nan": False}

    engine: str
    sales: int
    price_kind: str = ""
    points: list[CurvePoint]
    grade_factors: dict[str, float] = Field(default_factory=dict)
    use_elasticity: float | None = None
    use_a_year: float | None = None
    usage_unit: str = ""
    own_sales: int = 0
    figures: dict[str, dict[str, float]] = Field(default_factory=dict)
    rule: str = RULE

    @property
    def fingerprint(self) -> str:
        """Give a digest of what was learned, the same for the same."""
        told = self.model_dump(mode="json")
        return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()

    @property
    def mdape(self) -> float | None:
        """Give the median error of the chosen engine on what it had not seen."""
        return self.figures.get(self.engine, {}).get("mdape")


def questions(sales: Observed, product: Product, name: str) -> Observed:
    """Make up the things that are asked of an engine: the product at each age, at each grade, and at less and more use.

    All else is as it is most often among its sales, or among all where it was never sold.
    """
    like = _like(sales, name)
    ages, (pace, unit) = _ages(product, sales), usual_pace(sales, name)
    middle = float(np.median(ages))
    years = np.array([*ages, *[middle] * (len(GRADES) + len(_USES))])
    use = np.array([1.0] * (len(ages) + len(GRADES)) + list(_USES))
    category, make, model, currency = name.split("|")
    time = float(sales.told["time"].max())
    told = {
        **{word: like.word(word).mode().iloc[0] for word in ("price_kind", "seller_kind")},
        "usage_unit": unit,
        "category": category,
        "make": make,
        "model": model,
        "currency": currency,
        "product": name,
        "age": years,
        "usage": (float("nan") if pace is None else pace) * np.maximum(years, _LEAST_AGE) * use,
        "grade": [float("nan")] * len(ages) + [_BEST - at for at in range(len(GRADES))] + [float("nan")] * len(_USES),
        "made": time + 2000 - years,
        "time": time,
        "log_price": 0.0,
        "log_new": np.log(float(product.price_new)),
    }
    attributes = {str(column): like.attributes[column].mode().iloc[0] for column in like.attributes.columns}
    index = pd.RangeIndex(len(years))
    return Observed(pd.DataFrame(told, index=index), pd.DataFrame(attributes, index=index))


def usual_pace(sales: Observed, name: str) -> tuple[float | None, str]:
    """Give how much a product's like was used a year, and in which unit its sales say so."""
    like = _like(sales, name)
    unit = str(like.word("usage_unit").mode().iloc[0])
    pace = float((like.told["usage"] / like.told["age"].clip(lower=_LEAST_AGE)).median())
    return (pace if np.isfinite(pace) and pace > 0 else None), unit


def own_sales(sales: Observed, name: str) -> int:
    """Count the sales of this very product."""
    return int((sales.word("product") == name).sum())


class Taught(NamedTuple):
    """What an engine told when it was asked: the curve by age, what each grade changes, and what use does."""

    points: list[CurvePoint]
    grade_factors: dict[str, float]
    use_elasticity: float | None


def teach(fitted: Fitted, calibration: Calibration, asked: Observed, product: Product) -> Taught:
    """Give the curve that an engine tells, never rising with age or use, and what each grade changes."""
    told = fitted.ask(asked)
    ages, count = asked.figure("age"), len(asked) - len(GRADES) - len(_USES)
    quantiles = interval(calibration, told, np.zeros(len(asked)))
    by_age = Quantiles(*(level[:count] for level in quantiles))
    points = _points(ages[:count], by_age, float(np.log(float(product.price_new))))
    by_grade = np.exp(told.middle[count : count + len(GRADES)] - np.interp(ages[-1], ages[:count], told.middle[:count]))
    elasticity = _elasticity(told.middle[count + len(GRADES) :]) if np.isfinite(asked.figure("usage")).all() else None
    if float(np.ptp(by_grade)) < _ALIKE:
        return Taught(points, {}, elasticity)
    factors = np.minimum.accumulate(np.clip(by_grade, *_FACTORS))
    by_letter = {grade: round(float(factor), 4) for grade, factor in zip(GRADES, factors, strict=True)}
    return Taught(points, by_letter, elasticity)


def _elasticity(told: Floats) -> float:
    pace = float(told[1] - told[0]) / float(np.log(_USES[1] / _USES[0]))
    return round(min(max(pace, _ELASTICITIES[0]), _ELASTICITIES[1]), 4)


def _like(sales: Observed, name: str) -> Observed:
    own = (sales.word("product") == name).to_numpy()
    return sales.where(own) if own.any() else sales


def figures_of(measures: Mapping[str, Mapping[str, float]]) -> dict[str, dict[str, float]]:
    """Give the measures as they are kept: rounded, without the seconds."""
    return {
        name: {key: round(float(value), 4) for key, value in told.items() if key != "seconds"}
        for name, told in measures.items()
    }


def _points(ages: Floats, told: Quantiles, log_new: float) -> list[CurvePoint]:
    shares = [np.minimum.accumulate(np.maximum(np.exp(level - log_new), figure("least", "share"))) for level in told]
    return [
        CurvePoint(
            age_years=float(age), p10=round(float(low), 6), p50=round(float(middle), 6), p90=round(float(high), 6)
        )
        for age, low, middle, high in zip(ages, *shares, strict=True)
    ]


def _ages(product: Product, sales: Observed) -> Sequence[float]:
    """Ask for whole years up to the oldest that was sold: beyond, the curve goes on at its last pace."""
    oldest = sales.told["age"].quantile(0.98)
    last = float(oldest) if np.isfinite(oldest) else product.rated_years
    return [float(year) for year in range(int(min(max(last, 2), _MOST_YEARS)) + 1)]
