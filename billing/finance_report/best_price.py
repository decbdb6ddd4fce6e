"""What things would bring at the best grade on days to come, and how surely: in columns, by the rules of value."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from typing import NamedTuple
from uuid import UUID

import numpy as np

from billing.finance_report.known_thing import KnownThing
from lifecycle.grade import GRADES, Floats
from lifecycle.money import to_cents
from lifecycle.portfolio.standing import TENTH
from lifecycle.valuation.curve import read
from lifecycle.valuation.use import use_effect
from lifecycle.valuation.value import DAYS_A_YEAR, grade_factor, value


class BestPrices(NamedTuple):
    """The median of each thing at grade A, not a number where it cannot be told, and its spread in the logarithm."""

    median: Floats
    sd: Floats


def best_prices(things: Sequence[KnownThing], days: Sequence[date], *, known_on: date, use: float = 1.0) -> BestPrices:
    """Tell what `value` tells of each thing at grade A on its day, product by product."""
    found = BestPrices(np.full(len(things), np.nan), np.zeros(len(things)))
    by_product: defaultdict[UUID, list[int]] = defaultdict(list)
    for at, one in enumerate(things):
        by_product[one.frozen.product_id].append(at)
    for places in by_product.values():
        median, sd = _of_one([things[at] for at in places], [days[at] for at in places], known_on, use)
        found.median[places], found.sd[places] = median, sd
    for at, one in enumerate(things):
        if one.frozen.heard:
            found.median[at], found.sd[at] = _heard(one, days[at], known_on, use)
    return found


def _heard(thing: KnownThing, day: date, known_on: date, use: float) -> tuple[float, float]:
    """Value a thing of which something was offered or said by itself: what was heard is weighed for each alone."""
    (worth,) = value([thing.valued(GRADES[0], use=use)], as_of=day, today=known_on)
    low, high = float(worth.p10 or 0), float(worth.p90 or 0)
    sd = float(np.log(high / low)) / (2 * TENTH) if 0 < low < high else 0.0
    return (np.nan if worth.p50 is None else float(worth.p50)), sd


def _of_one(things: Sequence[KnownThing], days: Sequence[date], known_on: date, use: float) -> BestPrices:
    product, lesson = things[0].known.product, things[0].known.lesson
    curve = product.value_curve if lesson is None else [point.model_dump() for point in lesson.points]
    if not curve:
        return BestPrices(np.full(len(things), np.nan), np.zeros(len(things)))
    aged = np.array([_age(one, day) for one, day in zip(things, days, strict=True)])
    ahead = np.array([max((day - known_on).days, 0) for day in days]) / DAYS_A_YEAR
    shares = read(curve, ages=np.maximum(aged, 0), spread_years=ahead, extra_spread=np.zeros(len(things)))
    factor = float(to_cents(product.price_new)) * grade_factor(product, GRADES[0], lesson)
    used = np.array([_use_factor(one, use) for one in things])
    median = np.where(aged >= 0, shares.p50 * factor * used, np.nan)
    return BestPrices(median, np.log(np.maximum(shares.p90 / shares.p10, 1.0)) / (2 * TENTH))


def _age(thing: KnownThing, day: date) -> float:
    return -1.0 if thing.born is None else (day - thing.born).days / DAYS_A_YEAR


def _use_factor(thing: KnownThing, factor: float) -> float:
    if thing.born is None:
        return 1.0
    effect = use_effect(thing.known.product, thing.known.lesson, thing.use(factor), born=thing.born)
    return 1.0 if effect is None else effect.factor
