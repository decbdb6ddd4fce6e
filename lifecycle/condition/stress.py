"""Stress makes hours count for more: heat by the law of its chemistry, load by its power."""

from enum import StrEnum
from typing import NamedTuple

import numpy as np

from lifecycle.condition.assumptions import assumptions, figure
from lifecycle.grade import Floats
from lifecycle.product import Product, Rating

KELVIN = 273.15
BOLTZMANN = 8.617333262e-5
"""Electronvolt a kelvin."""


class Law(StrEnum):
    """How a stress makes hours count for more."""

    RATED = "rated"
    """Twice as fast for every ten degrees above the most that is rated; the rule of thumb where nothing is declared."""
    ARRHENIUS = "arrhenius"
    DOUBLING = "doubling"
    POWER = "power"


class Stress(NamedTuple):
    """One stress of a product: which metric, which law, its reference, and the figure of the law."""

    metric: str
    law: Law
    reference: float
    figure: float = 0.0

    @property
    def is_load(self) -> bool:
        """Tell load from heat."""
        return self.law is Law.POWER

    def factor(self, values: Floats) -> Floats:
        """Give for how many hours each hour counts."""
        match self.law:
            case Law.RATED:
                return heat_factor(values, np.full(len(values), self.reference))
            case Law.ARRHENIUS:
                return arrhenius_factor(values, reference=self.reference, energy=self.figure)
            case Law.DOUBLING:
                return doubling_factor(values, reference=self.reference, degrees=self.figure)
            case Law.POWER:
                return load_factor(values, reference=self.reference, exponent=self.figure)


def stresses_of(product: Product) -> tuple[Stress, ...]:
    """Give the stresses that a product's ratings declare; heat above its rating counts where no law is declared."""
    found = [_stress(Rating.model_validate(rating)) for rating in product.ratings]
    return tuple(stress for stress in found if stress is not None)


def _stress(rating: Rating) -> Stress | None:
    if rating.reference is not None:
        for law, figure_ in (
            (Law.ARRHENIUS, rating.activation_energy),
            (Law.DOUBLING, rating.degrees_that_double),
            (Law.POWER, rating.exponent),
        ):
            if figure_ is not None:
                return Stress(rating.metric, law, rating.reference, figure_)
    if rating.metric == assumptions()["heat"]["metric"] and rating.maximum is not None:
        return Stress(rating.metric, Law.RATED, float(rating.maximum))
    return None


def heat_factor(ambient: Floats, limit: Floats) -> Floats:
    """Give how many hours each hour counts for: 1 up to the rated temperature, twice as much per 10 degrees above.

    >>> heat_factor(np.array([31.0, 20.0, np.nan]), np.array([25.0, 25.0, 25.0])).round(2).tolist()
    [1.52, 1.0, 1.0]
    """
    above = np.nan_to_num(np.maximum(ambient - limit, 0), nan=0.0)
    doublings = np.minimum(above / figure("heat", "degrees_that_double"), figure("heat", "most_doublings"))
    return np.asarray(2.0**doublings)


def arrhenius_factor(celsius: Floats, *, reference: float, energy: float) -> Floats:
    """Give how many hours each hour counts for by Arrhenius: 1 at the reference, less where it is cooler.

    `energy` is the activation energy in electronvolt that the datasheet declares.

    >>> arrhenius_factor(np.array([25.0, 35.0]), reference=25.0, energy=0.7).round(2).tolist()
    [1.0, 2.42]
    """
    inverse = 1 / (reference + KELVIN) - 1 / (np.maximum(celsius, -200.0) + KELVIN)
    return _bounded(np.exp(np.clip(energy / BOLTZMANN * inverse, -20, 20)))


def doubling_factor(celsius: Floats, *, reference: float, degrees: float) -> Floats:
    """Give how many hours each hour counts for where so many degrees more make it age twice as fast.

    >>> doubling_factor(np.array([25.0, 31.0]), reference=25.0, degrees=10.0).round(2).tolist()
    [1.0, 1.52]
    """
    return _bounded(2.0 ** np.clip((celsius - reference) / degrees, -20, 20))


def load_factor(load: Floats, *, reference: float, exponent: float) -> Floats:
    """Give how many hours each hour counts for under a load: its ratio to the rated one, to a declared power.

    >>> load_factor(np.array([50.0, 100.0]), reference=50.0, exponent=3.0).tolist()
    [1.0, 8.0]
    """
    return _bounded(np.power(np.clip(load / reference, 0, 1e3), exponent))


def _bounded(factor: Floats) -> Floats:
    """Let no measured value stop the clock or make it race beyond what any datasheet vouches for."""
    most = 2.0 ** figure("heat", "most_doublings")
    return np.clip(factor, 1 / most, most)
