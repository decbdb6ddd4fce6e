"""Meters count use as they say they do: exactly, whatever the order of the readings and wherever a span is cut."""

from datetime import UTC, datetime, timedelta
from itertools import count, pairwise
from pathlib import Path
from uuid import UUID

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import update
from sqlmodel import Session, col

from pas.db import Database
from telemetry.figure import Figure
from telemetry.find_meters import UnknownMeter, meters
from telemetry.held import Held
from telemetry.ingest import ingest
from telemetry.keep_meters import MeterStands, keep_meter
from telemetry.keep_metrics import MetricInUse, keep_metrics
from telemetry.meter import Drawn, Meter, Side, UnfitMeter, Way
from telemetry.metric import CATALOGUE, Metric, MetricKind
from telemetry.read_meter_evidence import meter_evidence
from telemetry.read_meters import meter_figures
from telemetry.tables import SeriesDayRecord
from telemetry.unit import UnknownUnit, WrongDimension
from tests.conftest import NOW, add_tenant
from tests.telemetry.conftest import compact_all

LAMP = UUID(int=1)
FIRST = datetime(2026, 3, 28, 20, 0, tzinfo=UTC)
GAP = 15 * 60
LIT = Meter(
    code="lit",
    name="Lit",
    metric="illuminance",
    way=Way.TIME_ON,
    unit="hour",
    threshold=100,
    side=Side.ABOVE,
    longest_gap=GAP,
)
DIM = LIT.model_copy(update={"code": "dim", "threshold": 5.0})
DARK = LIT.model_copy(update={"code": "dark", "side": Side.BELOW, "unit": "min"})
TURNED_ON = LIT.model_copy(update={"code": "turned_on", "way": Way.COUNT, "unit": "count"})
LIGHT = Meter(
    code="light",
    name="Light",
    metric="illuminance",
    way=Way.INTEGRAL,
    unit="lux_hour",
    drawn=Drawn.HELD,
    longest_gap=GAP,
)
WORK = Meter(
    code="work", name="Work", metric="power", way=Way.INTEGRAL, unit="kWh", drawn=Drawn.STRAIGHT, longest_gap=GAP
)
OWN = [LIT, DIM, DARK, TURNED_ON, LIGHT, WORK]
COUNTED = ["operating_hours", *(meter.code for meter in OWN)]
METRIC_OF = {"operating_hours": "operating_hours"} | {meter.code: meter.metric for meter in OWN}

