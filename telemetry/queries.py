"""Questions about what was measured; none of them changes anything."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from operator import itemgetter
from typing import NamedTuple
from uuid import UUID

import numpy as np
import pandas as pd
from sqlalchemy import select
from sqlmodel import Session, col

from telemetry import rollup
from telemetry.days_of_series import DayOfSeries, Days, days_between, open_days
from telemetry.find_series_days import Pair, series_keys
from telemetry.lots import KEYS, lots
from telemetry.metric import Metric
from telemetry.moment import DAY, HOUR, Moments, moment, start_of
from telemetry.open_readings import open_track
from telemetry.read_days import ROLLUP, day_rollups
from telemetry.read_means import means
from telemetry.read_usage import rises, usages
from telemetry.refusal import Refusal
from telemetry.rollup import Rollups
from telemetry.series_day import hours_of
from telemetry.series_key import SeriesKey, manner
from telemetry.sift import EARLIEST
from telemetry.span import Span, span
from telemetry.tables import MetricRecord, SeriesRecord
from telemetry.track import EMPTY, Numbers, Track, join
from telemetry.usage import GaugeMean, Usage, UseRate, rate

_EVER = moment(EARLIEST), datetime(9999, 1, 1, tzinfo=UTC)


class UnknownMetric(Refusal):
    """There is no metric of that code."""


class Latest(NamedTuple):
    """The newest reading of one metric."""

    at: datetime
    value: float
    unit: str


def metrics(session: Session) -> dict[str, Metric]:
    """Give the tenant's metrics by code."""
    return {record.code: record for record in session.scalars(select(MetricRecord).order_by(col(MetricRecord.code)))}


def metric(session: Session, code: str) -> Metric:
    """Give one metric.

    Raises UnknownMetric.
    """
    found = metrics(session)
    if code not in found:
        sentence = f"there is no metric '{code[:60]}'; there are {', '.join(found) or 'none yet'}"
        raise UnknownMetric(sentence, field="metric")
    return found[code]


def usage(session: Session, *, wanted: Sequence[Pair], start: datetime, end: datetime) -> dict[Pair, Usage]:
    """Give what counters did between two moments, whatever these are; every wanted one has an answer.

    Raises EndsBeforeStart.
    """
    keys = series_keys(session, wanted)
    found = usages(session, list(keys.values()), span(start, end))
    return {pair: found[keys[pair]] if pair in keys else Usage() for pair in wanted}


def use_rates(session: Session, *, wanted: Sequence[Pair], until: datetime, days: int) -> dict[Pair, UseRate]:
    """Give all that counters ever counted until a moment, and their daily pace over the days before it.

    Those without a reading are left out.
    """
    ever = usage(session, wanted=wanted, start=moment(EARLIEST), end=until)
    lately = usage(session, wanted=wanted, start=until - timedelta(days=days), end=until)
    return {pair: rate(ever[pair], lately[pair]) for pair in wanted if ever[pair].opening is not None}


def gauge_means(session: Session, *, wanted: Sequence[Pair], start: datetime, end: datetime) -> dict[Pair, GaugeMean]:
    """Give the mean of levels from `start` up to but without `end`; those without a reading there are left out.

    Raises EndsBeforeStart.
    """
    keys = series_keys(session, wanted)
    found = means(session, list(keys.values()), span(start, end))
    return {pair: found[key] for pair, key in keys.items() if key in found}


def series(
    session: Session, *, asset_id: UUID, metric: str, start: datetime, end: datetime, most: int | None = None
) -> pd.DataFrame:
    """Give the first readings of a span in order, at most `most`: columns `at` and `value`.

    Raises EndsBeforeStart.
    """
    asked, held = span(start, end), 0
    found: list[Track] = [EMPTY]
    key = series_keys(session, [(asset_id, metric)]).get((asset_id, metric))
    waiting = open_days(session, [key])[key.number] if key else {}
    for one in _days(session, key, asked, waiting) if key else ():
        track = one.track()
        found.append(track.take((track.at >= asked.start) & (track.at < asked.end)))
        held += len(found[-1])
        if most is not None and held >= most:
            break
    shown = join(found).take(slice(most))
    return pd.DataFrame({"at": _stamps(shown.at), "value": shown.value})


def hours(session: Session, *, asset_id: UUID, metric: str, start: datetime, end: datetime) -> pd.DataFrame:
    """Give the rollups of the hours that begin in a span; a counter's increase is that since the reading before.

    Columns: at, count, total, minimum, maximum, first, last, mean, increase, below, above. Raises EndsBeforeStart.
    """
    asked = span(start, end)
    key = series_keys(session, [(asset_id, metric)]).get((asset_id, metric))
    if key is None:
        return _table([])
    waiting = open_days(session, [key])[key.number]
    found = _table([_hours(one, key) for one in _days(session, key, asked, waiting)])
    if key.counts:
        at, rise = rises(session, key, first=asked.first_day, last=asked.last_day, waiting=waiting)
        found["increase"] = _by_start(found, at - at % HOUR, rise)
    inside = (found["at"] >= moment(asked.start)) & (found["at"] < moment(asked.end))
    return found[inside].reset_index(drop=True)


