"""The condition index, 100 (as new) to 0, of each component and of the whole, with the points that each cause took."""

from typing import NamedTuple

import numpy as np

from lifecycle.condition.anchors import Anchors, scatter_at
from lifecycle.condition.fleet import Fleet, Rows
from lifecycle.condition.wear_curve import worn_down
from lifecycle.grade import Floats

TENTH = 1.2815515655446004
"""Standard deviations between the median and the P10 or P90 of a normal distribution."""
_DECIMALS = 2


class Points(NamedTuple):
    """Signed points that add up to the index exactly, to the hundredth.

    `seen` at the last look and `earlier` looks beside it, or `unseen` where nobody looked; `wear` as declared, `drift`
    what the fleet adds to that, `heat`, `load`, what was measured of `health`, and `floor`: what would fall below 0.
    """

    seen: Floats
    earlier: Floats
    unseen: Floats
    wear: Floats
    drift: Floats
    heat: Floats
    load: Floats
    health: Floats
    floor: Floats


class Index(NamedTuple):
    """Quantiles, standard deviation and the points behind the median."""

    p10: Floats
    p50: Floats
    p90: Floats
    spread: Floats
    points: Points


class Since(NamedTuple):
    """Of each row, how far its clock ran since it was last seen."""

    lives: Floats
    warm: Floats
    worn: Floats


def since_seen(fleet: Fleet, rows: Rows, anchors: Anchors) -> Since:
    """Take the clock at the last sight of each component off the clock of today."""
    return Since(*(_ran(now, then, rows, anchors) for now, then in zip(fleet.clock, fleet.looks.clock, strict=True)))


def _ran(now: Floats, then: Floats, rows: Rows, anchors: Anchors) -> Floats:
    start = np.append(then, 0.0)[anchors.look]
    return np.asarray(np.maximum(now[rows.thing] - start, 0))


def of_components(fleet: Fleet, rows: Rows, anchors: Anchors, since: Since, *, rate: Floats, scatter: Floats) -> Index:
    """Wear every component down from where it was last seen."""
    product = fleet.product[rows.thing]
    declared = np.array([100 - terms.end for terms in fleet.terms])[product]
    weight = np.array([terms.parameters.telemetry_weight for terms in fleet.terms])[product]
    start, seen = anchors.points, anchors.look >= 0
    by_fleet, warm, worn = (worn_down(start, lives, rate=rate) for lives in since)
    told = worn + weight * np.nan_to_num(fleet.health[rows.thing])
    middle = np.clip(told, 0, 100)
    points = Points(
        seen=np.where(seen, np.nan_to_num(anchors.seen), 0),
        earlier=np.where(seen, start - np.nan_to_num(anchors.seen), 0),
        unseen=np.where(seen, 0, start),
        wear=-declared * since.lives,
        drift=by_fleet - start + declared * since.lives,
        heat=warm - by_fleet,
        load=worn - warm,
        health=told - worn,
        floor=middle - told,
    )
    spread = np.sqrt(anchors.spread**2 + scatter_at(start, scatter) * since.worn) * _widening(fleet)[product]
    return _index(middle, spread, points)


def of_things(rows: Rows, components: Index, raw: Floats) -> Index:
    """Weigh the components of each thing. Their errors are taken to go together: one pair of eyes saw them all."""
    points = Points(*(_weighed(some, rows) for some in components.points))
    return _index(_weighed(raw, rows), _weighed(components.spread, rows), points)


def _weighed(column: Floats, rows: Rows) -> Floats:
    return np.add.reduceat(column * rows.weight, rows.start) if len(rows.start) else np.zeros(0)


def _widening(fleet: Fleet) -> Floats:
    return np.array([terms.parameters.widening for terms in fleet.terms])


def _index(middle: Floats, spread: Floats, points: Points) -> Index:
    """Round the median and every part to the hundredth; what rounding leaves over goes to the declared wear."""
    p50 = tidy(middle)
    parts = Points(*(tidy(some) for some in points))
    left = tidy(p50 - np.sum(parts, axis=0))
    low, high = (tidy(np.clip(p50 + z * spread, 0, 100)) for z in (-TENTH, TENTH))
    return Index(low, p50, high, spread, parts._replace(wear=tidy(parts.wear + left)))


def tidy(points: Floats) -> Floats:
    """Round to the hundredth, without a minus nothing."""
    return np.asarray(points, dtype=np.float64).round(_DECIMALS) + 0.0
