"""A counter survives slips, leaps, resets, roll-overs and swaps, in any order of arrival, packed or not."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlmodel import Session

from pas.db import Database
from telemetry.ingest import ingest
from telemetry.keep_metrics import keep_metrics
from telemetry.metric import CATALOGUE, Metric, MetricKind
from telemetry.queries import days, hours, usage
from telemetry.swap_counter import NotACounter, Swap, SwapDoubted, SwapStands, swap_counter
from tests.conftest import NOW, add_tenant
from tests.telemetry.conftest import PROJECTOR, batch, compact_all

START = datetime(2026, 10, 1, tzinfo=UTC)
PULSES = Metric(code="pulses", name="Pulses", kind=MetricKind.COUNTER, unit="count", rolls_over_at=65_536)
HOURS = Metric(code="burning", name="Burning hours", kind=MetricKind.COUNTER, unit="hour", fastest=1.001)


def _at(hour: float) -> datetime:
    return START + timedelta(hours=hour)


def _take(session: Session, code: str, values: dict[float, float]) -> None:
    rows = [(code, _at(hour).isoformat(), value) for hour, value in values.items()]
    ingest(session, frame=batch(*rows), key=None, source="test", now=NOW)


def _used(session: Session, code: str, start: float, end: float) -> float:
    wanted = [(PROJECTOR, code)]
    return usage(session, wanted=wanted, start=_at(start), end=_at(end))[PROJECTOR, code].increase


def _told(session: Session, code: str, until: float) -> list[float]:
    """Give the use of a span as one, as the sum of its parts, of its days and of its hours."""
    cuts = [0.0, 5.5, 24.0, 36.25, 71.0, until]
    asked = {"asset_id": PROJECTOR, "metric": code, "start": START, "end": _at(until)}
    parts = sum(_used(session, code, *part) for part in pairwise(cuts))
    return [
        _used(session, code, 0, until),
        parts,
        days(session, **asked)["increase"].sum(),
        hours(session, **asked)["increase"].sum(),
    ]


@pytest.fixture
def counting(session: Session) -> Session:
    """A session of a tenant with a counter that rolls over and one that cannot run faster than time."""
    keep_metrics(session, [*CATALOGUE, PULSES, HOURS])
    return session


def test_a_counter_that_rolls_over_did_not_begin_again(counting: Session) -> None:
    _take(counting, "pulses", {0: 65_000, 1: 65_500, 2: 100, 30: 900, 31: 5, 32: 8})

    assert _told(counting, "pulses", 100) == pytest.approx([500 + 136 + 800 + 5 + 3] * 4)
    compact_all(counting)
    assert _told(counting, "pulses", 100) == pytest.approx([500 + 136 + 800 + 5 + 3] * 4)


def test_a_gauge_that_falls_raised_nothing_not_less_than_nothing(counting: Session) -> None:
    _take(counting, "ambient_temperature", {0: 21.5, 1: 20.0, 2: 18.5})
    compact_all(counting)

    asked = {"asset_id": PROJECTOR, "metric": "ambient_temperature", "start": START, "end": _at(24)}
    told = [*days(counting, **asked)["increase"], *hours(counting, **asked)["increase"]]
    assert [str(one) for one in told] == ["0.0"] * 4


def test_a_single_leap_that_cannot_be_is_passed_over(counting: Session) -> None:
    _take(counting, "burning", {0: 10, 1: 11, 2: 99_999, 3: 13, 26: 30, 27: 8_000, 28: 31, 29: 32})

    assert _told(counting, "burning", 100) == pytest.approx([22] * 4)
    compact_all(counting)
    assert _told(counting, "burning", 100) == pytest.approx([22] * 4)


def test_between_an_old_meter_and_its_successor_nothing_was_counted(counting: Session) -> None:
    _take(counting, "cycles", {0: 100, 10: 200})
    swap = Swap(at=_at(12), closing=210, opening=5_000)
    assert swap_counter(counting, asset_id=PROJECTOR, code="cycles", swap=swap, now=NOW)
    assert not swap_counter(counting, asset_id=PROJECTOR, code="cycles", swap=swap, now=NOW)
    _take(counting, "cycles", {20: 5_040, 50: 5_050})

    assert _told(counting, "cycles", 100) == pytest.approx([110 + 50] * 4)
    compact_all(counting)
    assert _told(counting, "cycles", 100) == pytest.approx([110 + 50] * 4)


def test_a_swap_that_cannot_be_is_refused(counting: Session) -> None:
    _take(counting, "cycles", {12: 100})
    with pytest.raises(NotACounter):
        swap_counter(counting, asset_id=PROJECTOR, code="co2", swap=Swap(at=_at(1), closing=1, opening=1), now=NOW)
    trial = counting.begin_nested()
    with pytest.raises(SwapDoubted):
        swap_counter(counting, asset_id=PROJECTOR, code="cycles", swap=Swap(at=_at(12), closing=1, opening=1), now=NOW)
    trial.rollback()
    swap_counter(counting, asset_id=PROJECTOR, code="cycles", swap=Swap(at=_at(13), closing=101, opening=0), now=NOW)
    with pytest.raises(SwapStands):
        swap_counter(counting, asset_id=PROJECTOR, code="cycles", swap=Swap(at=_at(13), closing=1, opening=0), now=NOW)


@settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(
    values=st.dictionaries(st.integers(0, 90).map(float), st.integers(0, 65_535).map(float), min_size=1, max_size=25),
    code=st.sampled_from(["pulses", "burning", "cycles"]),
    swapped=st.booleans(),
    data=st.data(),
)
def test_use_is_the_same_however_it_came_and_is_cut(
    database: Database, *, values: dict[float, float], code: str, swapped: bool, data: st.DataObject
) -> None:
    told = []
    for turn, order in enumerate([list(values), data.draw(st.permutations(list(values)))]):
        tenant = add_tenant(database, f"t{id(values)}-{data.draw(st.uuids())}")
        cut = data.draw(st.integers(0, len(order)))
        with database.writing(tenant) as session:
            keep_metrics(session, [*CATALOGUE, PULSES, HOURS])
            after = data.draw(st.integers(0, 1))
            for place, part in enumerate((order[:cut], order[cut:])):
                _take(session, code, {hour: values[hour] for hour in part})
                if swapped and place == after:
                    swap = Swap(at=_at(40.5), closing=7_000, opening=12)
                    swap_counter(session, asset_id=PROJECTOR, code=code, swap=swap, now=NOW)
                if turn:
                    compact_all(session)
            told.append(_told(session, code, 100))
    assert told[0] == pytest.approx(told[1])
    assert told[0] == pytest.approx([told[0][0]] * 4)
