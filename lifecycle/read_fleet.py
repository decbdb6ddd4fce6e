"""Read what is needed to assess many things at once: what was seen of each, and how far its clock ran."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import NamedTuple
from uuid import UUID

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import or_
from sqlmodel import Session, col, select

from lifecycle.condition.assumptions import figure
from lifecycle.condition.fleet import Clock, Fleet, Looks
from lifecycle.condition.remaining_life import DAYS_A_YEAR
from lifecycle.condition.terms import Terms
from lifecycle.condition.usage_clock import Run
from lifecycle.grade import Floats
from lifecycle.read_looks import Look, Sightings, Thing, Which, looks_of
from lifecycle.wear_readings import NOTHING, Measured, Since, measured
from telemetry.tables import SeriesRecord


class Known(NamedTuple):
    """A thing of which something is known: its product's place, the day its clock is read from, and its looks."""

    thing: Thing
    product: int
    day: int
    as_new: bool
    looks: Sequence[Look]


class Read(NamedTuple):
    """The fleet of which something is known, and what was measured of it; the things in the order of the fleet."""

    fleet: Fleet
    things: Sequence[Thing]
    readings: Mapping[UUID, Measured]


def read_fleet(
    session: Session, things: Sequence[Thing], *, which: Which, terms: Mapping[UUID, Terms], today: date
) -> Read:
    """Read the fleet; a thing of which neither an inspection nor a first day is known is left out."""
    products = {product_id: place for place, product_id in enumerate(terms)}
    said = Sightings(list(terms.values()))
    known = list(_known(things, products, looks_of(session, things, products, which, said), said))
    ever = set(session.exec(select(SeriesRecord.asset_id).where(which(col(SeriesRecord.asset_id))).distinct()))
    wanted = (
        {one.thing.id: _since(one, said.terms[one.product]) for one in known if one.thing.id in ever} if ever else {}
    )
    readings = measured(session, wanted=wanted, today=today)
    return Read(_fleet(known, readings, said, today), [one.thing for one in known], readings)


def _known(
    things: Sequence[Thing], products: Mapping[UUID, int], looks: Mapping[str, Sequence[Look]], said: Sightings
) -> Iterator[Known]:
    for thing in things:
        product, own = products[thing.product_id], looks.get(thing.id.hex, ())
        base = _base(thing, own, said, product)
        if base is not None:
            yield Known(thing, product, *base, own)


def _base(thing: Thing, looks: Sequence[Look], said: Sightings, product: int) -> tuple[int, bool] | None:
    """Give the day from which a thing's clock is read, and whether it was as new then.

    The first look, once every component was seen; else the day on which it began to serve or was made.
    """
    began = thing.in_service_on or thing.made_on
    seen = 0
    for look in looks:
        seen |= said.masks[look.sight]
    if looks and (began is None or seen == (1 << len(said.terms[product].components)) - 1):
        return looks[0].day, False
    return None if began is None else (min([began.toordinal(), *(look.day for look in looks)]), not looks)


def _since(known: Known, terms: Terms) -> Since:
    return Since(
        anchor=date.fromordinal(known.day),
        as_new=known.as_new,
        usage_metric=terms.usage_metric,
        looks=[date.fromordinal(look.day) for look in known.looks],
        stresses=terms.stresses,
        is_rated=bool(np.isfinite(terms.rated_use)),
    )


def _fleet(known: Sequence[Known], readings: Mapping[UUID, Measured], said: Sightings, today: date) -> Fleet:
    things = [one.thing for one in known]
    product = np.array([one.product for one in known], dtype=np.int64)
    base = np.array([one.day for one in known], dtype=np.int64)
    counts = np.array([len(one.looks) for one in known], dtype=np.int64)
    thing_of = np.repeat(np.arange(len(things)), counts)
    flat = [look for one in known for look in one.looks]
    days = np.array([look.day for look in flat], dtype=np.int64)
    rated_days = np.array([terms.rated_years * DAYS_A_YEAR for terms in said.terms])[product]
    then = _calendar((days - base[thing_of]) / rated_days[thing_of])
    now = _calendar(np.maximum(today.toordinal() - base, 0) / rated_days)
    by_use = np.zeros(len(things), dtype=bool)
    columns = {name: np.full(len(things), np.nan) for name in ("use", "per_day", "spread", "ambient", "load")}
    first = np.append(0, np.cumsum(counts))
    for place, thing in enumerate(things) if readings else ():
        if (read := readings.get(thing.id, NOTHING)) is NOTHING or read.clock is None:
            continue
        terms = said.terms[product[place]]
        by_use[place] = read.use is not None and bool(np.isfinite(terms.rated_use))
        life = terms.rated_use if by_use[place] else rated_days[place]
        _wind(now, then, place, slice(first[place], first[place + 1]), read.clock, life)
        _note(columns, place, read, since_last=read.clock.plain[-2:])
    return Fleet(
        ids=[thing.id for thing in things],
        terms=said.terms,
        product=product,
        since=base,
        sights=said.sights,
        looks=Looks(
            thing=thing_of,
            day=days,
            sight=np.array([look.sight for look in flat], dtype=np.int64),
            ids=[look.id for look in flat],
            sources=[look.source for look in flat],
            clock=_capped(then),
        ),
        clock=_capped(now),
        by_use=by_use,
        use=columns["use"],
        per_day=columns["per_day"],
        per_day_spread=columns["spread"],
        ambient=columns["ambient"],
        load=columns["load"],
        health=np.full(len(things), np.nan),
        flagged=_flagged(things, readings, said.terms, product),
    )


def _flagged(
    things: Sequence[Thing], readings: Mapping[UUID, Measured], terms: Sequence[Terms], product: NDArray[np.int64]
) -> NDArray[np.bool_]:
    """Mark the things whose recent levels are unlike all that their fleet ever showed."""
    flagged = np.zeros(len(things), dtype=bool)
    for place, thing in enumerate(things) if readings else ():
        pattern, read = terms[product[place]].parameters.pattern, readings.get(thing.id)
        if pattern is not None and read is not None:
            flagged[place] = pattern.is_unlike(read.recent.means)
    return flagged


def _wind(now: Clock, then: Clock, place: int, looks: slice, ran: Run, life: float) -> None:
    """Set the clock of one thing by what was measured, today and at each look."""
    for today, before, counted in zip(now, then, ran, strict=True):
        today[place] = counted[-1] / life
        before[looks] = counted[:-1] / life


def _note(columns: Mapping[str, Floats], place: int, read: Measured, since_last: Floats) -> None:
    told = {
        "use": float(since_last[-1] - (since_last[0] if len(since_last) > 1 else 0.0)),
        "per_day": read.use_per_day,
        "spread": read.rate_spread,
        "ambient": read.ambient,
        "load": read.load,
    }
    for name, value in told.items():
        if value is not None:
            columns[name][place] = value


def _calendar(lives: Floats) -> Clock:
    return Clock(lives, lives.copy(), lives.copy())


def _capped(clock: Clock) -> Clock:
    """Count no more lives than any thing can have had."""
    most = figure("most_lives", "lives")
    return Clock(*(np.clip(column, 0, most) for column in clock))


def one_of(asset_ids: Iterable[UUID]) -> Which:
    """Ask for some things by their ids; few of them, for each is a parameter."""
    wanted = list(asset_ids)
    return lambda column: column.in_(wanted)


def between(first: UUID, last: UUID) -> Which:
    """Ask for all things from one id to another."""
    return lambda column: or_(column.between(first, last))