_numbers = count()
modest = settings(
    max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
moments = st.integers(0, 60 * 60 * 24 * 4)
measured = st.dictionaries(
    st.tuples(st.sampled_from(["operating_hours", "illuminance", "power"]), st.integers(0, 60 * 24 * 4)),
    st.sampled_from([0.0, 5.0, 60.0, 100.0, 101.0, 400.0]),
    min_size=1,
    max_size=60,
)
"""One value for each metric and minute; levels lie on, below and above the thresholds, the counter falls often."""


def _at(minute: float) -> datetime:
    return FIRST + timedelta(minutes=minute)


def _tenant(database: Database) -> int:
    tenant = add_tenant(database, f"m{next(_numbers)}")
    with database.writing(tenant) as session:
        _begin(session)
    return tenant


def _begin(session: Session) -> None:
    keep_metrics(session, CATALOGUE)
    for meter in OWN:
        keep_meter(session, meter, valid_from=None, now=NOW)


def _take(session: Session, rows: list[tuple[str, datetime, float]]) -> None:
    frame = pd.DataFrame(rows, columns=["metric", "at", "value"]).assign(asset_id=str(LAMP))
    frame["at"] = [moment.isoformat() for moment in frame["at"]]
    assert ingest(session, frame=frame, key=None, source="test", now=NOW).quarantined == 0


def _figures(session: Session, start: datetime, end: datetime) -> dict[str, Figure]:
    found = meter_figures(session, wanted=[(LAMP, code) for code in COUNTED], start=start, end=end)
    return {code: figure for (_, code), figure in found.items()}


def _rows(of: dict[tuple[str, int], float]) -> list[tuple[str, datetime, float]]:
    return [(metric, _at(minute), value) for (metric, minute), value in of.items()]


def _by_hand(meter: Meter, points: list[tuple[datetime, float]], start: datetime, end: datetime) -> float:
    """Count a level second by second, as a person would with a list of readings."""
    gap, hours, came = timedelta(seconds=meter.longest_gap or 0), 0.0, 0
    for place, (at, value) in enumerate(points):
        after = points[place + 1] if place + 1 < len(points) else None
        near = after is not None and after[0] - at <= gap
        until = after[0] if near and after else at + gap
        begin, stop = max(at, start), min(until, end)
        held = max(0.0, (stop - begin) / timedelta(hours=1))
        on = {Side.ABOVE: value > (meter.threshold or 0), Side.BELOW: value < (meter.threshold or 0), None: True}
        if meter.drawn is Drawn.STRAIGHT:
            if not near or after is None or not held:
                continue
            slope = (after[1] - value) / ((after[0] - at) / timedelta(hours=1))
            middle = (begin - at) / timedelta(hours=1) + held / 2
            hours += (value + slope * middle) * held
        elif meter.way is Way.INTEGRAL:
            hours += value * held
        elif on[meter.side]:
            hours += held
            before = points[place - 1] if place else None
            came += before is not None and before[1] <= 100 and at - before[0] <= gap and start <= at < end
    return {Way.COUNT: float(came)}.get(meter.way, hours * (60 if meter.unit == "min" else 1))


@modest
@given(of=measured, ends=st.tuples(moments, moments))
def test_a_meter_counts_what_a_person_would(database: Database, of: dict, ends: tuple[int, int]) -> None:  # type: ignore[type-arg]
    tenant = _tenant(database)
    start, end = (_at(second / 60) for second in sorted(ends))
    with database.writing(tenant) as session:
        _take(session, _rows(of))
        found = _figures(session, start, end)
    for meter in OWN:
        points = sorted((_at(minute), value) for (metric, minute), value in of.items() if metric == meter.metric)
        assert found[meter.code].increase == pytest.approx(_by_hand(meter, points, start, end), abs=1e-9), meter.code


@modest
@given(of=measured, cuts=st.lists(moments, max_size=5))
def test_parts_of_a_span_add_up_to_the_whole(database: Database, of: dict, cuts: list[int]) -> None:  # type: ignore[type-arg]
    tenant = _tenant(database)
    ends = [_at(second / 60) for second in sorted({0, *cuts, 60 * 60 * 24 * 4})]
    with database.writing(tenant) as session:
        _take(session, _rows(of))
        found = [_figures(session, start, end) for start, end in pairwise(ends)]
        whole = _figures(session, ends[0], ends[-1])
    for code, figure in whole.items():
        own = [part[code] for part in found]
        assert sum(part.increase for part in own) == pytest.approx(figure.increase, rel=1e-12, abs=1e-9), code
        assert sum(part.readings for part in own) == figure.readings, code
        if figure.covered_hours is not None:
            assert sum(part.covered_hours or 0 for part in own) == pytest.approx(figure.covered_hours, abs=1e-9)


@modest
@given(of=measured, data=st.data())
def test_any_order_split_and_duplication_counts_the_same(database: Database, of: dict, data: st.DataObject) -> None:  # type: ignore[type-arg]
    rows = _rows(of)
    mixed = data.draw(st.permutations(rows + data.draw(st.lists(st.sampled_from(rows), max_size=20))))
    cuts = sorted(data.draw(st.lists(st.integers(0, len(mixed)), max_size=4)))
    at_once, in_pieces = _tenant(database), _tenant(database)
    span = _at(90), _at(60 * 24 * 3 + 0.5)
    with database.writing(at_once) as session:
        _take(session, rows)
        expected = (
            _figures(session, *span),
            meter_evidence(session, asset_id=LAMP, meter="lit", start=span[0], end=span[1]),
        )
    for start, end in pairwise([0, *cuts, len(mixed)]):
        if start < end:
            with database.writing(in_pieces) as session:
                _take(session, mixed[start:end])
    with database.reading(in_pieces) as session:
        found = (
            _figures(session, *span),
            meter_evidence(session, asset_id=LAMP, meter="lit", start=span[0], end=span[1]),
        )
    assert found == expected


@modest
@given(of=measured, ends=st.tuples(moments, moments))
def test_the_days_of_the_evidence_add_up_to_the_figure(database: Database, of: dict, ends: tuple[int, int]) -> None:  # type: ignore[type-arg]
    tenant = _tenant(database)
    start, end = (_at(second / 60) for second in sorted(ends))
    with database.writing(tenant) as session:
        _take(session, _rows(of))
        for code in COUNTED:
            shown = meter_evidence(session, asset_id=LAMP, meter=code, start=start, end=end)
            assert sum(day.increase for day in shown.days) == pytest.approx(shown.figure.increase, abs=1e-9), code
            assert sum(day.readings for day in shown.days) == shown.figure.readings, code
            if code == "lit":
                on = sum((one.end - one.start) / timedelta(hours=1) for one in shown.on)
                assert on == pytest.approx(shown.figure.increase, abs=1e-9)
                assert all(one.end <= other.start for one, other in pairwise(shown.on))


def test_a_silent_sensor_counts_nothing(session: Session) -> None:
    _begin(session)
    _take(session, [("illuminance", FIRST, 400.0), ("illuminance", FIRST + timedelta(hours=29), 400.0)])

    lit = _figures(session, FIRST, FIRST + timedelta(hours=29))["lit"]

    assert (lit.increase, lit.covered_hours, lit.longest_gap_hours) == (0.25, 0.25, 28.75)


def test_a_reading_before_midnight_holds_into_the_day(session: Session) -> None:
    _begin(session)
    midnight = datetime(2026, 4, 1, tzinfo=UTC)
    readings = [(midnight - timedelta(minutes=4), 400.0), (midnight + timedelta(minutes=6), 0.0)]
    _take(session, [("illuminance", at, value) for at, value in readings])

    march = _figures(session, FIRST, midnight)["lit"]
    april = _figures(session, midnight, midnight + timedelta(days=30))["lit"]

    assert (march.increase * 60, april.increase * 60) == (pytest.approx(4), pytest.approx(6))
    assert (march.readings, april.readings) == (1, 1)
    shown = meter_evidence(session, asset_id=LAMP, meter="lit", start=midnight, end=midnight + timedelta(days=1)).on
    assert [(one.start, one.end, one.began_at, one.ended_at, one.ended_value) for one in shown] == [
        (midnight, readings[1][0], readings[0][0], readings[1][0], 0.0)
    ]


@pytest.mark.shared
def test_the_office_burned_as_long_as_its_sensor_says(session: Session, shared_data: Path) -> None:
    _begin(session)
    room = pd.read_csv(shared_data / "condition" / "uci_room_sensor_minute.csv.gz")
    frame = pd.DataFrame({"metric": "illuminance", "at": room["date"], "value": room["light"], "asset_id": str(LAMP)})
    taken = ingest(session, frame=frame, key=None, source="test", now=NOW, zone="UTC").taken
    span = datetime(2015, 2, 2, tzinfo=UTC), datetime(2015, 2, 19, tzinfo=UTC)

    codes = ["light_hours", "any_light_hours"]
    found = meter_figures(session, wanted=[(LAMP, code) for code in codes], start=span[0], end=span[1])

    bright, any_light = (found[LAMP, code] for code in codes)
    assert (taken, bright.readings) == (20_560, 20_560)
    assert (round(bright.increase, 1), round(any_light.increase, 1)) == (99.7, 129.7)
    assert (round(bright.covered_hours or 0, 1), round(any_light.covered_hours or 0, 1)) == (342.7, 342.7)
    assert bright.meter.means.endswith("at most 120 s, so a longer gap counts nothing beyond that")


def test_of_forgotten_days_a_level_counts_nothing_and_says_so(session: Session) -> None:
    _begin(session)
    _take(session, [("illuminance", FIRST + timedelta(minutes=10 * step), 400.0) for step in range(60 * 6)])
    whole = _figures(session, FIRST, FIRST + timedelta(hours=59))["lit"]
    compact_all(session)
    assert _figures(session, FIRST, FIRST + timedelta(hours=59))["lit"] == whole

    second = (FIRST + timedelta(days=1)).date()
    session.execute(
        update(SeriesDayRecord).where(col(SeriesDayRecord.day) == second).values(held=Held.FORGOTTEN, readings=b"")
    )

    left = _figures(session, FIRST, FIRST + timedelta(hours=59))["lit"]
    assert (whole.forgotten_days, left.forgotten_days) == (0, 1)
    assert left.increase == pytest.approx(whole.increase - 24, abs=0.26)
    assert left.longest_gap_hours == pytest.approx(24, abs=0.26)


def test_ten_years_are_counted_as_their_parts(session: Session) -> None:
    _begin(session)
    start = datetime(2016, 1, 1, tzinfo=UTC)
    _take(session, [("illuminance", start + timedelta(days=91 * step, minutes=7), 400.0) for step in range(40)])

    ever = _figures(session, start - timedelta(days=9000), datetime(2200, 1, 1, tzinfo=UTC))["lit"]

    assert (ever.increase, ever.readings) == (10.0, 40)
    assert ever.longest_gap_hours == (datetime(2200, 1, 1, tzinfo=UTC) - start).days * 24 - 91 * 39 * 24 - 7 / 60 - 0.25


def test_every_counter_is_a_meter_under_its_own_code(session: Session) -> None:
    keep_metrics(session, CATALOGUE)
    keep_metrics(session, [Metric(code="prints", name="Prints", kind=MetricKind.COUNTER, unit="count")])

    known = meters(session)

    counters = [metric.code for metric in CATALOGUE if metric.kind is MetricKind.COUNTER]
    assert {known[code][0].way for code in [*counters, "prints"]} == {Way.COUNTER}
    assert {"light_hours", "any_light_hours", "lux_hours", "energy_from_power"} <= set(known)


def test_a_change_is_a_new_version_and_the_past_stays_as_it_was(session: Session) -> None:
    _begin(session)
    midnight = datetime(2026, 11, 2, tzinfo=UTC)
    _take(session, [("illuminance", NOW - timedelta(minutes=minute), 50.0) for minute in range(1, 600)])
    span = {"start": NOW - timedelta(days=1), "end": midnight + timedelta(days=1)}
    before = meter_figures(session, wanted=[(LAMP, "lit")], start=span["start"], end=midnight)[LAMP, "lit"]

    second = keep_meter(session, LIT.model_copy(update={"threshold": 5.0}), valid_from=midnight, now=NOW)
    again = keep_meter(session, LIT.model_copy(update={"threshold": 5.0}), valid_from=None, now=NOW)

    assert (second.version, again.version) == (2, 2)
    assert meter_figures(session, wanted=[(LAMP, "lit")], start=span["start"], end=midnight)[LAMP, "lit"] == before
    across = meter_figures(session, wanted=[(LAMP, "lit")], **span)[LAMP, "lit"]
    after = meter_figures(session, wanted=[(LAMP, "lit")], start=midnight, end=span["end"])[LAMP, "lit"]
    assert (before.versions, across.versions, after.versions) == ((1,), (1, 2), (2,))
    assert "5 lux" in after.meter.means
    assert across.increase == before.increase + after.increase


@pytest.mark.parametrize(
    ("wrong", "refused"),
    [
        ({"threshold": None}, UnfitMeter),
        ({"drawn": Drawn.HELD}, UnfitMeter),
        ({"way": Way.COUNTER, "threshold": None, "side": None, "longest_gap": None}, UnfitMeter),
        ({"metric": "lamp_hours"}, UnfitMeter),
        ({"unit": "kWh"}, WrongDimension),
        ({"unit": "10**10**10"}, UnknownUnit),
        ({"way": Way.INTEGRAL, "threshold": None, "side": None, "drawn": Drawn.HELD, "unit": "kWh"}, UnfitMeter),
        ({"metric": "ambient_temperature", "way": Way.INTEGRAL, "threshold": None, "side": None,
          "drawn": Drawn.HELD, "unit": "hour"}, UnfitMeter),
    ],
    ids=["no threshold", "drawn for nothing", "level as counter", "counter as level", "unit", "no unit", "lux to kWh",
         "degrees"],
)  # fmt: skip
def test_a_meter_that_could_not_count_is_refused(session: Session, wrong: dict, refused: type[Exception]) -> None:  # type: ignore[type-arg]
    keep_metrics(session, CATALOGUE)
    with pytest.raises(refused):
        keep_meter(session, LIT.model_copy(update=wrong), valid_from=None, now=NOW)
    assert "lit" not in meters(session)


def test_a_new_version_never_counts_the_past_anew(session: Session) -> None:
    _begin(session)
    for wrong in ({"threshold": 7.0}, {"unit": "min"}):
        with pytest.raises(MeterStands):
            keep_meter(session, LIT.model_copy(update=wrong), valid_from=NOW - timedelta(seconds=1), now=NOW)
    with pytest.raises(UnknownMeter, match="there are any_light_hours"):
        meter_figures(session, wanted=[(LAMP, "bananas")], start=FIRST, end=NOW)
    with pytest.raises(MetricInUse):
        keep_metrics(session, [Metric(code="power", name="Power", kind=MetricKind.GAUGE, unit="W")])
