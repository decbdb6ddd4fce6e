"""What was measured of many things since each was last looked at, read from the day rollups in one go."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple
from uuid import UUID

import numpy as np
import pandas as pd
from sqlmodel import Session, col, select

from lifecycle.alert_rules import Recent, rules
from lifecycle.condition.assumptions import assumptions, figure
from telemetry.days_of_series import open_days
from telemetry.moment import day_of
from telemetry.read_days import ROLLUP, day_rollups
from telemetry.read_usage import rises
from telemetry.series_key import series_key
from telemetry.tables import MetricRecord, SeriesRecord

_AT_ONCE = 500
_ROLLED = ("increase", "first", "last", "mean")
_DAY_COLUMNS = ("series", "day", *_ROLLED)
_PLACES = [ROLLUP.index(name) for name in _ROLLED]


class Since(NamedTuple):
    """From when on one thing is read: its anchor's day, whether it was new then, and the counter that wears it."""

    anchor: date
    as_new: bool
    usage_metric: str | None


class Measured(NamedTuple):
    """Use since the anchor, use a day of late, mean heat since the anchor, and what alerts look at; None: unknown."""

    use: float | None = None
    use_per_day: float | None = None
    ambient: float | None = None
    recent: Recent = Recent()


NOTHING = Measured()


def measured(session: Session, *, wanted: Mapping[UUID, Since], today: date) -> dict[UUID, Measured]:
    """Read what was measured of each asset; those without any reading are left out."""
    series = _series(session, sorted(wanted))
    if series.empty:
        return {}
    earliest = min(since.anchor for since in wanted.values())
    days = _days(session, series, earliest)
    frame = days.merge(series, left_on="series", right_on="number")
    by_asset = {UUID(str(asset_id)): own for asset_id, own in frame.groupby("asset_id", sort=False)}
    return {asset_id: _of_one(wanted[asset_id], own, today.toordinal()) for asset_id, own in by_asset.items()}


def _series(session: Session, asset_ids: Sequence[UUID]) -> pd.DataFrame:
    metrics = {metric.code: metric for metric in session.exec(select(MetricRecord))}
    rows: list[Any] = []
    for start in range(0, len(asset_ids), _AT_ONCE):
        some = asset_ids[start : start + _AT_ONCE]
        query = select(SeriesRecord.shard, SeriesRecord.number, SeriesRecord.asset_id, SeriesRecord.metric)
        for shard, number, asset_id, metric in session.exec(query.where(col(SeriesRecord.asset_id).in_(some))):
            key = series_key(shard, number, metrics[metric])
            rows.append((number, asset_id, metric, key.counts, key))
    return pd.DataFrame(rows, columns=["number", "asset_id", "metric", "counts", "key"])


def _days(session: Session, series: pd.DataFrame, earliest: date) -> pd.DataFrame:
    """Load the day rollups of some series from a day on, sorted by series and day."""
    rolled = day_rollups(session, series["key"].tolist(), first=earliest, last=date.max)
    rows = [(number, day, *(row[place] for place in _PLACES)) for number, day, row in rolled]
    frame = pd.DataFrame(rows, columns=list(_DAY_COLUMNS))
    frame = frame.assign(day=[day.toordinal() for day in frame["day"]]).sort_values(
        ["series", "day"], ignore_index=True
    )
    over_night = frame["first"] - frame.groupby("series")["last"].shift()
    risen = frame.assign(rise=frame["increase"] + over_night.fillna(0.0))
    fell = (over_night < 0) | (frame["increase"] > frame["last"] - frame["first"])
    return _risen_by_readings(session, risen, series[series["number"].isin(frame.loc[fell, "series"])])


def _risen_by_readings(session: Session, frame: pd.DataFrame, fallen: pd.DataFrame) -> pd.DataFrame:
    """Put in what the counters among the series that fell rose a day: their readings tell a slip from a reset."""
    by_series = frame.groupby("series").groups
    for key in fallen.loc[fallen["counts"], "key"]:
        number = key.number
        days = frame.loc[by_series[number], "day"].to_numpy()
        span = {"first": date.fromordinal(int(days[0])), "last": date.fromordinal(int(days[-1]))}
        at, rise = rises(session, key, waiting=open_days(session, [key])[number], **span)
        place = np.searchsorted(days, [day_of(moment).toordinal() for moment in at])
        rise[:1] *= place[:1] != 0
        frame.loc[by_series[number], "rise"] = np.bincount(place, weights=rise, minlength=len(days))
    return frame


def _of_one(since: Since, own: pd.DataFrame, today: int) -> Measured:
    counters = {str(metric): rows for metric, rows in own[own["counts"]].groupby("metric", sort=False)}
    gauges = {str(metric): rows for metric, rows in own[~own["counts"]].groupby("metric", sort=False)}
    anchor, wears = since.anchor.toordinal(), counters.get(since.usage_metric or "")
    shocks = counters.get(str(rules()["misuse"]["metric"]))
    rate_days = int(figure("windows", "rate_days"))
    recent_use = None if wears is None else _recent_rise(wears, rate_days, today)
    heat = gauges.get(str(assumptions()["heat"]["metric"]))
    return Measured(
        use=None if wears is None else _use(since, wears),
        use_per_day=None if recent_use is None else recent_use / rate_days,
        ambient=None if heat is None else _mean(heat[heat["day"] > anchor]),
        recent=Recent(
            means=_recent_means(gauges, today),
            use=recent_use,
            shocks=None if shocks is None else _recent_rise(shocks, rate_days, today),
            days=rate_days,
        ),
    )


def _use(since: Since, rows: pd.DataFrame) -> float:
    """Count the use since the anchor; what lies before the first reading is the counter's own start or an estimate.

    A counter that began with the thing tells by its first value; else the mean pace since is taken.
    """
    anchor, first, last = since.anchor.toordinal(), int(rows["day"].iloc[0]), int(rows["day"].iloc[-1])
    counted = float(rows.loc[rows["day"] > anchor, "rise"].sum())
    if first <= anchor + 1:
        return counted
    if since.as_new:
        return counted + max(float(rows["first"].iloc[0]), 0.0)
    return counted + counted / (last - first + 1) * (first - anchor - 1)


def _recent(rows: pd.DataFrame, days: int, today: int) -> pd.DataFrame | None:
    """Give the last days up to the newest reading; None where that is too old to speak of today."""
    newest = int(rows["day"].max())
    if today - newest > figure("windows", "stale_days"):
        return None
    return rows[rows["day"] > newest - days]


def _recent_rise(rows: pd.DataFrame, days: int, today: int) -> float | None:
    """Give the rise over the last days, stretched to the whole window where the readings are younger than that.

    The newest day is not over yet and is left out, unless it is the only one.
    """
    recent = _recent(rows, days + 1, today)
    if recent is None:
        return None
    whole = recent[recent["day"] < recent["day"].max()] if len(recent) > 1 else recent
    covered = int(whole["day"].max()) - int(whole["day"].min()) + 1
    return float(whole["rise"].sum()) * days / covered


def _recent_means(gauges: Mapping[str, pd.DataFrame], today: int) -> dict[str, float]:
    days = int(figure("windows", "recent_days"))
    recent = {metric: _recent(rows, days, today) for metric, rows in gauges.items()}
    return {metric: mean for metric, rows in recent.items() if rows is not None and (mean := _mean(rows)) is not None}


def _mean(rows: pd.DataFrame) -> float | None:
    return None if rows.empty else float(np.mean(rows["mean"]))
