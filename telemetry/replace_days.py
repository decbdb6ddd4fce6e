"""Put changed days in the place of their rows, with their rollups; only who holds the journal and the days may."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import tuple_
from sqlmodel import Session, col, delete, insert, select

from telemetry.find_series_days import Place, at_places
from telemetry.lots import KEYS, ROWS, lots
from telemetry.moment import DAY, day_of
from telemetry.series_day import rows
from telemetry.series_key import SeriesKey
from telemetry.tables import SeriesDayRecord, tenant_of
from telemetry.track import Track, days_of


def replace_days(session: Session, changed: Track, old: Sequence[Place], keys: Mapping[int, SeriesKey]) -> None:
    """Put the changed days, of which all readings are given, in the place of their old rows."""
    tenant_id, one = tenant_of(session), SeriesDayRecord
    begin, days = days_of(changed)
    touched = {
        (number, day_of(day * DAY))
        for number, day in zip(changed.series[begin[:-1]].tolist(), days.tolist(), strict=True)
    }
    for some in lots([place for place in old if place[1:] in touched], KEYS):
        place = tuple_(col(one.shard), col(one.series), col(one.day))
        session.execute(delete(one).where(place.in_(select(*at_places(session, some).c))))
    made: Iterator[dict[str, Any]] = ({"tenant_id": tenant_id, **row} for row in rows(changed, keys))
    session.flush()
    for lot in lots(made, ROWS):
        session.connection().execute(insert(one), lot)
