"""What was measured of many things since each was last looked at, read by the day in one go."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import NamedTuple
from uuid import UUID

import numpy as np
import pandas as pd
from sqlmodel import Session, col, select

from lifecycle.alert_rules import Recent, rules
from lifecycle.condition.assumptions import assumptions, figure
from telemetry.lots import KEYS, lots
from telemetry.metric import MetricKind
from telemetry.read_days import ROLLUP, day_rollups
from telemetry.read_meter_days import meter_days
from telemetry.series_key import SeriesKey, series_key
from telemetry.tables import MetricRecord, SeriesRecord

Days = Mapping[str, pd.DataFrame]
"""Rows by day, under the code of a meter or a metric."""
ByAsset = Mapping[UUID, Days]

_A_DAY = timedelta(days=1)
_MEAN = ROLLUP.index("mean")


class Since(NamedTuple):
    """From when on one thing is read: its anchor's day, whether it was new then, and the meter of its wear."""

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
    """Read what was measured of each asset; those without any reading are left out.

    Use comes from meters alone, levels from their day rollups.
    """
    if not wanted:
        return {}
    first, last = min(since.anchor for since in wanted.values()), today + _A_DAY
    use, levels = _use_days(session, wanted, first, last), _level_days(session, sorted(wanted), first, last)
    return {
        asset_id: _of_one(since, use.get(asset_id, {}), levels.get(asset_id, {}), today.toordinal())
        for asset_id, since in wanted.items()
        if asset_id in use or asset_id in levels
    }


def _use_days(session: Session, wanted: Mapping[UUID, Since], first: date, last: date) -> ByAsset:
    """Load what the meters that wear things, and the one of misuse, counted by day."""
    misuse = str(rules()["misuse"]["metric"])
    pairs = [(asset_id, code) for asset_id, since in wanted.items() for code in (since.usage_metric, misuse) if code]
    return _by_asset(meter_days(session, wanted=pairs, first=first, last=last), "meter")


def _level_days(session: Session, asset_ids: Sequence[UUID], first: date, last: date) -> ByAsset:
    """Load the day means of all levels."""
    series = _level_series(session, asset_ids)
    owner = {key.number: (asset_id, metric) for asset_id, metric, key in series}
    rolled = day_rollups(session, [key for _, _, key in series], first=first, last=last)
    rows = [(*owner[number], day.toordinal(), row[_MEAN]) for number, day, row in rolled]
    return _by_asset(pd.DataFrame(rows, columns=["asset_id", "metric", "day", "mean"]), "metric")


def _level_series(session: Session, asset_ids: Sequence[UUID]) -> list[tuple[UUID, str, SeriesKey]]:
    metrics = {metric.code: metric for metric in session.exec(select(MetricRecord))}
    levels = [code for code, metric in metrics.items() if metric.kind is MetricKind.GAUGE]
    found: list[tuple[UUID, str, SeriesKey]] = []
    for some in lots(asset_ids, KEYS):
        query = select(SeriesRecord.shard, SeriesRecord.number, SeriesRecord.asset_id, SeriesRecord.metric).where(
            col(SeriesRecord.asset_id).in_(some), col(SeriesRecord.metric).in_(levels)
        )
        found += [
            (asset, code, series_key(shard, one, metrics[code])) for shard, one, asset, code in session.exec(query)
        ]
    return found


def _by_asset(frame: pd.DataFrame, code: str) -> ByAsset:
    found: defaultdict[UUID, dict[str, pd.DataFrame]] = defaultdict(dict)
    for (asset_id, name), rows in frame.sort_values("day").groupby(["asset_id", code], sort=False):
        found[UUID(str(asset_id))][str(name)] = rows
    return dict(found)


def _of_one(since: Since, use: Days, levels: Days, today: int) -> Measured:
    anchor, wears = since.anchor.toordinal(), use.get(since.usage_metric or "")
    shocks = use.get(str(rules()["misuse"]["metric"]))
    rate_days = int(figure("windows", "rate_days"))
    recent_use = None if wears is None else _recent_rise(wears, rate_days, today)
    heat = levels.get(str(assumptions()["heat"]["metric"]))
    return Measured(
        use=None if wears is None else _use(since, wears),
        use_per_day=None if recent_use is None else recent_use / rate_days,
        ambient=None if heat is None else _mean(heat[heat["day"] > anchor]),
        recent=Recent(
            means=_recent_means(levels, today),
            use=recent_use,
            shocks=None if shocks is None else _recent_rise(shocks, rate_days, today),
            days=rate_days,
        ),
    )


def _use(since: Since, rows: pd.DataFrame) -> float:
    """Count the use since the anchor; what lies before the first reading is the counter's own start or an estimate.

    A meter that began with the thing tells by its first value; else the mean pace since is taken.
    """
    anchor, first, last = since.anchor.toordinal(), int(rows["day"].iloc[0]), int(rows["day"].iloc[-1])
    counted = float(rows.loc[rows["day"] > anchor, "increase"].sum())
    if first <= anchor + 1 or bool(rows["opened"].iloc[0]):
        return counted
    if since.as_new:
        return counted + max(float(rows["shown"].iloc[0]), 0.0)
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
    return float(whole["increase"].sum()) * days / covered


def _recent_means(levels: Days, today: int) -> dict[str, float]:
    days = int(figure("windows", "recent_days"))
    recent = {metric: _recent(rows, days, today) for metric, rows in levels.items()}
    return {metric: mean for metric, rows in recent.items() if rows is not None and (mean := _mean(rows)) is not None}


def _mean(rows: pd.DataFrame) -> float | None:
    return None if rows.empty else float(np.mean(rows["mean"]))
