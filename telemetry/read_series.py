"""Read long series piece by piece, so that a question about ten years takes no more memory than one about a week."""

from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from typing import NamedTuple
from uuid import UUID

import pandas as pd
from sqlmodel import Session

from telemetry.moment import Moments, moment, start_of
from telemetry.queries import latest, series
from telemetry.span import span
from telemetry.thinning import thinned_pieces
from telemetry.track import Numbers

PIECE = 50_000
"""So many readings are read at once."""
_WINDOW = timedelta(days=92)
"""So many days of rollups are read at once."""
_INSTANT = timedelta(microseconds=1)


class Asked(NamedTuple):
    """One metric of one asset from `start` up to but without `end`."""

    asset_id: UUID
    metric: str
    start: datetime
    end: datetime


class Shape(NamedTuple):
    """Some of the readings of a span, which look like all of them, and how many those were."""

    readings: pd.DataFrame
    taken_from: int


def piece(session: Session, asked: Asked, *, most: int = PIECE) -> tuple[pd.DataFrame, Asked | None]:
    """Give the first readings of a span, and what is left to be asked; None when nothing is.

    Raises EndsBeforeStart.
    """
    found = series(session, **asked._asdict(), most=most)[:most]
    if len(found) < most:
        return found, None
    return found, asked._replace(start=found["at"].iloc[-1].to_pydatetime() + _INSTANT)


def shape(session: Session, asked: Asked, *, points: int) -> Shape:
    """Give the readings of a span, or where there are more, at most `points` that show their shape.

    Raises EndsBeforeStart.
    """
    at, value, count = thinned_pieces(_pieces(session, asked), points=points)
    stamps = pd.DatetimeIndex(at.astype("datetime64[us]")).tz_localize("UTC")
    return Shape(pd.DataFrame({"at": stamps, "value": value}), count)


def windows(session: Session, asked: Asked) -> list[Asked]:
    """Cut the part of a span that holds readings into spans of some weeks, between UTC midnights; at least one.

    Rollups of the windows, one after another, are those of the whole span. Raises EndsBeforeStart.
    """
    start, end = _measured(session, asked)
    found = []
    while (until := _midnight(start) + _WINDOW) < end:
        found.append(asked._replace(start=start, end=until))
        start = until
    return [*found, asked._replace(start=start, end=end)]


def _measured(session: Session, asked: Asked) -> tuple[datetime, datetime]:
    """Narrow a span to the days on which there are readings."""
    midnight = moment(start_of(span(asked.start, asked.end).first_day))
    first, _ = piece(session, asked._replace(start=midnight), most=1)
    newest = latest(session, asset_ids=[asked.asset_id]).get((asked.asset_id, asked.metric))
    if first.empty or newest is None:
        return moment(0), moment(0)
    start = max(asked.start, _midnight(first["at"].iloc[0].to_pydatetime()))
    return start, max(start, min(asked.end, newest.at + _INSTANT))


def _midnight(at: datetime) -> datetime:
    return datetime.combine(at.astimezone(UTC), time.min, UTC)


def _pieces(session: Session, asked: Asked) -> Iterator[tuple[Moments, Numbers]]:
    left: Asked | None = asked
    while left is not None:
        found, left = piece(session, left)
        yield found["at"].to_numpy("datetime64[us]").astype("int64"), found["value"].to_numpy()
