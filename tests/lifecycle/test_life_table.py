"""The rules of the life table: who was at risk counts, and older things have no more left than the table says."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lifecycle.prognosis.life_table import (
    Weibull,
    declared,
    kaplan_meier,
    lives_of,
    outlive,
    survival_at,
    weibull,
    weibull_left,
)

plain = settings(deadline=None, max_examples=60)
shapes = st.floats(0.5, 8.0)
scales = st.floats(1.0, 1e5)


def test_things_still_running_count_as_at_risk_until_last_seen() -> None:
    table = kaplan_meier(lives_of(np.array([2.0, 3.0, 3.0, 5.0, 8.0]), np.array([1, 1, 0, 1, 0])))

    assert table.ages.tolist() == [2.0, 3.0, 5.0]
    assert table.survival == pytest.approx([4 / 5, 4 / 5 * 3 / 4, 4 / 5 * 3 / 4 * 1 / 2])


def test_things_that_came_late_were_not_at_risk_before() -> None:
    table = kaplan_meier(lives_of(np.array([2.0, 6.0, 7.0]), np.array([1, 1, 1]), np.array([0.0, 4.0, 0.0])))

    assert table.survival == pytest.approx([1 / 2, 1 / 4, 0.0])  # two at risk at 2, two at 6, one at 7


@pytest.mark.shared
@pytest.mark.parametrize(
    ("name", "shape", "scale", "ages", "survival"),
    [  # by lifelines 0.30.3 on the same files
        ("circuit_breaker", 3.726748221, 81.147297623, [31, 38, 44], [0.96101077, 0.93275531, 0.89228775]),
        ("insulator_string", 1.678482965, 107.444733304, [30, 47, 66], [0.88212259, 0.77535479, 0.64719877]),
        ("power_transformer", 3.465967235, 81.443268804, [30, 48, 60], [0.95166111, 0.86673244, 0.72479519]),
    ],
)
def test_real_lives_give_what_lifelines_gives(
    shared_data: Path, name: str, shape: float, scale: float, ages: list[float], survival: list[float]
) -> None:
    file = pd.read_csv(shared_data / "condition" / "lifetimes" / f"{name}.csv")
    lives = lives_of(file["time"].to_numpy(float), file["event"].to_numpy(), file["entry"].to_numpy(float))

    fitted = weibull(lives)

    assert fitted is not None
    assert (fitted.shape, fitted.scale) == pytest.approx((shape, scale), rel=1e-5)
    assert survival_at(kaplan_meier(lives), np.array(ages)) == pytest.approx(survival, abs=1e-8)


def test_below_ten_failures_the_maker_speaks() -> None:
    prior = declared(8.0)
    lives = lives_of(np.arange(1.0, 10.0))

    assert weibull(lives, prior) == prior
    assert weibull(lives) is None


def test_lives_of_no_length_are_left_out() -> None:
    lives = lives_of(np.array([5.0, 3.0, np.nan, 4.0]), entry=np.array([0.0, 3.0, 0.0, -1.0]))

    assert lives.age.tolist() == [5.0]


@plain
@given(shapes, scales, st.lists(st.floats(0, 1e5), min_size=1, max_size=5))
def test_what_is_left_is_ordered_and_never_negative(shape: float, scale: float, ages: list[float]) -> None:
    left = weibull_left(Weibull(shape, scale), np.array(ages), cap=1e6)

    assert np.isfinite(left.mean).all()
    assert ((left.p10 >= -1e-6 * scale) & (left.p10 <= left.p50) & (left.p50 <= left.p90)).all()


@plain
@given(shapes, scales, st.floats(0, 2), st.floats(0, 2), st.floats(0, 2))
def test_a_longer_contract_is_never_likelier_to_be_outlived(
    shape: float, scale: float, age: float, further: float, more: float
) -> None:
    ends = np.array([further, further + more]) * scale
    chances = outlive(Weibull(shape, scale), np.full(2, age * scale), ends)

    assert 0 <= chances[1] <= chances[0] <= 1


def test_half_of_what_is_left_is_the_median() -> None:
    model = Weibull(2.0, 10.0)
    age = np.array([0.0, 4.0, 20.0])

    assert outlive(model, age, weibull_left(model, age).p50) == pytest.approx([0.5, 0.5, 0.5])
