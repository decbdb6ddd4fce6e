"""Find series by asset and metric, and load their days; the other questions are built on this."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from functools import partial
from uuid import UUID

from sqlalchemy import CTE, ColumnElement, Date, Integer, and_, select
from sqlmodel import Session, col

from telemetry.asked_rows import asked_rows
from telemetry.find_swaps import counter_swaps
from telemetry.held import Held
from telemetry.lots import KEYS, lots
from telemetry.moment import Moments
from telemetry.read_archive import archived_readings
from telemetry.series_day import PackedDay
from telemetry.series_key import SeriesKey, series_key
from telemetry.tables import MetricRecord, SeriesDayRecord, SeriesRecord, tenant_of
from telemetry.track import Numbers

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
    col(SeriesDayRecord.low),
    col(SeriesDayRecord.high),
    col(SeriesDayRecord.held),
    col(SeriesDayRecord.count),
)


def series_keys(session: Session, wanted: Sequence[Pair]) -> dict[Pair, SeriesKey]:
    """Find the series of assets and metrics; those never measured are left out."""
    pairs, one = set(wanted), SeriesRecord
    metrics = {record.code: record for record in session.scalars(select(MetricRecord))}
    swaps = counter_swaps(session)
    found: dict[Pair, SeriesKey] = {}
    for some in lots(sorted({asset_id for asset_id, _ in pairs}), KEYS):
        query = select(col(one.asset_id), col(one.metric), col(one.shard), col(one.number))
        for asset_id, metric, shard, number in session.execute(query.where(col(one.asset_id).in_(some))):
            if (asset_id, metric) in pairs:
                found[asset_id, metric] = series_key(shard, number, metrics[metric], swaps.get((asset_id, metric), ()))
    return found


def of_series(session: Session, keys: Sequence[SeriesKey]) -> ColumnElement[bool]:
    """Narrow series-days to some series."""
    asked = asked_rows(session, [(key.shard, key.number) for key in keys], shard=Integer(), series=Integer())
    one = SeriesDayRecord
    return and_(
        col(one.tenant_id) == tenant_of(session), col(one.shard) == asked.c.shard, col(one.series) == asked.c.series
    )


def at_places(session: Session, places: Sequence[Place]) -> CTE:
    """Make a table of the days wanted, to be joined with."""
    return asked_rows(session, places, shard=Integer(), series=Integer(), day=Date())


def packed_days(session: Session, places: Sequence[Place]) -> Iterator[PackedDay]:
    """Load some series-days, in no order."""
    one = SeriesDayRecord
    for some in lots(places, KEYS):
        asked = at_places(session, some)
        query = select(*_PACKED).where(
            col(one.tenant_id) == tenant_of(session),
            col(one.shard) == asked.c.shard,
            col(one.series) == asked.c.series,
            col(one.day) == asked.c.day,
        )
        shard = {(series, day): shard for shard, series, day in some}
        yield from _reachable(session, [PackedDay(*row) for row in session.execute(query)], shard)


def packed_of(session: Session, keys: Sequence[SeriesKey], *, first: date, last: date) -> list[PackedDay]:
    """Load the days of some series, sorted by series and day."""
    day, number = col(SeriesDayRecord.day), col(SeriesDayRecord.series)
    query = select(*_PACKED).where(of_series(session, keys), day.between(first, last)).order_by(number, day)
    found, shards = [PackedDay(*row) for row in session.execute(query)], {key.number: key.shard for key in keys}
    shard = {(one.series, one.day): shards[one.series] for one in found}
    return list(_reachable(session, found, shard))


def packed_between(session: Session, key: SeriesKey, *, first: date, last: date) -> Iterator[PackedDay]:
    """Load one series' days in order, few at a time, so that who stops early has read no more than needed."""
    day = col(SeriesDayRecord.day)
    query = select(*_PACKED).where(of_series(session, [key]), day.between(first, last)).order_by(day)
    with session.execute(query.execution_options(yield_per=100)) as found:
        for row in found:
            one = PackedDay(*row)
            place = key.shard, one.series, one.day
            yield one._replace(read=partial(_fetched, session, place)) if one.held == Held.ARCHIVED else one


def _reachable(
    session: Session, packed: Sequence[PackedDay], shard: Mapping[tuple[int, date], int]
) -> Iterator[PackedDay]:
    """Fetch from the archive, at once, what lies there."""
    places = [(shard[one.series, one.day], one.series, one.day) for one in packed if one.held == Held.ARCHIVED]
    fetched = archived_readings(session, places) if places else {}
    by_day = {(series, day): columns for (_, series, day), columns in fetched.items()}
    for one in packed:
        place = one.series, one.day
        yield one._replace(read=partial(by_day.__getitem__, place)) if place in by_day else one


def _fetched(session: Session, place: Place) -> tuple[Moments, Numbers]:
    return archived_readings(session, [place])[place]
