"""What a thing's own use does to its value: more than is usual at its age makes it worth less."""

from datetime import date
from typing import NamedTuple

import numpy as np

from lifecycle.product import Product
from lifecycle.valuation.assumptions import figure
from lifecycle.valuation.lesson import Lesson

_LEAST_YEARS = 0.25
_DAYS_A_YEAR = 365.25
_MOST = 1.5
"""In the logarithm: nobody knows what more than four and a half times the usual use does."""


class Use(NamedTuple):
    """What a meter read of a thing on a day, in the unit of its product's usage metric."""

    usage: float
    read_on: date


class UseEffect(NamedTuple):
    """The use of a thing over what is usual at its age, by what share the value changes with it, and the factor."""

    share: float
    elasticity: float
    factor: float


def usual_use(product: Product, lesson: Lesson | None, *, years: float) -> float | None:
    """Give what is usual after so many years: as with the things that were sold, else as the product is rated.

    Sales count where they speak in the product's own metric. A thing is taken to be a quarter of a year old at least.
    """
    aged = max(years, _LEAST_YEARS)
    if lesson is not None and lesson.use_a_year and lesson.usage_unit == (product.usage_metric or ""):
        return lesson.use_a_year * aged
    if product.usage_metric is None or not product.rated_usage:
        return None
    return product.rated_usage / product.rated_years * aged


def use_effect(product: Product, lesson: Lesson | None, use: Use | None, *, born: date) -> UseEffect | None:
    """Tell what a thing's use does to its value; nothing where its use or what is usual is not known.

    The elasticity is learned from sales, or assumed where sales tell none. More use never makes a thing worth more.
    """
    if use is None or use.usage <= 0 or use.read_on < born:
        return None
    usual = usual_use(product, lesson, years=(use.read_on - born).days / _DAYS_A_YEAR)
    if not usual:
        return None
    learned = None if lesson is None else lesson.use_elasticity
    elasticity = figure("use", "elasticity") if learned is None else learned
    share = use.usage / usual
    return UseEffect(share, elasticity, float(np.exp(elasticity * np.clip(np.log(share), -_MOST, _MOST))))
