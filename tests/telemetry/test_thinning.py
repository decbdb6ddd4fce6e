"""A few readings stand for many: the ends and the extremes are always among them, and nothing is invented."""

from collections.abc import Iterator
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from telemetry import thinning
from telemetry.moment import Moments
from telemetry.thinning import thinned, thinned_pieces
from telemetry.track import Numbers

VALUES = arrays.arrays(
    np.float64, st.integers(0, 400), elements=st.floats(allow_nan=False, allow_infinity=False, width=64)
)


def moments(count: int, seed: int) -> Moments:
    steps = np.random.default_rng(seed).integers(1, 10**9, count)
    steps[::17] *= 100_000  # gaps
    return np.cumsum(steps)


def pieces(at: Moments, value: Numbers, cuts: list[int]) -> Iterator[tuple[Moments, Numbers]]:
    for start, end in pairwise(sorted({0, *(cut % (len(at) + 1) for cut in cuts), len(at)})):
        yield at[start:end], value[start:end]


@given(value=VALUES, points=st.integers(thinning.FEWEST, 200), seed=st.integers(0, 9))
@settings(deadline=None, max_examples=150)
def test_the_ends_and_the_extremes_survive_and_nothing_is_invented(value: Numbers, points: int, seed: int) -> None:
    at = moments(len(value), seed)

    rows = thinned(at, value, points=points)

    assert len(rows) <= max(points, 0)
    assert (np.diff(rows) > 0).all()
    if len(value) <= points:
        assert rows.tolist() == list(range(len(value)))
    else:
        assert (rows[0], rows[-1]) == (0, len(value) - 1)
        assert (value[rows].min(), value[rows].max()) == (value.min(), value.max())


@given(value=VALUES, cuts=st.lists(st.integers(0, 400), max_size=4), seed=st.integers(0, 9))
@settings(deadline=None, max_examples=80)
def test_it_does_not_matter_in_which_pieces_they_come(value: Numbers, cuts: list[int], seed: int) -> None:
    at = moments(len(value), seed)

    chosen_at, chosen, count = thinned_pieces(pieces(at, value, cuts), points=30)

    rows = thinned(at, value, points=30)
    assert (chosen_at.tolist(), chosen.tolist(), count) == (at[rows].tolist(), value[rows].tolist(), len(value))


@given(value=VALUES.filter(lambda value: len(value) > 60), cuts=st.lists(st.integers(0, 400), min_size=2, max_size=6))
@settings(deadline=None, max_examples=60)
def test_of_more_than_memory_holds_the_ends_and_the_extremes_survive_too(value: Numbers, cuts: list[int]) -> None:
    at = moments(len(value), 1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(thinning, "_HELD", 50)
        chosen_at, chosen, count = thinned_pieces(pieces(at, value, cuts), points=10)

    assert count == len(value)
    assert len(chosen) <= 10
    assert (chosen_at[0], chosen_at[-1]) == (at[0], at[-1])
    assert (chosen.min(), chosen.max()) == (value.min(), value.max())
    assert set(zip(chosen_at.tolist(), chosen.tolist(), strict=True)) <= set(
        zip(at.tolist(), value.tolist(), strict=True)
    )


def test_a_spike_among_half_a_million_readings_is_seen() -> None:
    at, value = moments(500_001, 3), np.sin(np.arange(500_001) / 9_999)
    value[123_456] = 50.0

    rows = thinned(at, value, points=500)

    assert 123_456 in rows
    assert len(rows) <= 500
