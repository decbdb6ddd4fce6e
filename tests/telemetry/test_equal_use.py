"""Things are compared at equal use: the pace at which a life was lived makes no difference, and nothing is guessed."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from telemetry.equal_use import NEVER, Unplaced, UseCurve, fitting_step, placed, steps, together, use_curve
from telemetry.moment import DAY
from telemetry.track import Numbers

LIVES = st.lists(st.tuples(st.integers(1, 5), st.floats(0, 24)), min_size=1, max_size=40)
"""Days since the day before with readings, and what the meter counted."""
STEP = 10.0


def curve_of(life: list[tuple[int, float]], opening: float = 0.0) -> UseCurve:
    days = np.cumsum([gap for gap, _ in life])
    return use_curve(days, np.array([rise for _, rise in life]), opening=opening, step=STEP)


def rows(value: Numbers) -> pd.DataFrame:
    return pd.DataFrame({"count": 1, "total": value, "minimum": value, "maximum": value})


@given(life=LIVES, opening=st.floats(0, 1e6), at=st.lists(st.integers(0, 250 * DAY), max_size=50).map(sorted))
@settings(deadline=None, max_examples=200)
def test_what_is_placed_lies_on_the_meter_and_what_is_not_has_its_reason(
    life: list[tuple[int, float]], opening: float, at: list[int]
) -> None:
    curve = curve_of(life, opening)

    where = placed(curve, np.array(at, dtype=np.int64))

    there = ~np.isnan(where.use)
    assert (np.sum(list(where.why.values()), axis=0) == ~there).all(), "one reason each, and only where it is not known"
    assert (np.diff(where.use[there]) >= 0).all()
    assert ((where.use[there] >= opening) & (where.use[there] <= curve.use[-1])).all()
    outside = (np.array(at) < curve.moment[0]) | (np.array(at) > curve.moment[-1])
    assert not (there & outside).any() if len(at) else True


@given(life=LIVES, at=st.integers(0, 250 * DAY))
@settings(deadline=None, max_examples=200)
def test_no_use_is_guessed_across_a_silence_in_which_more_than_a_step_was_counted(
    life: list[tuple[int, float]], at: int
) -> None:
    curve = curve_of(life)
    where = placed(curve, np.array([at]))
    after = int(np.searchsorted(curve.moment, at, side="left"))
    if not 0 < after < len(curve.moment) or at == curve.moment[after]:
        return
    silent = curve.moment[after] - curve.moment[after - 1] > DAY
    assert bool(where.why[Unplaced.GAP][0]) == (silent and curve.use[after] - curve.use[after - 1] > STEP)


@given(
    rises=st.lists(st.floats(0.5, 24), min_size=5, max_size=40),
    slower=st.integers(2, 4),
    late=st.integers(0, 3000),
)
@settings(deadline=None, max_examples=60)
def test_sisters_that_wear_alike_look_alike_at_equal_use_whatever_their_age(
    rises: list[float], slower: int, late: int
) -> None:
    """One is used every day; the other begins later and needs several days for the same use."""
    quick = curve_of([(1, rise) for rise in rises])
    slow = curve_of(
        [(late + 1 if not number else 1, rise / slower) for number, rise in enumerate(np.repeat(rises, slower))]
    )
    seen = []
    for curve in (quick, slow):
        at = np.linspace(curve.moment[0], curve.moment[-1], 4001).astype(np.int64)
        use = placed(curve, at).use
        seen.append(steps(use, rows(3.0 + use / 100), step=STEP))

    first, other = (found[:-1] for found in seen)
    assert first["use"].tolist() == other["use"].tolist()
    assert (first["total"] / first["count"]).to_numpy() == pytest.approx(
        (other["total"] / other["count"]).to_numpy(), abs=STEP / 100
    )


@given(
    use=st.lists(st.one_of(st.floats(0, 500), st.just(float("nan"))), max_size=60),
    cut=st.integers(0, 60),
)
@settings(deadline=None, max_examples=150)
def test_parts_of_a_life_make_the_whole(use: list[float], cut: int) -> None:
    placed_at, value = np.array(use), np.arange(len(use), dtype=float)
    whole = steps(placed_at, rows(value), step=STEP)
    parts = [steps(placed_at[part], rows(value[part]), step=STEP) for part in (slice(cut), slice(cut, None))]

    pd.testing.assert_frame_equal(together(parts), whole, check_dtype=False)
    assert whole["count"].sum() == np.count_nonzero(~np.isnan(placed_at))


def test_without_a_meter_nothing_is_placed() -> None:
    where = placed(NEVER, np.arange(3))

    assert np.isnan(where.use).all()
    assert where.why[Unplaced.BEFORE].all()
    assert use_curve(np.empty(0, np.int64), np.empty(0), opening=5.0, step=1.0) is NEVER
    assert together([]).empty


@given(most=st.floats(1e-3, 1e9))
def test_a_step_that_suits_makes_some_twenty_steps_at_the_most(most: float) -> None:
    assert 7 <= most / fitting_step(most) <= 20.001
