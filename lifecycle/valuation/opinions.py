"""What opinions do to a value: each is a noisy look at it, weighed by how far off such words were or are said to be."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple
from uuid import UUID

import numpy as np

from lifecycle.valuation.assumptions import figure
from lifecycle.valuation.curve import TENTH, read

_BELIEF = 3.0
"""What was believed of a giver weighs as so many opinions held against a sale."""
_DAYS_A_YEAR = 365.25


class Heard(NamedTuple):
    """An opinion as evidence: on one thing or on its product, with the giver's noise and leaning in the logarithm.

    A grade alone has no `price`; `grade` is its letter.
    """

    kind: str
    given_by: str
    given_on: date
    asset_id: UUID | None
    age_years: float | None
    grade: str | None
    price: float | None
    noise: float
    leaning: float


class Giver(NamedTuple):
    """How far off somebody's words are: what they lean to (too high is above 0), and the noise about that."""

    leaning: float
    noise: float


class Look(NamedTuple):
    """One opinion held against the value that is told without it: by how much it differs, and its own noise."""

    off: float
    noise: float
    given_by: str


class Weighed(NamedTuple):
    """What opinions change: a shift of the value, and the spread that is left, in the logarithm."""

    shift: float
    spread: float


class Told(NamedTuple):
    """What is told of one thing without opinions: its curve, price new, what its grade and use do to its value.

    `shares` are P10, P50 and P90 on the day, `ahead` the years from today until then, `sold` the product's own sales.
    """

    asset_id: UUID
    born: date
    curve: Sequence[Mapping[str, Any]]
    price_new: float
    factor: float
    factor_of: Callable[[str], float]
    grade: str | None
    shares: tuple[float, float, float]
    ahead: float
    sold: int


class Said(NamedTuple):
    """What opinions do to a value: the factor, how much narrower its interval becomes, and which they were."""

    factor: float
    narrower: float
    heard: list[Heard]


def giver(offs: Sequence[float], *, stated: float | None = None) -> Giver:
    """Learn a giver's leaning and noise from opinions on things that were sold since; what was stated is the start.

    >>> giver([], stated=0.3)
    Giver(leaning=0.0, noise=0.3)
    """
    start = stated or figure("opinion", "noise")
    if not offs:
        return Giver(0.0, start)
    leaning = float(np.sum(offs)) / (len(offs) + _BELIEF)
    square = float(((np.array(offs) - leaning) ** 2).sum())
    return Giver(leaning, float(np.sqrt((2 * _BELIEF * start**2 + square) / (2 * _BELIEF + len(offs)))))


def aged_noise(heard: Heard, *, on: date) -> float:
    """Give the noise of an opinion on a later day: the market has moved since."""
    years = max((on - heard.given_on).days, 0) / _DAYS_A_YEAR
    return float(np.hypot(heard.noise, figure("market", "spread_per_root_year") * np.sqrt(years)))


def weigh(of_product: Sequence[Look], of_thing: Sequence[Look], *, spread: float, ahead: float, sold: int) -> Weighed:
    """Weigh looks at a product and at one thing against the value told without them, in closed form.

    A product's level is in doubt as an expert's is, ever less with its own sales; of what sets a thing apart half can
    be seen in it, the rest is the chance of a sale. What the market will do in the years `ahead` nobody has seen.
    """
    today = max(spread**2 - figure("market", "spread_per_root_year") ** 2 * max(ahead, 0.0), 0.0)
    level = min(figure("opinion", "level_doubt") ** 2 / (1 + sold), today / 2)
    apart = figure("opinion", "seen_share") * (today - level)
    shift, doubt = _update(0.0, level, of_product, apart)
    shift, doubt = _update(shift, doubt + apart, of_thing, 0.0)
    left = max(spread**2 - level - apart + doubt, 0.0)
    return Weighed(shift, float(np.sqrt(left)))


def hear(heard: Sequence[Heard], told: Told, *, on: date) -> Said | None:
    """Weigh what was said of a thing and of its product; nothing where nothing was."""
    counted = [one for one in heard if one.asset_id in {None, told.asset_id}]
    if not counted:
        return None
    spread = float(np.log(told.shares[2] / told.shares[0])) / (2 * TENTH)
    looks = [Look(_off(one, told), aged_noise(one, on=on), one.given_by) for one in counted]
    of_product = [look for look, one in zip(looks, counted, strict=True) if one.asset_id is None]
    of_thing = [look for look, one in zip(looks, counted, strict=True) if one.asset_id is not None]
    found = weigh(of_product, of_thing, spread=spread, ahead=told.ahead, sold=told.sold)
    return Said(float(np.exp(found.shift)), found.spread / spread if spread > 0 else 1.0, counted)


def _off(one: Heard, told: Told) -> float:
    """Give how far an opinion lies above what is told without it, what its giver leans to taken off."""
    if one.price is None:
        return float(np.log(told.factor_of(one.grade or "C") / (told.factor_of(told.grade) if told.grade else 1.0)))
    years = max((one.given_on - told.born).days, 0) / _DAYS_A_YEAR if one.asset_id else one.age_years or 0.0
    nothing = np.zeros(1)
    share = float(read(told.curve, ages=np.array([years]), spread_years=nothing, extra_spread=nothing).p50[0])
    factor = told.factor_of(one.grade) if one.grade else told.factor if one.asset_id else 1.0
    return float(one.price - one.leaning - np.log(told.price_new * share * factor))


def _update(mean: float, doubt: float, looks: Sequence[Look], more: float) -> tuple[float, float]:
    """Weigh looks by their precision; half of a giver's noise is the same in all that he says."""
    if doubt <= 0:
        return mean, doubt
    by_giver: defaultdict[str, list[Look]] = defaultdict(list)
    for look in looks:
        by_giver[look.given_by].append(look)
    precision, total = 1 / doubt, mean / doubt
    for some in by_giver.values():
        noise = float(np.mean([look.noise**2 for look in some]))
        variance = (noise + (noise + 2 * more) / len(some)) / 2
        precision += 1 / variance
        total += float(np.mean([look.off for look in some])) / variance
    return total / precision, 1 / precision
