"""Conclusions are what we hold today of a fleet and of each of its components, in columns, found in one pass."""

from datetime import date
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from lifecycle.condition.anchors import Anchors, stand
from lifecycle.condition.assumptions import figure
from lifecycle.condition.chances import GRADE_EDGES, SCORE_EDGES, chances
from lifecycle.condition.fleet import Fleet, Rows, rows_of, sights_of
from lifecycle.condition.index import TENTH, Index, Since, of_components, of_things, since_seen
from lifecycle.condition.remaining_life import RemainingLife, remaining
from lifecycle.grade import BAND_SPREAD, GRADES, Floats

AS_NEW = 100.0


class Parts(NamedTuple):
    """A conclusion over components, or over whole things."""

    told: Index
    grades: Floats
    scores: Floats
    left: RemainingLife


class Conclusions(NamedTuple):
    """What is concluded of a fleet: of each component, a row each, and of each thing.

    `worst` is the row of the critical component that fares worst; `last_look` the place of a thing's last inspection,
    -1 where nobody looked; `narrowed` the width between P10 and P90 of what is left, in lives, were it seen today.
    """

    today: date
    fleet: Fleet
    rows: Rows
    anchors: Anchors
    since: Since
    components: Parts
    things: Parts
    worst: NDArray[np.int64]
    last_look: NDArray[np.int64]
    narrowed: Floats


def assess(fleet: Fleet, *, today: date) -> Conclusions:
    """Assess a whole fleet in one pass; the same inputs on the same day give the same answer to the last digit."""
    rows = rows_of(fleet)
    product = fleet.product[rows.thing]
    rate, scatter = (_by_grade(fleet, name)[product] for name in ("rate", "scatter"))
    unseen = (AS_NEW, figure("unseen_spread", "points"))
    start = np.zeros(len(product))
    anchors = stand(
        len(product), sights_of(fleet, rows), unseen=unseen, rate=rate, scatter=scatter, worn_at_start=start
    )
    since = since_seen(fleet, rows, anchors)
    components = of_components(fleet, rows, anchors, since, rate=rate, scatter=scatter)
    things = of_things(rows, components, components.p50)
    seen = anchors.look >= 0
    last_look = _last_looks(fleet)
    everything = np.arange(len(fleet.product))
    left = remaining(fleet, components, product=product, thing=rows.thing, seen=seen)
    whole = remaining(fleet, things, product=fleet.product, thing=everything, seen=last_look >= 0)
    return Conclusions(
        today,
        fleet,
        rows,
        anchors,
        since,
        _parts(components, left),
        _parts(things, whole),
        _worst(rows, components.p50),
        last_look,
        _narrowed(fleet, things, everything),
    )


def _parts(index: Index, left: RemainingLife) -> Parts:
    return Parts(
        index, chances(index.p50, index.spread, GRADE_EDGES), chances(index.p50, index.spread, SCORE_EDGES), left
    )


def _by_grade(fleet: Fleet, name: str) -> Floats:
    """Give the rate or the scatter of each product, by grade."""
    told = [terms.rate if name == "rate" else terms.parameters.scatter for terms in fleet.terms]
    return np.array(told, dtype=np.float64).reshape(len(told), len(GRADES))


def _worst(rows: Rows, index: Floats) -> NDArray[np.int64]:
    """Give of each thing the row of the critical component with the lowest index, the first of several."""
    order = np.lexsort((np.arange(len(index)), np.where(rows.critical, index, np.inf), rows.thing))
    return order[rows.start] if len(order) else order


def _last_looks(fleet: Fleet) -> NDArray[np.int64]:
    last = np.full(len(fleet.product), -1)
    last[fleet.looks.thing] = np.arange(len(fleet.looks.thing))
    return last


def _narrowed(fleet: Fleet, things: Index, everything: NDArray[np.int64]) -> Floats:
    """Tell how wide the life left would be if a technician saw today what we expect."""
    variance, noise = things.spread**2, BAND_SPREAD**2
    spread = np.sqrt(variance * noise / np.maximum(variance + noise, 1e-9))
    low, high = (np.clip(things.p50 + z * spread, 0, 100) for z in (-TENTH, TENTH))
    surer = things._replace(p10=low, p90=high, spread=spread)
    seen = np.ones(len(everything), dtype=bool)
    narrow = remaining(fleet, surer, product=fleet.product, thing=everything, seen=seen).lives
    return narrow[2] - narrow[0]
