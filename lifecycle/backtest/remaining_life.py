"""How well remaining life is foretold for units that were kept back, cut off before they failed."""

from typing import NamedTuple

import numpy as np
import pandas as pd

from lifecycle.condition.backtest_report import Measures, Report
from lifecycle.condition.scores import coverage, mean_width, nasa_score, rmse
from lifecycle.grade import Floats
from lifecycle.prognosis.calibration import Calibration, calibrate, interval
from lifecycle.prognosis.engines import SENSING
from lifecycle.prognosis.evidence import evidence_of
from lifecycle.prognosis.held_out import AVERAGE, Fitted, HeldOut, average, choose, fit, hold_out, join
from lifecycle.prognosis.pattern_guard import is_unknown, patterns_of
from lifecycle.prognosis.runs import Runs, columns_of, runs_of
from lifecycle.prognosis.unknown_pattern import fallback_of
from telemetry.refusal import Refusal

UNGUARDED = "without_guard"
_LEAST_UNITS = 4


class TruthDoesNotFit(Refusal):
    """The true remaining lives are not those of the tested units."""


class TooFewLives(Refusal):
    """Fewer than four units ran to failure: nothing can be learned and held back."""


class Told(NamedTuple):
    """What one engine told of each tested unit."""

    middle: Floats
    p10: Floats
    p90: Floats


def backtest_remaining_life(train: pd.DataFrame, test: pd.DataFrame, truth: pd.DataFrame, cap: float) -> Report:
    """Fit on units that ran to failure, foretell the tested ones at their last cycle, and hold that against the truth.

    Truth and forecasts are capped alike. The engine is chosen on units of the train file that were held out. Where a
    unit's pattern is unknown, every engine that reads signals gives way to the life table, wider.
    """
    fleet, asked = _read(train, test)
    actual = np.minimum(truth_of(truth, asked), cap)
    held = hold_out(fleet, asked.lives, cap)
    joined = join(held)
    held = held._replace(forecasts={**held.forecasts, AVERAGE: average(held.forecasts, joined)})
    fitted = fit(fleet, cap)
    unknown = _unknown(fleet, asked, fitted)
    nobody = np.zeros(len(unknown), dtype=bool)
    forecasts = fitted.foretell(evidence_of(fitted.yardstick, asked).at(asked.last), cap)
    forecasts[AVERAGE] = average(forecasts, joined)
    plain = _plain(fleet, asked, fitted, cap)
    bare = {name: _told(_calibration(held, name, cap), middle, cap) for name, middle in forecasts.items()}
    chosen = choose(held)
    engines = {
        name: _measure(_guarded(told, plain, unknown), actual, unknown)
        if _reads(name)
        else _measure(told, actual, nobody)
        for name, told in bare.items()
    }
    if unknown.any():
        engines[UNGUARDED] = _measure(bare[chosen], actual, nobody)
    return Report("remaining-life", engines, chosen, len(actual), _notes(fleet, asked, held, joined, chosen, cap))


def _read(train: pd.DataFrame, test: pd.DataFrame) -> tuple[Runs, Runs]:
    """Read both files by the columns that they share."""
    settings, signals = columns_of(train)
    also = {name for part in columns_of(test) for name in part}
    settings, signals = ([name for name in names if name in also] for names in (settings, signals))
    fleet = runs_of(train, settings=settings, signals=signals, name="train")
    if len(fleet.names) < _LEAST_UNITS:
        raise TooFewLives(
            f"the train file holds {len(fleet.names)} units; at least {_LEAST_UNITS} are needed", field="train"
        )
    return fleet, runs_of(test, settings=settings, signals=signals, name="test")


def truth_of(truth: pd.DataFrame, asked: Runs) -> Floats:
    """Give the true remaining life of each tested unit, by name where the names fit, else by order."""
    if "rul" not in truth.columns or len(truth) != len(asked.names):
        raise TruthDoesNotFit(
            f"the truth file must hold a column rul and one row for each of the {len(asked.names)} tested units; "
            f"it holds {len(truth)} rows",
            field="truth",
        )
    left = pd.to_numeric(truth["rul"], errors="coerce").to_numpy(float)
    if not np.isfinite(left).all():
        raise TruthDoesNotFit("the truth file holds a rul that is no number; every unit needs one", field="truth")
    if "unit" not in truth.columns:
        return left
    by_name = dict(zip(truth["unit"].tolist(), left.tolist(), strict=True))
    return np.array([by_name[name] for name in asked.names]) if set(by_name) == set(asked.names) else left


def _unknown(fleet: Runs, asked: Runs, fitted: Fitted) -> np.ndarray:
    """Tell of which tested units the recent signals show a pattern that the fleet never showed."""
    if not len(fitted.yardstick.normal.lively):
        return np.zeros(len(asked.names), dtype=bool)
    known = patterns_of(evidence_of(fitted.yardstick, fleet).shown, fleet.unit)
    return is_unknown(known, evidence_of(fitted.yardstick, asked).at(asked.last).shown)


def _plain(fleet: Runs, asked: Runs, fitted: Fitted, cap: float) -> Told:
    known = evidence_of(fitted.yardstick, fleet)
    table = fallback_of(known, np.minimum(fleet.left, cap), fleet.unit, fleet.lives)
    return Told(*table.tell(evidence_of(fitted.yardstick, asked).at(asked.last), cap))


def _reads(name: str) -> bool:
    """Tell whether an engine reads the signals, so that the guard may overrule it."""
    return name in SENSING or name == AVERAGE


def _calibration(held: HeldOut, name: str, cap: float) -> Calibration:
    return calibrate(held.forecasts[name], held.left, held.unit, high=cap)


def _told(calibration: Calibration, middle: Floats, cap: float) -> Told:
    made = interval(calibration, middle, high=cap)
    return Told(middle, made.p10, made.p90)


def _guarded(told: Told, plain: Told, unknown: np.ndarray) -> Told:
    """Tell of an unknown pattern what age and distance from new say, and wider."""
    return Told(*(np.where(unknown, blind, sensed) for blind, sensed in zip(plain, told, strict=True)))


def _measure(told: Told, actual: Floats, flagged: np.ndarray) -> Measures:
    return {
        "rmse": rmse(told.middle, actual),
        "nasa_score": nasa_score(told.middle, actual),
        "coverage80": coverage(told.p10, told.p90, actual),
        "width80": mean_width(told.p10, told.p90),
        "flagged": float(flagged.mean()),
    }


def _notes(fleet: Runs, asked: Runs, held: HeldOut, joined: tuple[str, ...], chosen: str, cap: float) -> list[str]:
    calibration = _calibration(held, chosen, cap)
    error = rmse(held.forecasts[chosen], held.left)
    state = "" if calibration.is_calibrated else ": too few to call the intervals calibrated"
    measured = (
        f"RMSE {error:.2f}, 80 % intervals covered {calibration.coverage:.0%} of {calibration.units} units{state}."
    )
    notes = [f"{AVERAGE} is of {', '.join(joined)}.", f"Held-out units of the train file: {measured}"]
    dropped = fleet.dropped + asked.dropped
    return [*notes, f"{dropped} rows without unit or cycle, or repeated, were left out."] if dropped else notes
