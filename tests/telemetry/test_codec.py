"""What is packed comes back number for number, whatever the numbers are."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from telemetry.codec import CODEC, pack_hours, pack_readings, pack_track, unpack_hours, unpack_readings, unpack_track
from telemetry.moment import DAY
from telemetry.rollup import hours
from telemetry.series_key import SeriesKey, manner
from telemetry.track import Numbers, Track

anything = st.floats(allow_nan=False, allow_infinity=False, width=64)
decimals = st.integers(-(10**9), 10**9).map(lambda whole: whole / 1000)
values = st.one_of(
    st.lists(anything, min_size=1, max_size=40), st.lists(decimals, min_size=1, max_size=200), st.just([-0.0, 0.0])
).map(lambda numbers: np.array(numbers, dtype=np.float64))


def _steps(length: int, seed: int) -> np.ndarray:  # type: ignore[type-arg]
    """Make the steps of as many moments within a day, some to the microsecond, some to the minute."""
    chance = np.random.default_rng(seed)
    unit = (1, 1000, 1_000_000, 60_000_000)[seed % 4]
    at = np.sort(chance.choice(DAY // unit, size=length, replace=False)) * unit
    return np.diff(at, prepend=0)


@given(value=values, seed=st.integers(0, 1000))
def test_readings_come_back_bit_for_bit(value: Numbers, seed: int) -> None:
    steps = _steps(len(value), seed)
    at, back = unpack_readings(pack_readings(steps, value), codec=CODEC, midnight=5 * DAY)

    assert (at == 5 * DAY + np.cumsum(steps)).all()
    assert back.tobytes() == value.tobytes()


@given(value=arrays(np.float64, st.integers(0, 50), elements=anything), seed=st.integers(0, 1000))
def test_a_batch_comes_back_bit_for_bit(value: Numbers, seed: int) -> None:
    chance = np.random.default_rng(seed)
    series, at = np.sort(chance.integers(0, 2**31, len(value))), chance.integers(-(2**50), 2**50, len(value))
    back = unpack_track(pack_track(Track(series, at, value, np.arange(len(value)))), codec=CODEC)

    assert back.columns()[:2] == (series.tolist(), at.tolist())
    assert back.value.tobytes() == value.tobytes()


@given(value=st.lists(decimals, min_size=1, max_size=200), seed=st.integers(0, 1000))
def test_hours_come_back_number_for_number(value: list[float], seed: int) -> None:
    at = 3 * DAY + np.cumsum(_steps(len(value), seed))
    track = Track(np.ones(len(value), dtype=np.int64), at, np.array(value), np.arange(len(value)))
    made = hours(track, manner(track, {1: SeriesKey(0, 1, seed % 2 == 0, low=-5.0, high=5.0)}))

    back = unpack_hours(pack_hours(made, np.array([0, len(made.start)]))[0], codec=CODEC, series=1, midnight=3 * DAY)

    for name, column in made.columns().items():
        assert (back.columns()[name] == column).all(), name
