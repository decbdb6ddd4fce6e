"""Find series by asset and metric, and load their days; the other questions are built on this."""

from collections.abc import Iterator, Sequence
from datetime import date
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import CTE, ColumnElement, Date, Integer, and_, column, select, values
from sqlmodel import Session, col

from telemetry.lots import KEYS, lots
from telemetry.metric import MetricKind
from telemetry.series_day import PackedDay
from telemetry.tables import MetricRecord, SeriesDayRecord, SeriesRecord, tenant_of

Pair = tuple[UUID, str]
"""An asset and the code of a metric."""

Place = tuple[int, int, date]
"""The shard, series and day under which a series-day is kept."""

_PACKED = (
    col(SeriesDayRecord.series),
    col(SeriesDayRecord.day),
    col(SeriesDayRecord.codec),
    col(SeriesDayRecord.readings),
    col(SeriesDayRecord.hours),
)


class SeriesKey(NamedTuple):
    """Under which number a series is kept, and whether it counts."""

    shard: int
    number: int
    counts: bool


def series_keys(session: Session, wanted: Sequence[Pair]) -> dict[Pair, SeriesKey]:
    """Find the series of assets and metrics; those never measured are left out."""
    pairs, one = set(wanted), SeriesRecord
    kinds = {code: kind for code, kind in session.execute(select(col(MetricRecord.code), col(MetricRecord.kind)))}  # noqa: C416
    found: dict[Pair, SeriesKey] = {}
    for some in lots(sorted({asset_id for asset_id, _ in pairs}), KEYS):
        query = select(col(one.asset_id), col(one.metric), col(one.shard), col(one.number))
        for asset_id, metric, shard, number in session.execute(query.where(col(one.asset_id).in_(some))):
            if (asset_id, metric) in pairs:
                found[asset_id, metric] = SeriesKey(shard, number, kinds[metric] is MetricKind.COUNTER)
    return found


def of_series(session: Session, keys: Sequence[SeriesKey]) -> ColumnElement[bool]:
    """Narrow series-days to some series."""
    wanted = values(column("shard", Integer), column("series", Integer), name="wanted")
    asked = wanted.data([(key.shard, key.number) for key in keys]).cte("wanted")
    one = SeriesDayRecord
    return and_(
        col(one.tenant_id) == tenant_of(session), col(one.shard) == asked.c.shard, col(one.series) == asked.c.series
    )


def at_places(places: Sequence[Place]) -> CTE:
    """Make a table of the days wanted. A long list of alternatives would be held against each row there is."""
    wanted = values(column("shard", Integer), column("series", Integer), column("day", Date), name="wanted")
    return wanted.data(list(places)).cte("wanted")


def packed_days(session: Session, places: Sequence[Place]) -> Iterator[PackedDay]:
    """Load some series-days, in no order."""
    one = SeriesDayRecord
    for some in lots(places, KEYS):
        asked = at_places(some)
        query = select(*_PACKED).where(
            col(one.tenant_id) == tenant_of(session),
            col(one.shard) == asked.c.shard,
            col(one.series) == asked.c.series,
            col(one.day) == asked.c.day,
        )
        for row in session.execute(query):
            yield PackedDay(*row)


def packed_between(session: Session, key: SeriesKey, *, first: date, last: date) -> Iterator[PackedDay]:
    """Load one series' days in order, few at a time, so that who stops early has read no more than needed."""
    day = col(SeriesDayRecord.day)
    query = select(*_PACKED).where(of_series(session, [key]), day.between(first, last)).order_by(day)
    with session.execute(query.execution_options(yield_per=100)) as found:
        for row in found:
            yield PackedDay(*row)
