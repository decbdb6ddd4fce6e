"""A fleet in columns: things, what was seen of their components, and how far their clocks ran."""

from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from lifecycle.condition.anchors import Places, Sights
from lifecycle.condition.sight import Sight
from lifecycle.condition.terms import Terms
from lifecycle.grade import Floats


class Clock(NamedTuple):
    """Rated lives run since a thing's first day with us: plain, with heat counted, and with load counted too."""

    lives: Floats
    warm: Floats
    worn: Floats


class Looks(NamedTuple):
    """Inspections that saw a condition, sorted by thing and time: when, what, by which road, at which clock."""

    thing: Places
    day: Places
    sight: Places
    ids: Sequence[str]
    sources: Sequence[str]
    clock: Clock


class Fleet(NamedTuple):
    """Things by column; NaN stands for what is not known.

    `since` is the day of the first inspection, or where nobody looked the day on which a thing was as new. `use` is
    counted since the last inspection, `per_day` of late with its relative spread; `ambient` is the mean since then.
    `health` is how many points measured health moved since then.
    """

    ids: Sequence[UUID]
    terms: Sequence[Terms]
    product: Places
    since: Places
    sights: Sequence[Sight]
    looks: Looks
    clock: Clock
    by_use: NDArray[np.bool_]
    use: Floats
    per_day: Floats
    per_day_spread: Floats
    ambient: Floats
    load: Floats
    health: Floats
    flagged: NDArray[np.bool_]


class Rows(NamedTuple):
    """One row for each component of each thing: of which thing, which component, its weight, whether it is critical."""

    thing: Places
    component: Places
    start: Places
    weight: Floats
    critical: NDArray[np.bool_]


def rows_of(fleet: Fleet) -> Rows:
    """Lay the components of all things below each other."""
    counts = np.array([len(terms.components) for terms in fleet.terms], dtype=np.int64)[fleet.product]
    start = np.append(0, np.cumsum(counts))[:-1].astype(np.int64)
    thing = np.repeat(np.arange(len(counts)), counts)
    component = np.arange(len(thing)) - start[thing]
    weights, critical = _padded([terms.weights for terms in fleet.terms]), _padded([t.critical for t in fleet.terms])
    product = fleet.product[thing]
    return Rows(thing, component, start, weights[product, component], critical[product, component] > 0)


def sights_of(fleet: Fleet, rows: Rows) -> Sights:
    """Spread every inspection over the components that it speaks of."""
    looks = fleet.looks
    points, spread = (_padded([getattr(one, name) for one in fleet.sights]) for name in ("points", "spread"))
    resets = np.array([one.resets for one in fleet.sights], dtype=bool)
    counts = np.diff(np.append(rows.start, len(rows.thing)))[looks.thing]
    look = np.repeat(np.arange(len(looks.thing)), counts)
    component = np.arange(len(look)) - np.repeat(np.append(0, np.cumsum(counts))[:-1].astype(np.int64), counts)
    row = rows.start[looks.thing[look]] + component
    sight = looks.sight[look]
    said = points[sight, component] if len(look) else np.zeros(0)
    told = np.flatnonzero(np.isfinite(said))
    told = told[np.lexsort((look[told], row[told]))]
    at = sight[told]
    return Sights(
        row=row[told],
        points=said[told],
        spread=spread[at, component[told]] if len(told) else np.zeros(0),
        worn=looks.clock.worn[look[told]],
        look=look[told],
        resets=resets[at] if len(told) else np.zeros(0, dtype=bool),
    )


def _padded(lists: Sequence[NDArray[np.generic]]) -> Floats:
    """Make a table of lists of unlike length, NaN behind the shorter."""
    longest = max((len(one) for one in lists), default=0)
    table = np.full((len(lists), longest), np.nan)
    for place, one in enumerate(lists):
        table[place, : len(one)] = one
    return table
