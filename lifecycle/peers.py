"""Peers are the things of one product: how fast each wears against its sisters, at equal use and at equal climate."""

from collections.abc import Hashable, Mapping, Sequence
from pathlib import Path
from statistics import NormalDist
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from lifecycle.assumed import assumed
from lifecycle.grade import BAND, Floats
from lifecycle.reason import Reason

_NORMAL = 1.4826
"""Times the median deviation is the standard deviation of a normal distribution."""
_TINY = 1e-12
_RULES = Path(__file__).with_name("peer_rules.json")


class Fit(NamedTuple):
    """A robust line through the fleet: what a unit more of each climate does to the rate, and how surely."""

    level: float
    slopes: Floats
    errors: Floats


class Room(NamedTuple):
    """How the things of one room wear together: their mean rate, and the share of such groups that wear slower."""

    things: int
    rate: float
    share: float


class Standing(NamedTuple):
    """How one thing wears among `sisters` others.

    `rate` is points of the index lost per unit of use, None where it is not known; `percentile` the share of sisters
    that wear slower, and `at_equal_climate` the same once the climate is taken out. None where nothing can be said.
    """

    sisters: int
    rate: float | None = None
    usual: float | None = None
    percentile: float | None = None
    at_equal_climate: float | None = None
    reasons: tuple[Reason, ...] = ()


def rules() -> dict[str, Any]:
    """Give the figures of the comparison; every group says why in words."""
    return assumed(_RULES)


def wear_rates(thing: NDArray[np.int64], use: Floats, lost: Floats, *, things: int, least_use: float) -> Floats:
    """Give points lost per unit of use of many things from what was seen of each: least squares through its beginning.

    `thing` says which row is whose. NaN for what was used too little, or never seen.

    >>> wear_rates(np.array([0, 0, 1]), np.array([10.0, 20.0, 1.0]), np.array([1.0, 2.0, 5.0]), things=2, least_use=5)
    array([0.1, nan])
    """
    square = np.bincount(thing, weights=use * use, minlength=things)
    product = np.bincount(thing, weights=use * lost, minlength=things)
    most = np.zeros(things)
    np.maximum.at(most, thing, use)
    known = (most >= least_use) & (square > 0)
    return np.asarray(np.divide(product, square, out=np.full(things, np.nan), where=known), dtype=np.float64)


def lost_when_new(use: Floats, lost: Floats) -> float:
    """Give the points that inspectors of this fleet see lost on a thing as new: a grade A reads as its middle, 90.

    It is where the robust line through all that was seen meets no use; never below nothing or above a band.
    """
    if len(use) <= int(rules()["sisters"]["least"]) or float(np.ptp(use)) <= 0:
        return 0.0
    scale = float(np.max(use))
    return float(np.clip(robust_fit(lost, (use / scale)[:, None]).level, 0.0, BAND))


def robust_fit(rate: Floats, climate: Floats) -> Fit:
    """Draw a line through rates (a row a thing, a column a climate) so that single odd things weigh little."""
    design = np.column_stack([np.ones(len(rate)), climate])
    weights = np.ones(len(rate))
    for _ in range(int(rules()["fit"]["steps"])):
        scaled = design * weights[:, None]
        found = np.linalg.lstsq(scaled.T @ design, scaled.T @ rate, rcond=None)[0]
        rest = rate - design @ found
        spread = max(_NORMAL * float(np.median(np.abs(rest - np.median(rest)))), _TINY)
        weights = np.minimum(1.0, rules()["fit"]["tuning"] * spread / np.maximum(np.abs(rest), _TINY))
    freedom = max(len(rate) - design.shape[1], 1)
    variance = float(np.sum(weights * rest**2)) / freedom
    inverse = np.linalg.pinv((design * weights[:, None]).T @ design)
    errors = np.asarray(np.sqrt(np.maximum(np.diag(inverse) * variance, 0)), dtype=np.float64)
    slopes = np.asarray(found[1:], dtype=np.float64)
    return Fit(float(found[0]), slopes, errors[1:])


def percentiles(values: Floats) -> Floats:
    """Give each the share of the others that lie below it, equals counting half; NaN stays NaN.

    >>> percentiles(np.array([1.0, 2.0, 3.0, np.nan]))
    array([0. , 0.5, 1. , nan])
    """
    known = np.isfinite(values)
    others = max(int(known.sum()) - 1, 1)
    ranked = np.sort(values[known])
    below = np.searchsorted(ranked, values, side="left")
    equal = np.searchsorted(ranked, values, side="right") - below - 1
    return np.where(known, (below + 0.5 * np.maximum(equal, 0)) / others, np.nan)


