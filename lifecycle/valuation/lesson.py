"""A lesson is what observed sales taught of one product's value: a curve by age, and how well it held."""

import hashlib
import json
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from sqlmodel import Field, SQLModel

from lifecycle.grade import GRADES, Floats
from lifecycle.product import CurvePoint, Product
from lifecycle.valuation.assumptions import figure
from lifecycle.valuation.interval import Calibration, Quantiles, interval
from lifecycle.valuation.observed import Observed
from lifecycle.valuation.told import Fitted

RULE = "value-lesson/1"
_BEST = 5.0
_FACTORS = (0.05, 1.5)
_MOST_YEARS = 30
_LEAST_AGE = 0.25
_ALIKE = 1e-9


class Lesson(SQLModel):
    """What was learned of a product: the engine chosen, on how many sales, and what it told of each age.

    `points` are shares of the price new; `grade_factors` what grades change, empty where the sales tell none; `figures`
    how every engine fared on sales that were held out, as fractions; `price_kind` of what prices it speaks.
    """

    model_config = {"extra": "forbid", "allow_inf_nan": False}

    engine: str
    sales: int
    price_kind: str = ""
    points: list[CurvePoint]
    grade_factors: dict[str, float] = Field(default_factory=dict)
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
    """Make up the things that are asked of an engine: the product at each age at usual use, and at each grade.

    All else is as it is most often among its sales, or among all where it was never sold.
    """
    own = (sales.word("product") == name).to_numpy()
    like = sales.where(own) if own.any() else sales
    ages = _ages(product, sales)
    years = np.array([*ages, *[float(np.median(ages))] * len(GRADES)])
    category, make, model, currency = name.split("|")
    pace = (like.told["usage"] / like.told["age"].clip(lower=_LEAST_AGE)).median()
    time = float(sales.told["time"].max())
    told = {
        **{word: like.word(word).mode().iloc[0] for word in ("price_kind", "seller_kind", "usage_unit")},
        "category": category,
        "make": make,
        "model": model,
        "currency": currency,
        "product": name,
        "age": years,
        "usage": pace * np.maximum(years, _LEAST_AGE),
        "grade": [float("nan")] * len(ages) + [_BEST - at for at in range(len(GRADES))],
        "made": time + 2000 - years,
        "time": time,
        "log_price": 0.0,
        "log_new": np.log(float(product.price_new)),
    }
    attributes = {str(column): like.attributes[column].mode().iloc[0] for column in like.attributes.columns}
    index = pd.RangeIndex(len(years))
    return Observed(pd.DataFrame(told, index=index), pd.DataFrame(attributes, index=index))


def teach(
    fitted: Fitted, calibration: Calibration, asked: Observed, product: Product
) -> tuple[list[CurvePoint], dict[str, float]]:
    """Give the curve that an engine tells, never rising with age, and what each grade changes."""
    told = fitted.ask(asked)
    ages, count = asked.figure("age"), len(asked) - len(GRADES)
    quantiles = interval(calibration, told, np.zeros(len(asked)))
    by_age = Quantiles(*(level[:count] for level in quantiles))
    points = _points(ages[:count], by_age, float(np.log(float(product.price_new))))
    by_grade = np.exp(told.middle[count:] - np.interp(ages[-1], ages[:count], told.middle[:count]))
    if float(np.ptp(by_grade)) < _ALIKE:
        return points, {}
    factors = np.minimum.accumulate(np.clip(by_grade, *_FACTORS))
    return points, {grade: round(float(factor), 4) for grade, factor in zip(GRADES, factors, strict=True)}


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
