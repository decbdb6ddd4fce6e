"""However readings come, late, in pieces, out of order or twice, the end is that of one computation from all."""

from datetime import UTC, datetime, timedelta
from itertools import count, pairwise
from uuid import UUID

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlmodel import Session, select

from pas.db import Database
from telemetry.ingest import ingest
from telemetry.keep_metrics import keep_metrics
from telemetry.metric import CATALOGUE
from telemetry.moment import micros, moment
from telemetry.queries import days, gauge_means, hours, series, usage
from telemetry.series_day import PackedDay, hours_of, unpacked
from telemetry.series_key import SeriesKey
from telemetry.tables import SeriesDayRecord, SeriesRecord
from telemetry.usage import Usage
from tests.conftest import NOW, add_tenant
from tests.telemetry.conftest import compact_all

ASSETS = [UUID(int=number) for number in (1, 2)]
METRICS = ["operating_hours", "ambient_temperature"]
FIRST = datetime(2026, 3, 28, 20, 0, tzinfo=UTC)
EVER = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 12, 1, tzinfo=UTC)

_numbers = count()
minutes = st.integers(0, 60 * 24 * 4)
readings = st.dictionaries(
    st.tuples(st.sampled_from(ASSETS), st.sampled_from(METRICS), minutes),
    st.integers(0, 60).map(float),
    min_size=1,
    max_size=60,
)
"""All that was measured: one value for each asset, metric and minute; the counters fall as often as they rise."""

modest = settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


def _at(minute: int) -> datetime:
    return FIRST + timedelta(minutes=minute)


def _ingest(session: Session, rows: list[tuple[tuple[UUID, str, int], float]]) -> None:
    frame = pd.DataFrame(
        {
            "asset_id": [str(key[0]) for key, _ in rows],
            "metric": [key[1] for key, _ in rows],
            "at": [_at(key[2]).isoformat() for key, _ in rows],
            "value": [value for _, value in rows],
        }
    )
    ingest(session, frame=frame, key=None, source="test", now=NOW)


def _state(session: Session) -> dict[tuple[str, str, object], object]:
    """Everything stored, by asset, metric and day, whatever the numbers of the series, once it is compacted."""
    compact_all(session)
    state: dict[tuple[str, str, object], object] = {}
    opened = {one.number: one for one in session.exec(select(SeriesRecord))}
    for one in opened.values():
        state[str(one.asset_id), one.metric, "last"] = (one.last_at, one.last_value)
    for day in session.exec(select(SeriesDayRecord)):
        own = opened[day.series]
        packed = PackedDay(0, day.day, day.codec, day.readings, day.hours)
        track = unpacked([packed])
        hourly = hours_of(packed, SeriesKey(0, 0, own.metric == "operating_hours")).columns()
        plain = day.model_dump(exclude={"tenant_id", "series", "readings", "hours"})
        state[str(own.asset_id), own.metric, day.day] = (
            plain,
            track.at.tolist(),
            track.value.tolist(),
            {name: column.tolist() for name, column in hourly.items()},
        )
    return state


def _fresh_tenant(database: Database) -> int:
    tenant = add_tenant(database, f"t{next(_numbers)}")
    with database.writing(tenant) as session:
        keep_metrics(session, CATALOGUE)
    return tenant


@modest
@given(measured=readings, data=st.data())
def test_any_split_order_and_duplication_ends_the_same(database: Database, measured: dict, data: st.DataObject) -> None:  # type: ignore[type-arg]
    rows = list(measured.items())
    twice = rows + data.draw(st.lists(st.sampled_from(rows), max_size=20))
    mixed = data.draw(st.permutations(twice))
    cuts = sorted(data.draw(st.lists(st.integers(0, len(mixed)), max_size=4)))

    at_once, in_pieces = _fresh_tenant(database), _fresh_tenant(database)
    with database.writing(at_once) as session:
        _ingest(session, rows)
        expected = _state(session)
    for start, end in pairwise([0, *cuts, len(mixed)]):
        with database.writing(in_pieces) as session:
            _ingest(session, mixed[start:end])
    with database.writing(in_pieces) as session:
        assert _state(session) == expected


