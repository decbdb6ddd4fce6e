"""Remaining life is how much more use, and how many more days, until a thing reaches its functional end."""

from enum import StrEnum
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from lifecycle.condition.assumptions import figure
from lifecycle.condition.fleet import Fleet
from lifecycle.condition.index import TENTH, Index
from lifecycle.condition.wear_curve import lives_until
from lifecycle.grade import GRADES, Floats, rank_of

DAYS_A_YEAR = 365.25
_TINY = 1e-3
_MOST_SIGMA = 1.5


class Layer(StrEnum):
    """On what a remaining life rests, from the least evidence to the most."""

    LIFE_TABLE = "life table"
    """How long things of this product last at all, given how long this one served."""
    FIRST_PASSAGE = "first passage"
    """How long its wear takes from where it was last seen to its end."""
    FLEET_PEERS = "fleet peers"
    """How long earlier things served that were once as this one is."""


LAYERS = tuple(Layer)
Three = tuple[Floats, Floats, Floats]


class RemainingLife(NamedTuple):
    """Over the fleet, P10, P50 and P90 each; NaN where it cannot be told; `layer` counts in LAYERS."""

    lives: Three
    use: Three
    days: Three
    layer: NDArray[np.int64]


def remaining(
    fleet: Fleet, index: Index, *, product: NDArray[np.int64], thing: NDArray[np.int64], seen: NDArray[np.bool_]
) -> RemainingLife:
    """Choose for each the layer with evidence and no veto, and tell its life left in lives, in use and in days.

    Where nobody ever looked, or where a guard says that we do not know this pattern, the life table speaks. `product`
    and `thing` give of each row its terms and its place in the fleet, so that this serves components and wholes.
    """
    stress = _stress(fleet)[thing]
    flagged = fleet.flagged[thing]
    by_table = ~seen | flagged
    peers, has_peers = _peers(fleet, index, product)
    low, middle, high = (
        np.where(by_table, rest, np.where(has_peers, other, own))
        for rest, other, own in zip(
            _table(fleet, product, thing, stress), peers, _passage(fleet, index, product, stress), strict=True
        )
    )
    first, second, third = (LAYERS.index(one) for one in (Layer.LIFE_TABLE, Layer.FIRST_PASSAGE, Layer.FLEET_PEERS))
    layer = np.where(by_table, first, np.where(has_peers, third, second))
    return _in_use_and_days(fleet, (np.minimum(low, middle), middle, np.maximum(high, middle)), product, thing, layer)


def _passage(fleet: Fleet, index: Index, product: NDArray[np.int64], stress: Floats) -> Three:
    """Divide the points left by what a life takes; the way ahead is as uncertain as its length and pace make it."""
    rate = np.array([terms.rate for terms in fleet.terms]).reshape(-1, len(GRADES))[product]
    scatter = np.array([terms.parameters.scatter for terms in fleet.terms]).reshape(-1, len(GRADES))[product]
    end = np.array([terms.end for terms in fleet.terms])[product]
    widening = np.array([terms.parameters.widening for terms in fleet.terms])[product]
    low, middle, high = (lives_until(points, end, rate=rate) for points in (index.p10, index.p50, index.p90))
    rank = rank_of(index.p50)[:, None]
    per_life = np.take_along_axis(rate, rank, axis=1)[:, 0]
    noise = np.take_along_axis(scatter, rank, axis=1)[:, 0] / per_life**2
    pace = np.log(figure("pace_spread", "factor")) / TENTH

    def factor(lives: Floats) -> Floats:
        sigma = np.sqrt(pace**2 + np.log1p(noise / np.maximum(lives, _TINY))) * widening
        return np.asarray(np.exp(TENTH * np.minimum(sigma, _MOST_SIGMA)))

    return low / factor(low) / stress, middle / stress, high * factor(high) / stress


def _peers(fleet: Fleet, index: Index, product: NDArray[np.int64]) -> tuple[Three, NDArray[np.bool_]]:
    """Look up what became of earlier things in the same grade; none where fewer were followed than it takes."""
    table = np.full((len(fleet.terms), len(GRADES), 3), np.nan)
    for place, terms in enumerate(fleet.terms):
        for grade, outcome in terms.parameters.outcomes.items():
            if outcome.things >= figure("learning", "least_peers"):
                table[place, GRADES.index(grade)] = (outcome.p10, outcome.p50, outcome.p90)
    found = table[product, rank_of(index.p50)]
    return (found[:, 0], found[:, 1], found[:, 2]), np.isfinite(found[:, 1])


def _table(fleet: Fleet, product: NDArray[np.int64], thing: NDArray[np.int64], stress: Floats) -> Three:
    """Give the rest of a Weibull life to what has served so long."""
    shape, scale = (
        np.array([getattr(terms.parameters.life, name) for terms in fleet.terms])[product]
        for name in ("shape", "scale")
    )
    served = np.minimum(fleet.clock.worn[thing], figure("most_lives", "lives"))
    low, middle, high = (
        scale * ((served / scale) ** shape - np.log1p(-ended)) ** (1 / shape) - served for ended in (0.1, 0.5, 0.9)
    )
    return low / stress, middle / stress, high / stress


def _stress(fleet: Fleet) -> Floats:
    """Give how much faster than rated the clock of each thing ran since it was first known."""
    ran = fleet.clock.lives > 0
    return np.where(ran, fleet.clock.worn / np.where(ran, fleet.clock.lives, 1), 1.0)


def _in_use_and_days(
    fleet: Fleet, lives: Three, product: NDArray[np.int64], thing: NDArray[np.int64], layer: NDArray[np.int64]
) -> RemainingLife:
    """By use where use is counted: days then follow from the recent rate, and stay unknown where nothing was used."""
    rated_use, rated_years = (
        np.array([getattr(terms, name) for terms in fleet.terms])[product] for name in ("rated_use", "rated_years")
    )
    by_use, rate = fleet.by_use[thing], fleet.per_day[thing]
    rate = np.where(rate > 0, rate, np.nan)
    wider = np.exp(TENTH * np.nan_to_num(fleet.per_day_spread[thing]))
    longest = figure("longest_days", "days")
    turns: Three = (1 / wider, np.ones(len(wider)), wider)
    use = [np.where(by_use, some * rated_use, np.nan) for some in lives]
    days = [
        np.where(by_use, left / np.maximum(rate, left / longest) * turn, some * rated_years * DAYS_A_YEAR)
        for left, some, turn in zip(use, lives, turns, strict=True)
    ]
    return RemainingLife(lives, _three(use), _three([np.minimum(some, longest) for some in days]), layer)


def _three(quantiles: list[Floats]) -> Three:
    low, middle, high = (np.round(some, 1) for some in quantiles)
    return low, middle, high
