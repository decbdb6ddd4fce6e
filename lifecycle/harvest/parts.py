"""What a donor offers and what a thing in service will need, part by part."""

from typing import NamedTuple
from uuid import UUID

import numpy as np

from lifecycle.condition.chances import below_normal
from lifecycle.condition.index import TENTH

MONTH_DAYS = 365.25 / 12
_NARROW = 0.5


class Offer(NamedTuple):
    """So many of one part of a donor: how likely each is good, and the labour that takes one out."""

    part: str
    quantity: int
    good: float
    minutes: float
    worth: float
    """What a good one saves where it is needed: its declared value, in the product's currency."""


class Donor(NamedTuple):
    """A thing that may be taken apart. `forgone` is what its best other route nets more than what is left of it."""

    asset_id: UUID
    serial: str
    product: str
    offers: tuple[Offer, ...]
    setup_minutes: float
    forgone: float


class Need(NamedTuple):
    """A thing in service that will need one part with some chance, so many whole months from now."""

    asset_id: UUID
    serial: str
    product: str
    part: str
    quantity: int
    chance: float
    months: int


class Terms(NamedTuple):
    """What labour and storage cost: `wage` an hour, `storage` the share of a part's worth a year."""

    wage: float
    storage: float


def chance_good(p10: float, p50: float, p90: float, *, least: float) -> float:
    """Give how likely an index is above a limit, its spread read off P10 and P90.

    >>> chance_good(30, 50, 70, least=50), round(chance_good(60, 70, 80, least=50), 3)
    (0.5, 0.995)
    """
    spread = max((p90 - p10) / (2 * TENTH), _NARROW)
    return round(float(1 - below_normal(np.array([(least - p50) / spread]))[0]), 3)


def months_until(days: float, *, horizon: float) -> int:
    """Give in which whole month a need is expected: at its median, at the latest at the horizon.

    >>> months_until(95, horizon=365), months_until(4000, horizon=365)
    (3, 11)
    """
    return max(int(min(days, horizon - 1) // MONTH_DAYS), 0)


def margin(offer: Offer, need: Need, terms: Terms) -> float:
    """Give what one part nets if it waits for one need: chance x good x worth, less its labour and its shelf.

    >>> gearbox = Offer("GEAR", 1, good=0.9, minutes=60, worth=1000)
    >>> margin(gearbox, Need(UUID(int=1), "W1", "WIND", "GEAR", 1, 0.5, 6), Terms(wage=45, storage=0.25))
    280.0
    """
    kept = terms.storage * offer.worth * need.months / 12
    return need.chance * offer.good * offer.worth - terms.wage * offer.minutes / 60 - kept