def _without_dips(points: list[tuple[datetime, float]]) -> list[tuple[datetime, float]]:
    """Drop each reading below the one before it where the next one is not below that."""
    values = [value for _, value in points]
    dips = {i for i in range(1, len(points) - 1) if values[i] < values[i - 1] <= values[i + 1]}
    return [point for i, point in enumerate(points) if i not in dips]


def _plain_usage(points: list[tuple[datetime, float]], start: datetime, end: datetime) -> Usage:
    """Work the use out reading by reading."""
    points = _without_dips(points)
    before = [point for point in points if point[0] <= start]
    during = [point for point in points if start < point[0] <= end]
    chain = [*before[-1:], *during]
    if not chain:
        return Usage()
    increase = sum(b - a if b >= a else b for (_, a), (_, b) in pairwise(chain))
    return Usage(chain[0][1], chain[0][0], chain[-1][1], chain[-1][0], increase, len(during))


@modest
@given(measured=readings, spans=st.lists(st.tuples(minutes, minutes), min_size=1, max_size=5))
def test_use_and_levels_are_exact_for_any_span(
    database: Database,
    measured: dict,  # type: ignore[type-arg]
    spans: list[tuple[int, int]],
) -> None:
    tenant = _fresh_tenant(database)
    with database.writing(tenant) as session:
        _ingest(session, list(measured.items()))
        for one, other in spans:
            start, end = _at(min(one, other)), _at(max(one, other))
            counters = [(asset, "operating_hours") for asset in ASSETS]
            found = usage(session, wanted=counters, start=start, end=end)
            levels = [(asset, "ambient_temperature") for asset in ASSETS]
            means = gauge_means(session, wanted=levels, start=start, end=end)
            for asset in ASSETS:
                points = _points(measured, asset, "operating_hours")
                assert found[asset, "operating_hours"] == _plain_usage(points, start, end)
                inside = [(at, v) for at, v in _points(measured, asset, "ambient_temperature") if start <= at < end]
                mean = means.get((asset, "ambient_temperature"))
                assert (mean is not None) == bool(inside)
                if mean is not None:
                    assert (mean.minimum, mean.maximum) == (min(v for _, v in inside), max(v for _, v in inside))
                    assert mean.hours == len({at.replace(minute=0) for at, _ in inside})
                    assert mean.mean == pytest.approx(_plain_mean(inside))


def _points(measured: dict, asset: UUID, metric: str) -> list[tuple[datetime, float]]:  # type: ignore[type-arg]
    own = {key[2]: value for key, value in measured.items() if key[:2] == (asset, metric)}
    return sorted((_at(minute), value) for minute, value in own.items())


def _plain_mean(inside: list[tuple[datetime, float]]) -> float:
    """Take each hour's mean, every reading holding until the next one or the hour's end, and the mean of these."""
    by_hour: dict[datetime, list[tuple[datetime, float]]] = {}
    for at, value in inside:
        by_hour.setdefault(at.replace(minute=0), []).append((at, value))
    means = []
    for hour, points in by_hour.items():
        until = [at for at, _ in points[1:]] + [hour + timedelta(hours=1)]
        held = [(end - at).total_seconds() for (at, _), end in zip(points, until, strict=True)]
        means.append(sum(v * h for (_, v), h in zip(points, held, strict=True)) / sum(held))
    return sum(means) / len(means)


@modest
@given(measured=readings, data=st.data())
def test_hours_days_and_the_whole_say_the_same(database: Database, measured: dict, data: st.DataObject) -> None:  # type: ignore[type-arg]
    tenant = _fresh_tenant(database)
    with database.writing(tenant) as session:
        _ingest(session, list(measured.items()))
        for asset in ASSETS:
            span = {"asset_id": asset, "metric": "operating_hours", "start": EVER[0], "end": EVER[1]}
            raw, hourly, daily = series(session, **span), hours(session, **span), days(session, **span)
            whole = usage(session, wanted=[(asset, "operating_hours")], start=EVER[0], end=EVER[1])
            points = _points(measured, asset, "operating_hours")
            assert list(zip(raw["at"], raw["value"], strict=True)) == points
            assert hourly["increase"].sum() == daily["increase"].sum() == whole[asset, "operating_hours"].increase
            assert hourly["count"].sum() == daily["count"].sum() == len(points)
            middle = data.draw(st.integers(0, 96))
            cut = FIRST + timedelta(hours=middle)
            parts = [hours(session, **{**span, "end": cut}), hours(session, **{**span, "start": cut})]
            assert sum(len(part) for part in parts) == len(hourly)
            assert sum(part["increase"].sum() for part in parts) == hourly["increase"].sum()