def compare(
    rate: Floats, climate: Mapping[str, Floats], *, metric: str | None, rooms: Sequence[Hashable | None] = ()
) -> list[Standing]:
    """Hold every thing of a product against the others; refuses with a reason where there are too few of them.

    `rooms` says which things stand together: what one thing alone cannot show, several in one room may.
    """
    known = np.isfinite(rate)
    count, least = int(known.sum()), int(rules()["sisters"]["least"])
    if count - 1 < least:
        return [_too_few(count, one) for one in known]
    weighed = _weighed(known, climate)
    among, usual = percentiles(rate), float(np.median(rate[known]))
    measured = known & np.all([np.isfinite(climate[name]) for name in weighed], axis=0) if weighed else known
    fit = (
        robust_fit(rate[measured], np.column_stack([climate[name][measured] for name in weighed])) if weighed else None
    )
    apart = np.full(len(rate), np.nan)
    if fit is not None:
        apart[measured] = rate[measured] - np.column_stack([climate[name][measured] for name in weighed]) @ fit.slopes
    at_equal = percentiles(apart)
    middles = {name: _middle(climate[name][measured]) for name in weighed}
    together = rooms_of(rate, rooms)
    found = []
    for at in range(len(rate)):
        if not known[at]:
            found.append(Standing(count, reasons=(_reason("peers.unknown", {"sisters": count}),)))
            continue
        reasons = [_faster(float(among[at]), count - 1, float(rate[at]), usual, metric)]
        room = together.get(rooms[at]) if rooms else None
        if room is not None:
            reasons.append(_in_room(room, usual))
        if fit is not None and measured[at]:
            own = {name: float(climate[name][at]) for name in weighed}
            named = _cause(own, middles, fit, weighed, float(rate[at]) - usual, float(among[at]))
            if room is not None and not named:
                named = _cause(own, middles, fit, weighed, room.rate - usual, room.share)
            reasons += named
            reasons.append(_reason("peers.at_equal_climate", {"share": round(float(at_equal[at]), 3)}))
        equal = float(at_equal[at]) if np.isfinite(at_equal[at]) else None
        found.append(Standing(count - 1, float(rate[at]), usual, float(among[at]), equal, tuple(reasons)))
    return found


def rooms_of(rate: Floats, rooms: Sequence[Hashable | None]) -> dict[Hashable, Room]:
    """Hold the things of each room together against the others; rooms with too few of them are left out.

    The mean of n things spreads by the root of n less than one does, so a room shows what each thing in it hides.

    >>> rooms_of(np.array([1.0, 2, 3, 2, 4, 4, 4]), [None, None, None, None, "hot", "hot", "hot"])["hot"].share > 0.99
    True
    """
    places: dict[Hashable, list[int]] = {}
    for at, room in enumerate(rooms):
        if room is not None and np.isfinite(rate[at]):
            places.setdefault(room, []).append(at)
    least, known = int(rules()["rooms"]["least"]), np.isfinite(rate)
    found = {}
    for room, some in places.items():
        others = rate[known & ~np.isin(np.arange(len(rate)), some)]
        if len(some) >= least and len(others) > len(some):
            mean, spread = float(np.mean(rate[some])), max(float(np.std(others)), _TINY) / len(some) ** 0.5
            found[room] = Room(len(some), mean, NormalDist().cdf((mean - float(np.mean(others))) / spread))
    return found


def _in_room(room: Room, usual: float) -> Reason:
    times = round(room.rate / usual, 2) if usual > 0 else None
    return _reason("peers.room", {"things": room.things, "times": times, "share": round(room.share, 3)})


def _weighed(known: NDArray[np.bool_], climate: Mapping[str, Floats]) -> list[str]:
    """Choose the climates that enough things know, and that are not the same everywhere."""
    chosen: list[str] = []
    for name, column in climate.items():
        there = known & np.isfinite(column)
        needed = int(rules()["sisters"]["least"]) + 1 + int(rules()["sisters"]["more_for_each"]) * (len(chosen) + 1)
        if there.sum() >= needed and float(np.ptp(column[there])) > 0:
            chosen.append(name)
    return chosen


def _middle(column: Floats) -> tuple[float, float]:
    """Give the median and the robust standard deviation of a climate over the fleet."""
    middle = float(np.median(column))
    return middle, _NORMAL * float(np.median(np.abs(column - middle)))


def _cause(
    own: Mapping[str, float],
    middles: Mapping[str, tuple[float, float]],
    fit: Fit,
    weighed: Sequence[str],
    faster: float,
    percentile: float,
) -> list[Reason]:
    """Name the climate that explains most, if one does and this thing stands out in it."""
    limits = rules()["cause"]
    if percentile < limits["percentile"] or faster <= 0:
        return []
    found: list[tuple[float, Reason]] = []
    for place, name in enumerate(weighed):
        middle, spread = middles[name]
        apart = own[name] - middle
        explained = float(fit.slopes[place]) * apart / faster
        clear = abs(float(fit.slopes[place])) >= limits["standard_errors"] * max(float(fit.errors[place]), _TINY)
        stands_out = abs(apart) >= max(limits["spreads"] * spread, limits["least_difference"])
        if clear and stands_out and explained >= limits["share"]:
            inputs = {"metric": name, "own": round(own[name], 1), "usual": round(middle, 1)}
            share = round(min(explained, 1.0), 3)
            found.append((explained, _reason("peers.likely_cause", inputs | {"share": share})))
    return [max(found, key=lambda one: one[0])[1]] if found else []


def _faster(percentile: float, sisters: int, rate: float, usual: float, metric: str | None) -> Reason:
    code = "peers.faster" if percentile >= 0.5 else "peers.slower"  # noqa: PLR2004 - the half of them
    share = percentile if code == "peers.faster" else 1 - percentile
    times = round(rate / usual, 2) if usual > 0 else None
    inputs = {"share": round(share, 3), "sisters": sisters, "rate": rate, "usual": usual, "times": times}
    return _reason(code, inputs | {"metric": metric})


def _too_few(count: int, there: object) -> Standing:
    inputs = {"sisters": max(count - bool(there), 0), "least": int(rules()["sisters"]["least"])}
    return Standing(inputs["sisters"], reasons=(_reason("peers.too_few", inputs),))


def _reason(code: str, inputs: dict[str, Any]) -> Reason:
    return Reason(code=code, rule=str(rules()["rule"]), inputs=inputs)
