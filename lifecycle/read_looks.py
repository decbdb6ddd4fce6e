"""Read what inspections said of many things, each way of saying it once."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date
from functools import cache
from itertools import groupby
from operator import itemgetter
from typing import Any, NamedTuple
from uuid import UUID

import numpy as np
from sqlalchemy import ColumnElement, String, type_coerce
from sqlmodel import Session, col, select

from lifecycle.condition.sight import Sight, sight
from lifecycle.condition.terms import Terms
from lifecycle.inspection_queries import still_counts
from lifecycle.tables import InspectionRecord

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


def looks_of(
    session: Session, things: Sequence[Thing], products: Mapping[UUID, int], which: Which, said: Sightings
) -> dict[str, list[Look]]:
    """Load the inspections that saw a condition and were not struck, the first first, by the thing's hex digits."""
    one = InspectionRecord
    told = (one.asset_id, one.inspected_at, one.id, one.grades, one.nen, one.source)
    query = (
        select(one.index, *(type_coerce(col(column), String) for column in told))
        .where(which(col(one.asset_id)), still_counts())
        .order_by(col(one.asset_id), col(one.inspected_at), col(one.recorded_at), col(one.id))
    )
    product = {thing.id.hex: products[thing.product_id] for thing in things}
    found: dict[str, list[Look]] = {}
    for asset, rows in groupby(session.execute(query), key=itemgetter(1)):
        asset_id = hex_of(asset)
        looks = list(_looks_of_one(rows, product[asset_id], said)) if asset_id in product else []
        if looks:
            found[asset_id] = looks
    return found


def _looks_of_one(rows: Iterable[Any], product: int, said: Sightings) -> Iterator[Look]:
    for index, _, at, inspection_id, grades, scores, source in rows:
        place = said.place(product, _text(grades), _text(scores), index, source)
        if place is not None:
            yield Look(_day(at), place, _dashed(inspection_id), source)


def _day(at: Any) -> int:
    """Give the day of a moment in UTC, whatever the driver made of it."""
    return _day_told(at[:10]) if isinstance(at, str) else at.astimezone(UTC).toordinal()


@cache
def _day_told(day: str) -> int:
    return date.fromisoformat(day).toordinal()


def _document(text: str) -> Mapping[str, Any]:
    found: Mapping[str, Any] = json.loads(text) if text else {}
    return found


def _dashed(id_: Any) -> str:
    """Give an id as people write it, whatever the driver made of it."""
    text = str(id_)
    return text if "-" in text else f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def hex_of(id_: Any) -> str:
    """Give an id as 32 hexadecimal digits, whatever the driver made of it."""
    return id_ if isinstance(id_, str) else str(id_.hex)


def _text(document: Any) -> str:
    """Give a document as the text that it is stored as, whatever the driver made of it."""
    return "" if document is None else document if isinstance(document, str) else json.dumps(document)