def days(session: Session, *, asset_id: UUID, metric: str, start: datetime, end: datetime) -> pd.DataFrame:
    """Give the rollups of the UTC days that begin in a span, in the columns of `hours`.

    Raises EndsBeforeStart.
    """
    asked = span(start, end)
    key = series_keys(session, [(asset_id, metric)]).get((asset_id, metric))
    if key is None:
        return _table([])
    waiting = open_days(session, [key])[key.number]
    rolled = day_rollups(session, [key], first=asked.first_whole, last=asked.last_day)
    found = pd.DataFrame(sorted((day, *row) for _, day, row in rolled), columns=["at", *ROLLUP])
    found["at"] = pd.to_datetime(found["at"], utc=True)
    if key.counts:
        at, rise = rises(session, key, first=asked.first_whole, last=asked.last_day, waiting=waiting)
        found["increase"] = _by_start(found, at - at % DAY, rise)
    return found[found["at"] < moment(asked.end)].reset_index(drop=True)


def latest(session: Session, *, asset_ids: Sequence[UUID]) -> dict[Pair, Latest]:
    """Give the newest reading of every metric of some assets."""
    units = {code: one.unit for code, one in metrics(session).items()}
    found: dict[Pair, Latest] = {}
    for some in lots(sorted(set(asset_ids)), KEYS):
        one = SeriesRecord
        columns = (col(one.number), col(one.asset_id), col(one.metric), col(one.last_at), col(one.last_value))
        rows = session.execute(select(*columns).where(col(one.asset_id).in_(some))).all()
        newest = open_track(session, [row.number for row in rows])
        fresh = {number: (moment(at), value) for number, at, value in zip(*newest.columns(), strict=True)}
        for number, asset_id, code, at, value in rows:
            shown = ([] if at is None else [(at, value)]) + ([fresh[number]] if number in fresh else [])
            if shown:
                found[asset_id, code] = Latest(*max(shown, key=itemgetter(0)), units[code])  # what is packed goes first
    return found


def every_reading(session: Session) -> Iterator[pd.DataFrame]:
    """Give all readings that are kept, a table per series: asset_id, metric, at, value, unit."""
    known = metrics(session)
    asset_id, name = col(SeriesRecord.asset_id), col(SeriesRecord.metric)
    opened = session.execute(select(asset_id, name).order_by(asset_id, name)).all()
    for asset, code in opened:
        found = series(session, asset_id=asset, metric=code, start=kept_from(known[code]), end=_EVER[1])
        yield found.assign(asset_id=str(asset), metric=code, unit=known[code].unit)


def kept_from(metric: Metric) -> datetime:
    """Give the moment from which on single readings of a metric are kept."""
    return _EVER[0] if metric.forgotten_before is None else moment(start_of(metric.forgotten_before))


def _days(session: Session, key: SeriesKey, asked: Span, waiting: Days) -> Iterator[DayOfSeries]:
    return days_between(session, key, first=asked.first_day, last=asked.last_day, waiting=waiting)


def _hours(one: DayOfSeries, key: SeriesKey) -> Rollups:
    """Give a day's hours, worked out anew where there are open readings."""
    if one.packed is not None and not len(one.waiting):
        return hours_of(one.packed, key)
    track = one.track()
    return rollup.hours(track, manner(track, {key.number: key}))


def _table(parts: Sequence[Rollups]) -> pd.DataFrame:
    """Put rollups into one table."""
    columns = {name: np.concatenate([np.empty(0), *(getattr(part, name) for part in parts)]) for name in ROLLUP}
    at = np.concatenate([np.empty(0, dtype=np.int64), *(part.start for part in parts)])
    return pd.DataFrame({"at": _stamps(at), **columns}).astype({"count": int})


def _by_start(found: pd.DataFrame, start: Moments, rise: Numbers) -> "pd.Series[float]":
    """Add up what a counter rose in each row's hour or day; a row of dips alone rose by nothing."""
    risen = pd.Series(rise, index=_stamps(start)).groupby(level=0).sum()
    return risen.reindex(pd.DatetimeIndex(found["at"]), fill_value=0.0).set_axis(found.index)


def _stamps(at: Moments) -> pd.DatetimeIndex:
    return pd.DatetimeIndex(at.astype("datetime64[us]")).tz_localize("UTC")