@modest
@given(
    steps=st.lists(st.tuples(st.integers(1, 2_000), st.integers(0, 9)), min_size=3, max_size=12),
    data=st.data(),
)
def test_one_low_reading_changes_no_use_of_any_span(
    database: Database, steps: list[tuple[int, int]], data: st.DataObject
) -> None:
    counter, slipped = ((asset, "operating_hours") for asset in ASSETS)
    minutes_, values = (np.cumsum(column).tolist() for column in zip(*steps, strict=True))
    after = data.draw(st.integers(0, len(steps) - 2))
    at = data.draw(st.integers(minutes_[after], minutes_[after + 1]))
    low = data.draw(st.integers(0, 500)) / 10
    right = [((*counter, minute), value + 1_000.0) for minute, value in zip(minutes_, values, strict=True)]
    wrong = [((*slipped, key[2]), value) for key, value in right if key[2] != at] + [((*slipped, at), low)]
    right = [one for one in right if one[0][2] != at]
    cuts = data.draw(st.lists(st.integers(0, 24_000), min_size=2, max_size=2))
    tenant = _fresh_tenant(database)
    with database.writing(tenant) as session:
        mixed = data.draw(st.permutations(wrong))
        for rows in (right, mixed[::2], mixed[1::2]):
            _ingest(session, rows)
        found = usage(session, wanted=[counter, slipped], start=_at(min(cuts)), end=_at(max(cuts)))
        span = {"metric": "operating_hours", "start": EVER[0], "end": EVER[1]}
        risen = [
            [bucket(session, asset_id=asset, **span)["increase"].sum() for bucket in (hours, days)] for asset in ASSETS
        ]

    inside = minutes_[0] < at < minutes_[-1]
    assert found[counter] == found[slipped] or not inside
    assert risen[0] == risen[1] or not inside


@given(st.datetimes(datetime(1, 1, 1), datetime(9999, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001
def test_a_moment_is_kept_to_the_microsecond(at: datetime) -> None:
    assert moment(micros(at)) == at


@modest
@given(
    parts=st.lists(st.integers(0, 5760), min_size=1, max_size=4),
    measured=readings,
)
def test_the_use_of_parts_adds_up_to_that_of_the_whole(
    database: Database,
    parts: list[int],
    measured: dict,  # type: ignore[type-arg]
) -> None:
    tenant = _fresh_tenant(database)
    pair = (ASSETS[0], "operating_hours")
    with database.writing(tenant) as session:
        _ingest(session, list(measured.items()))
        cuts = [_at(minute) for minute in sorted({0, *parts, 5760})]
        found = [usage(session, wanted=[pair], start=a, end=b)[pair] for a, b in pairwise(cuts)]
        whole = usage(session, wanted=[pair], start=cuts[0], end=cuts[-1])[pair]

    assert sum(one.increase for one in found) == whole.increase
    assert sum(one.readings for one in found) == whole.readings
    assert all(one.increase >= 0 for one in found)
    for one, then in pairwise(found):
        assert one.closing is None or (one.closing, one.closing_at) == (then.opening, then.opening_at)


def test_packing_keeps_every_number() -> None:
    from telemetry.codec import CODEC, UnknownCodec, pack_readings, unpack_readings  # noqa: PLC0415

    at = np.array([0, 1, 3_600_000_000, 86_399_999_999])
    values = np.array([0.1, 1e15, -1e-300, 3.0])
    packed = pack_readings(np.diff(at, prepend=0), values)

    found_at, found_values = unpack_readings(packed, codec=CODEC, midnight=7)
    assert (found_at.tolist(), found_values.tolist()) == ((at + 7).tolist(), values.tolist())
    with pytest.raises(UnknownCodec):
        unpack_readings(packed, codec=99, midnight=0)
