"""Read what is needed to assess many things at once: what was seen of each, and how far its clock ran."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date
from itertools import groupby
from operator import itemgetter
from typing import Any, NamedTuple
from uuid import UUID

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import ColumnElement, String, or_, type_coerce
from sqlmodel import Session, col, select

from lifecycle.condition.assumptions import figure
from lifecycle.condition.fleet import Clock, Fleet, Looks
from lifecycle.condition.remaining_life import DAYS_A_YEAR
from lifecycle.condition.sight import Sight, sight
from lifecycle.condition.terms import Terms
from lifecycle.condition.usage_clock import Run
from lifecycle.grade import Floats
from lifecycle.inspection_queries import still_counts
from lifecycle.tables import InspectionRecord
from lifecycle.wear_readings import NOTHING, Measured, Since, measured
from telemetry.tables import SeriesRecord

Which = Callable[[Any], ColumnElement[bool]]
"""Says of a column of asset ids which things are asked for."""


class Thing(NamedTuple):
    """What of a thing decides how it is assessed."""

    id: UUID
    product_id: UUID
    in_service_on: date | None
    made_on: date | None


class Look(NamedTuple):
    """One inspection of one thing: its place among what can be said of a product, and which components it speaks of."""

    day: int
    sight: int
    id: str
    source: str


class Read(NamedTuple):
    """The fleet of which something is known, and what was measured of it; the things in the order of the fleet."""

    fleet: Fleet
    things: Sequence[Thing]
    readings: Mapping[UUID, Measured]


class Sightings:
    """What inspections said, each way of saying it once: a million inspections say a few hundred different things."""

    def __init__(self, terms: Sequence[Terms]) -> None:
        """Begin with nothing said."""
        self.terms = terms
        self.sights: list[Sight] = []
        self.masks: list[int] = []
        self._places: dict[tuple[Any, ...], int | None] = {}

    def place(self, product: int, grades: str, scores: str, index: float | None, source: str) -> int | None:
        """Give the place of what was said; None where nothing was said of a component."""
        key = (product, grades, scores, index, source)
        if key not in self._places:
            self._places[key] = self._add(*key)
        return self._places[key]

    def _add(self, product: int, grades: str, scores: str, index: float | None, source: str) -> int | None:
        terms = self.terms[product]
        said = sight(
            terms.components,
            terms.weights,
            grades=_document(grades),
            scores=_document(scores),
            index=index,
            source=source,
        )
        if said is None:
            return None
        self.sights.append(said)
        self.masks.append(sum(1 << place for place, points in enumerate(said.points) if np.isfinite(points)))
        return len(self.sights) - 1


def read_fleet(
    session: Session, things: Sequence[Thing], *, which: Which, terms: Mapping[UUID, Terms], today: date
) -> Read:
    """Read the fleet; a thing of which neither an inspection nor a first day is known is left out."""
    products = {product_id: place for place, product_id in enumerate(terms)}
    said = Sightings(list(terms.values()))
    looks = _looks(session, {thing.id: products[thing.product_id] for thing in things}, which, said)
    bases = {thing.id: _base(thing, looks.get(thing.id, ()), said, products) for thing in things}
    known = [thing for thing in things if bases[thing.id] is not None]
    since = {
        thing.id: _since(base, looks.get(thing.id, ()), terms[thing.product_id])
        for thing in known
        if (base := bases[thing.id]) is not None
    }
    readings = measured(session, wanted={one: since[one] for one in _measured(session, which, since)}, today=today)
    return Read(_fleet(known, looks, since, readings, products, said, today), known, readings)


def _looks(session: Session, products: Mapping[UUID, int], which: Which, said: Sightings) -> dict[UUID, list[Look]]:
    """Load the inspections that saw a condition and were not struck, the first first."""
    one = InspectionRecord
    plain = [type_coerce(col(column), String) for column in (one.asset_id, one.id, one.grades, one.nen, one.source)]
    query = (
        select(one.inspected_at, one.index, *plain)
        .where(which(col(one.asset_id)), still_counts())
        .order_by(col(one.asset_id), col(one.inspected_at), col(one.recorded_at), col(one.id))
    )
    found: dict[UUID, list[Look]] = {}
    for asset, rows in groupby(session.execute(query), key=itemgetter(2)):
        asset_id = UUID(str(asset))
        product = products.get(asset_id)
        looks = [] if product is None else list(_looks_of_one(rows, product, said))
        if looks:
            found[asset_id] = looks
    return found


def _looks_of_one(rows: Iterable[Any], product: int, said: Sightings) -> Iterator[Look]:
    for at, index, _, inspection_id, grades, scores, source in rows:
        place = said.place(product, _text(grades), _text(scores), index, source)
        if place is not None:
            yield Look(at.toordinal(), place, _dashed(inspection_id), source)


def _base(
    thing: Thing, looks: Sequence[Look], said: Sightings, products: Mapping[UUID, int]
) -> tuple[int, bool] | None:
    """Give the day from which a thing's clock is read, and whether it was as new then.

    The first look, once every component was seen; else the day on which it began to serve or was made.
    """
    began = thing.in_service_on or thing.made_on
    seen = 0
    for look in looks:
        seen |= said.masks[look.sight]
    if looks and (began is None or seen == (1 << len(said.terms[products[thing.product_id]].components)) - 1):
        return looks[0].day, False
    return None if began is None else (min([began.toordinal(), *(look.day for look in looks)]), not looks)


def _since(base: tuple[int, bool], looks: Sequence[Look], terms: Terms) -> Since:
    day, as_new = base
    return Since(
        anchor=date.fromordinal(day),
        as_new=as_new,
        usage_metric=terms.usage_metric,
        looks=[date.fromordinal(look.day) for look in looks],
        stresses=terms.stresses,
        is_rated=bool(np.isfinite(terms.rated_use)),
    )


def _measured(session: Session, which: Which, since: Mapping[UUID, Since]) -> list[UUID]:
    """Give the things of which anything was ever measured."""
    query = select(SeriesRecord.asset_id).where(which(col(SeriesRecord.asset_id))).distinct()
    return [asset_id for asset_id in session.exec(query) if asset_id in since]


def _fleet(
    things: Sequence[Thing],
    looks: Mapping[UUID, Sequence[Look]],
    since: Mapping[UUID, Since],
    readings: Mapping[UUID, Measured],
    products: Mapping[UUID, int],
    said: Sightings,
    today: date,
) -> Fleet:
    seen = [looks.get(thing.id, ()) for thing in things]
    product = np.array([products[thing.product_id] for thing in things], dtype=np.int64)
    base = np.array([since[thing.id].anchor.toordinal() for thing in things], dtype=np.int64)
    counts = np.array([len(some) for some in seen], dtype=np.int64)
    thing_of = np.repeat(np.arange(len(things)), counts)
    flat = [look for some in seen for look in some]
    days = np.array([look.day for look in flat], dtype=np.int64)
    rated_days = np.array([terms.rated_years * DAYS_A_YEAR for terms in said.terms])[product]
    then = _calendar((days - base[thing_of]) / rated_days[thing_of])
    now = _calendar(np.maximum(today.toordinal() - base, 0) / rated_days)
    by_use = np.zeros(len(things), dtype=bool)
    columns = {name: np.full(len(things), np.nan) for name in ("use", "per_day", "spread", "ambient", "load")}
    first = np.append(0, np.cumsum(counts))
    for place, thing in enumerate(things):
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
    for place, thing in enumerate(things):
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


def _document(text: str) -> Mapping[str, Any]:
    found: Mapping[str, Any] = json.loads(text) if text else {}
    return found


def _dashed(id_: Any) -> str:
    """Give an id as people write it, whatever the driver made of it."""
    text = str(id_)
    return text if "-" in text else f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def _text(document: Any) -> str:
    """Give a document as the text that it is stored as, whatever the driver made of it."""
    if document is None:
        return ""
    return document if isinstance(document, str) else json.dumps(document)


def one_of(asset_ids: Iterable[UUID]) -> Which:
    """Ask for some things by their ids; few of them, for each is a parameter."""
    wanted = list(asset_ids)
    return lambda column: column.in_(wanted)


def between(first: UUID, last: UUID) -> Which:
    """Ask for all things from one id to another."""
    return lambda column: or_(column.between(first, last))
