"""Read the meters of many contract lines at once, as a draft tells them: use in thousandths, readings as text."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import numpy as np
from sqlmodel import Session

from billing.month.draft import meter_told, scaled
from billing.proof import NO_READINGS, as_shown, in_thousandths
from billing.rating.rate_columns import USE_DIGITS
from billing.read_meters import Reading, read_meters
from telemetry.moment import Moments, moment
from telemetry.read_meters import counter_columns
from telemetry.read_rising import Risen
from telemetry.track import Numbers

_SECOND = 1_000_000
_NEAR = 1e-6
"""So near to half a thousandth a number is rounded digit by digit."""
_EXACT = 2.0**40
_FINE = 1e-4
"""Smaller readings Python spells with an exponent."""


class Shown(NamedTuple):
    """What the meter of a line showed: use in thousandths, the text of a draft; `odd` wants a closer look."""

    used: int
    told: str
    odd: bool = False


def read_meter_columns(session: Session, wanted: Sequence[Reading]) -> list[Shown]:
    """Give what each meter showed in its days, in order; those that only rose by column, the others as bills do."""
    found = dict[int, Shown]()
    for (meter, start, end), places in _by_span(wanted).items():
        assets = [wanted[place].asset_id for place in places]
        counted = counter_columns(session, meter=meter, asset_ids=assets, start=start, end=end)
        shown = [None] * len(places) if counted is None else _shown(meter, counted)
        found |= {place: one for place, one in zip(places, shown, strict=True) if one is not None}
    rest = [one for place, one in enumerate(wanted) if place not in found]
    proofs = read_meters(session, rest) if rest else {}
    return [found.get(place) or _of_proof(one, proofs) for place, one in enumerate(wanted)]


def _by_span(wanted: Sequence[Reading]) -> dict[tuple[str, datetime, datetime], list[int]]:
    """Put together what one meter is read for in one span."""
    alike = defaultdict[tuple[Any, ...], list[int]](list)
    for place, one in enumerate(wanted):
        alike[one.meter, one.zone, one.days].append(place)
    found = defaultdict[tuple[str, datetime, datetime], list[int]](list)
    for (meter, zone, days), places in alike.items():
        found[meter, *days.instants(zone)] += places
    return found


def unread(meter: str) -> Shown:
    """Give what a meter shows of which nothing is known."""
    return Shown(0, meter_told(meter, NO_READINGS))


def _of_proof(one: Reading, proofs: Mapping[Any, Any]) -> Shown:
    proof = proofs[one.key]
    return Shown(scaled(proof.increase, USE_DIGITS), meter_told(one.meter, proof), bool(proof.forgotten_days))


def _shown(meter: str, counted: Risen) -> list[Shown | None]:
    """Tell what counters showed; None where they must be reckoned reading by reading."""
    nothing = unread(meter)
    ends = (
        as_texts(counted.opening),
        as_moments(counted.opening_at),
        as_texts(counted.closing),
        as_moments(counted.closing_at),
    )
    used = thousandths(counted.closing - counted.opening)
    rows = zip(used, *ends, counted.silent.tolist(), counted.odd.tolist(), strict=True)
    return [
        None if odd else nothing if silent else Shown(much, f"{meter} {opening} {since} {closing} {until}")
        for much, opening, since, closing, until, silent, odd in rows
    ]


def thousandths(numbers: Numbers) -> list[int]:
    """Round as `billing.proof.in_thousandths` does, all at once where no half is near.

    >>> thousandths(np.array([2.8333333, 87.20000000000002, 0.0005]))
    [2833, 87200, 1]
    """
    scaled_up = numbers * 1000
    near = np.abs(scaled_up - np.floor(scaled_up) - 0.5) < _NEAR
    careful = near | (np.abs(numbers) > _EXACT)
    rounded: list[int] = np.floor(np.where(careful, 0.0, scaled_up) + 0.5).astype(np.int64).tolist()
    for place in np.flatnonzero(careful).tolist():
        rounded[place] = scaled(in_thousandths(float(numbers[place])), USE_DIGITS)
    return rounded


def as_texts(numbers: Numbers) -> list[str]:
    """Write readings as `as_shown` does."""
    return [
        str(int(one))
        if one.is_integer() and abs(one) < _EXACT
        else repr(one)
        if _FINE < abs(one) < _EXACT
        else str(as_shown(one))
        for one in numbers.tolist()
    ]


def as_moments(at: Moments) -> list[str]:
    """Write moments as `isoformat` does: whole seconds by column."""
    texts = np.datetime_as_string(at.astype("datetime64[us]"), unit="s").tolist()
    whole = (at % _SECOND == 0).tolist()
    return [
        f"{text}+00:00" if is_whole else moment(one).isoformat()
        for text, is_whole, one in zip(texts, whole, at.tolist(), strict=True)
    ]
