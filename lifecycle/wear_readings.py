"""What was measured of many things since each was last looked at, read by the day in one go."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import NamedTuple
from uuid import UUID

import numpy as np
import pandas as pd
from sqlmodel import Session, col, select

from lifecycle.alert_episode import DayLine
from lifecycle.alert_rules import Recent, rules
from lifecycle.condition.assumptions import assumptions, figure
from lifecycle.condition.stress import Law, Stress
from lifecycle.condition.usage_clock import LevelDays, MeterDays, Run, run
from telemetry.lots import KEYS, lots
from telemetry.metric import MetricKind
from telemetry.read_days import ROLLUP, day_rollups
from telemetry.read_meter_days import meter_days
from telemetry.series_key import SeriesKey, series_key
from telemetry.tables import MetricRecord, SeriesRecord

Days = Mapping[str, pd.DataFrame]
"""Rows by day, under the code of a meter or a metric."""
ByAsset = Mapping[UUID, Days]

DAYS_OF_LINE = 90
"""How far back alerts look for the day on which something began."""
_A_DAY = timedelta(days=1)
_FEW_DAYS = 7
"""A rate that rests on fewer days has no spread that could be told."""
_MEAN = ROLLUP.index("mean")


class Since(NamedTuple):
    """From when on one thing is read: its anchor's day, whether it was new then, and the meter of its wear.

    `looks` are the days on which it was seen, at each of which its clock is read; `stresses` what makes hours count
    for more. A thing whose life is not rated in use wears by the calendar, metered or not.
    """

    anchor: date
    as_new: bool
    usage_metric: str | None
    looks: Sequence[date] = ()
    stresses: Sequence[Stress] = ()
    is_rated: bool = True


class Measured(NamedTuple):
    """Use since the anchor, use a day of late, mean heat since the last look, and what alerts look at; None: unknown.

    `clock` is how far the clock ran from the anchor to each look, and to today at last.
    """

    use: float | None = None
    use_per_day: float | None = None
    ambient: float | None = None
    recent: Recent = Recent()
    clock: Run | None = None
    load: float | None = None
    rate_spread: float | None = None


NOTHING = Measured()


def measured(session: Session, *, wanted: Mapping[UUID, Since], today: date) -> dict[UUID, Measured]:
    """Read what was measured of each asset; those without any reading are left out.

    Use comes from meters alone, levels from their day rollups.
    """
    if not wanted:
        return {}
    first = min(today - timedelta(days=DAYS_OF_LINE), *(since.anchor for since in wanted.values()))
    last = today + _A_DAY
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
    wears = use.get(since.usage_metric or "")
    shocks = use.get(str(rules()["misuse"]["metric"]))
    rate_days = int(figure("windows", "rate_days"))
    recent_use = None if wears is None else _recent_rise(wears, rate_days, today)
    meter = None if wears is None else _meter(wears)
    load = next((stress.metric for stress in since.stresses if stress.law is Law.POWER), "")
    return Measured(
        use=None if meter is None else float(_clock(since, meter, {}, today).plain[-1]),
        use_per_day=None if recent_use is None else recent_use / rate_days,
        ambient=_since_last_look(levels.get(str(assumptions()["heat"]["metric"])), since),
        recent=Recent(
            means=_recent_means(levels, today),
            use=recent_use,
            shocks=None if shocks is None else _recent_rise(shocks, rate_days, today),
            days=rate_days,
            lines={metric: _line(rows, "mean", today) for metric, rows in levels.items()},
            used=DayLine() if wears is None else _line(wears, "increase", today),
            shaken=DayLine() if shocks is None else _line(shocks, "increase", today),
        ),
        clock=_clock(since, meter if since.is_rated else None, levels, today),
        load=_since_last_look(levels.get(load), since),
        rate_spread=None if wears is None else _rate_spread(wears, rate_days, today),
    )


def _meter(rows: pd.DataFrame) -> MeterDays:
    day, increase = rows["day"].to_numpy(dtype=np.int64), rows["increase"].to_numpy(dtype=np.float64)
    return MeterDays(day, increase, float(rows["shown"].iloc[0]), bool(rows["opened"].iloc[0]))


def _clock(since: Since, meter: MeterDays | None, levels: Days, today: int) -> Run:
    """Read the clock of a thing on the days on which it was seen, and today."""
    wanted = {stress.metric for stress in since.stresses} & set(levels)
    by_day = {
        metric: LevelDays(levels[metric]["day"].to_numpy(dtype=np.int64), levels[metric]["mean"].to_numpy(dtype=float))
        for metric in wanted
    }
    at = [*(look.toordinal() for look in since.looks), today + 1 if meter else today]
    return run(
        since=since.anchor.toordinal(),
        as_new=since.as_new,
        meter=meter,
        levels=by_day,
        stresses=since.stresses,
        at=at,
    )


def _since_last_look(rows: pd.DataFrame | None, since: Since) -> float | None:
    """Give the mean of a level since the last look; since the anchor where nothing was measured after it."""
    if rows is None:
        return None
    after = rows[rows["day"] > max([since.anchor, *since.looks]).toordinal()]
    return _mean(after if len(after) else rows[rows["day"] > since.anchor.toordinal()])


def _rate_spread(rows: pd.DataFrame, days: int, today: int) -> float | None:
    """Give how surely the recent rate of use is known: the relative error of its mean over whole days."""
    recent = _recent(rows, days + 1, today)
    if recent is None or len(recent) <= _FEW_DAYS or recent["increase"].sum() <= 0:
        return None
    whole = recent["increase"].to_numpy(dtype=float)[:-1]
    return float(min(whole.std() / max(whole.mean(), 1e-9) / len(whole) ** 0.5, 1.0))


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


def _line(rows: pd.DataFrame, column: str, today: int) -> DayLine:
    """Give a figure day by day, as far back as alerts look; a day of a counter counts when it is over."""
    days = rows["day"].to_numpy()
    kept = days > today - DAYS_OF_LINE
    if column == "increase" and kept.sum() > 1:
        kept &= days < days.max()
    return DayLine(days[kept].tolist(), rows[column].to_numpy()[kept].tolist())


def _recent_means(levels: Days, today: int) -> dict[str, float]:
    days = int(figure("windows", "recent_days"))
    recent = {metric: _recent(rows, days, today) for metric, rows in levels.items()}
    return {metric: mean for metric, rows in recent.items() if rows is not None and (mean := _mean(rows)) is not None}


def _mean(rows: pd.DataFrame) -> float | None:
    return None if rows.empty else float(np.mean(rows["mean"]))
