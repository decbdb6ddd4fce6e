"""The rules of the pieces of prognosis: nothing is read from the future, and an interval keeps its word."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lifecycle.prognosis.calibration import LEAST_UNITS, calibrate, conformal_factor, interval
from lifecycle.prognosis.evidence import evidence_of, yardstick_of
from lifecycle.prognosis.own_trend import calibrated_passage, passage_left, passage_times, rising
from lifecycle.prognosis.pattern_guard import is_unknown, patterns_of
from lifecycle.prognosis.peers import nearest, told
from lifecycle.prognosis.runs import Runs, UnusableRuns, columns_of, runs_of
from lifecycle.prognosis.standardise import normal_of, standardised
from lifecycle.prognosis.trace import traces
from tests.lifecycle.sample_runs import OTHERWISE, cut_off, runs

plain = settings(deadline=None, max_examples=40)


def read(frame: pd.DataFrame) -> Runs:
    settings_, signals = columns_of(frame)
    return runs_of(frame, settings=settings_, signals=signals)


def test_a_trace_knows_nothing_of_later_cycles() -> None:
    signals = np.random.default_rng(1).normal(size=(40, 3))
    cycle, starts = np.arange(1.0, 41.0), np.array([0, 40])

    whole = traces(signals, cycle, starts, (3, 10))
    early = traces(signals[:25], cycle[:25], np.array([0, 25]), (3, 10))

    assert whole[:25] == pytest.approx(early)


def test_a_trace_knows_nothing_of_other_units() -> None:
    signals, cycle = np.random.default_rng(1).normal(size=(40, 3)), np.arange(1.0, 41.0)

    both = traces(signals, cycle, np.array([0, 15, 40]), (3, 10))

    assert both[15:] == pytest.approx(traces(signals[15:], cycle[15:], np.array([0, 25]), (3, 10)))


def test_signals_that_never_move_or_repeat_another_are_not_learned_from() -> None:
    told_ = read(runs(6, seed=1))

    assert [told_.columns[at] for at in normal_of(told_).lively] == ["s1", "s2", "s3", "s4", "s5"]


def test_each_way_of_operation_has_its_own_normal() -> None:
    frame = runs(6, seed=1)
    hot = np.random.default_rng(2).random(len(frame)) < 0.5
    moved = frame.assign(set1=np.where(hot, 20.0, 0.0) + frame["set1"], s1=frame["s1"] + np.where(hot, 300.0, 0.0))

    normal = normal_of(read(moved))

    assert len(normal.ways) == 2
    young = moved["cycle"].to_numpy() <= 10
    assert np.abs(standardised(normal, read(moved))[young, 0]).max() < 6


def test_rows_without_cycle_and_repeated_rows_are_counted() -> None:
    frame = runs(3, seed=1)
    dirty = pd.concat([frame.astype({"cycle": object}), frame.iloc[:4].assign(cycle=["x", None, 1, 2])])

    assert read(dirty).dropped == 4
    assert len(read(dirty).cycle) == len(frame)


def test_units_may_bear_names_and_cells_may_be_dirty() -> None:
    frame = runs(3, seed=1).astype({"unit": object, "s1": object})
    frame["unit"] = frame["unit"].map({1: "north", 2: 7, 3: "south"})
    frame.loc[4, "s1"] = "?"

    told_ = read(frame)

    assert told_.names.tolist() == ["7", "north", "south"]
    assert "s1" in told_.columns
    assert np.isfinite(told_.signals).all()


def test_a_file_without_cycles_is_refused() -> None:
    with pytest.raises(UnusableRuns, match="no column"):
        runs_of(pd.DataFrame({"unit": [1]}), settings=[], signals=[])


def test_the_own_fleet_is_known_and_another_fault_is_not() -> None:
    fleet = read(runs(30, seed=1))
    yardstick = yardstick_of(fleet, 125)
    known = patterns_of(evidence_of(yardstick, fleet).shown, fleet.unit)
    same, _ = cut_off(runs(30, seed=2), seed=3)
    other, _ = cut_off(runs(30, seed=2, loadings=OTHERWISE), seed=3, farthest=30)

    flags = [is_unknown(known, evidence_of(yardstick, some).at(some.last).shown) for some in (read(same), read(other))]

    assert flags[0].sum() == 0
    assert flags[1].mean() >= 0.8


def test_a_signal_that_never_moved_before_and_moves_now_is_unknown() -> None:
    fleet = read(runs(10, seed=1))
    yardstick = yardstick_of(fleet, 125)
    known = patterns_of(evidence_of(yardstick, fleet).shown, fleet.unit)
    moved = read(runs(4, seed=2).assign(s6=560.0))

    assert is_unknown(known, evidence_of(yardstick, moved).at(moved.last).shown).all()


@plain
@given(st.integers(1, 300), st.integers(0, 40), st.integers(0, 1000))
def test_peers_are_the_nearest_there_are(size: int, asked: int, seed: int) -> None:
    chance = np.random.default_rng(seed)
    library, wanted = chance.normal(size=(size, 2)), chance.normal(size=(asked, 2))

    found = nearest(library, wanted, 7)

    distances = np.linalg.norm(wanted[:, None] - library[None], axis=2)
    assert np.sort(found.distance, axis=1) == pytest.approx(np.sort(distances, axis=1)[:, :7], abs=1e-6)


def test_peers_tell_how_many_units_they_were() -> None:
    library = np.array([[0.0], [0.1], [0.2], [9.0]])

    found = told(nearest(library, np.array([[0.0]]), 3), np.array([10.0, 20.0, 30.0, 99.0]), np.array([1, 1, 2, 3]))

    assert (found.mean.tolist(), found.p50.tolist(), found.units.tolist()) == ([20.0], [20.0], [2])


def test_a_calibrated_interval_covers_four_fifths_of_units_never_seen() -> None:
    chance = np.random.default_rng(5)
    forecast, unit = chance.uniform(0, 100, 4000), np.repeat(np.arange(200), 20)
    truth = forecast + chance.normal(0, 1 + forecast / 5)

    held = calibrate(forecast[:2000], truth[:2000], unit[:2000], low=-np.inf)
    made = interval(held, forecast[2000:], low=-np.inf)

    covered = ((made.p10 <= truth[2000:]) & (truth[2000:] <= made.p90)).mean()
    assert 0.76 <= covered <= 0.84
    assert 0.78 <= held.coverage <= 0.82
    assert held.is_calibrated


def test_below_thirty_units_nothing_is_called_calibrated() -> None:
    few = LEAST_UNITS - 1

    assert not calibrate(np.zeros(few), np.ones(few), np.arange(few)).is_calibrated


def test_one_unit_alone_measures_no_coverage() -> None:
    held = calibrate(np.array([1.0, 2.0]), np.array([2.0, 2.0]), np.array([0, 0]))

    assert np.isnan(held.coverage)
    assert (interval(held, np.array([1.5])).p10 <= interval(held, np.array([1.5])).p90).all()


@plain
@given(st.lists(st.floats(-100, 100), min_size=5, max_size=60))
def test_a_stretched_interval_covers_four_fifths_of_what_it_was_stretched_by(missed: list[float]) -> None:
    truth = np.array(missed)
    factor = conformal_factor(truth, np.full(len(truth), -1.0), np.zeros(len(truth)), np.full(len(truth), 2.0))

    assert ((-factor - 1e-9 <= truth) & (truth <= 2 * factor + 1e-9)).mean() >= 0.8


@plain
@given(st.lists(st.floats(-50, 50), min_size=1, max_size=30))
def test_pooled_values_never_fall_and_keep_their_mean(values: list[float]) -> None:
    pooled = rising(np.array(values), np.ones(len(values), dtype=np.int64))

    assert (np.diff(pooled) >= -1e-9).all()
    assert pooled.mean() == pytest.approx(np.mean(values), abs=1e-9)


def test_more_damage_never_leaves_more_life() -> None:
    damage = np.linspace(0.5, 12, 30)
    for accelerating, pace in ((False, np.full(30, 0.1)), (True, 0.02 * damage)):
        passage = passage_times(damage, pace, 10.0, accelerating=accelerating, longest=1000.0)
        left = passage_left(calibrated_passage(passage, 100 - 8 * damage), passage)

        assert (np.diff(passage) <= 0).all()
        assert (np.diff(left) <= 1e-9).all()
