"""The backtest of inspections: learn from some assets up to a year, foretell other assets after it."""

import hashlib
from collections.abc import Sequence

import numpy as np
import pandas as pd

from lifecycle.condition.backtest_report import Measures, Report
from lifecycle.condition.deterioration import LONGEST, Deterioration, fit
from lifecycle.condition.deterioration_engines import POOLED
from lifecycle.condition.deterioration_levels import A_POINT, grade_at, level_of
from lifecycle.condition.deterioration_pairs import Pairs, pairs_of
from lifecycle.condition.inspection_series import COLUMNS, clean_series
from lifecycle.condition.scores import coverage, mae, mean_width, pinball, rps

__all__ = ["COLUMNS", "backtest_inspections"]

LIMITS = (60.0, 70.0)
"""Poor below 60, fair below 70, good from there on."""
YEARS_OF_ORIGINS = 5
"""So many years before the split the first inspections stand from which the test foretells."""
_THIRDS = 3


def backtest_inspections(
    train: pd.DataFrame, test: pd.DataFrame, *, split_year: int, horizons: Sequence[int]
) -> Report:
    """Fit on the train assets' outcomes up to the split year; judge on the test assets' outcomes after it.

    The test foretells from inspections of at most five years before the split. An outcome belongs to a horizon if it
    was noted exactly so many calendar years later; what was inspected in other years is not interpolated.
    The engine is chosen, and every interval calibrated, within the train assets alone.
    """
    learned, judged = clean_series(train), clean_series(test)
    rows, others, note = apart(learned.rows, judged.rows)
    model = fit(rows, until=split_year, horizons=horizons, limits=LIMITS)
    pairs = pairs_of(others, max(LONGEST, *horizons))
    later = (pairs.origin_year >= split_year - YEARS_OF_ORIGINS) & (pairs.outcome_year > split_year)
    cases = pairs.at(later & np.isin(pairs.horizon, horizons))
    engines = {name: _measured(model, name, cases, horizons) for name in (*model.engines, POOLED)}
    notes = [learned.told("train"), judged.told("test"), note, _said_of(model), _odd(pairs.at(later), cases)]
    return Report("inspection", engines, model.verdict.chosen, len(cases.change), [note for note in notes if note])


def apart(train: pd.DataFrame, test: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame, str]:
    """Keep every asset on one side only; where both files hold the same assets, a third of them is the test."""
    shared = set(train["asset_id"]) & set(test["asset_id"])
    if not shared:
        return train, test, ""
    if shared == set(test["asset_id"]):
        held = {asset for asset in shared if _third(asset)}
        note = (
            f"all assets of the test stand in the train file: {len(held):,} of {len(shared):,}, by hash, are the test"
        )
        return train[~train["asset_id"].isin(held)], test[test["asset_id"].isin(held)], note
    note = f"{len(shared):,} assets stand in both files; the train leaves them out"
    return train[~train["asset_id"].isin(shared)], test, note


def _third(asset: str) -> bool:
    return int.from_bytes(hashlib.sha256(asset.encode("utf-8", "replace")).digest()[:8]) % _THIRDS == 0


def _measured(model: Deterioration, name: str, cases: Pairs, horizons: Sequence[int]) -> Measures:
    """Give every measure at every horizon, grouped by measure."""
    by_horizon = {
        horizon: _at_horizon(model, name, cases.at(cases.horizon == horizon), horizon) for horizon in horizons
    }
    measures = list(dict.fromkeys(measure for told in by_horizon.values() for measure in told))
    return {f"{measure}_{horizon}y": by_horizon[horizon][measure] for measure in measures for horizon in horizons}


def _at_horizon(model: Deterioration, name: str, cases: Pairs, horizon: int) -> dict[str, float | None]:
    count = len(cases.change)
    if not count:
        return dict.fromkeys(("rps", "coverage80", "mae", "pinball", "width80")) | {"n": 0}
    told = model.foretell(name, cases.origins, horizon)
    came = cases.origins.points + cases.change
    at = level_of(came) / A_POINT
    quantiles = np.stack([told.p10, told.p50, told.p90], axis=1)
    return {
        "rps": float(rps(told.chance, grade_at(came, model.limits)).mean()),
        "coverage80": coverage(told.p10, told.p90, at),
        "mae": mae(told.p50, came),
        "pinball": float(pinball(quantiles, np.array([0.1, 0.5, 0.9]), came).mean()),
        "width80": mean_width(told.p10, told.p90),
        "n": count,
    }


def _said_of(model: Deterioration) -> str:
    verdict = model.verdict
    if not verdict.cases:
        return f"too few years to choose by: {verdict.chosen} is taken, intervals are not calibrated"
    ranked = sorted(verdict.scores.items(), key=lambda one: one[1])
    scores = ", ".join(f"{name} {score:.4f}" for name, score in ranked)
    shares = ", ".join(
        f"{share:.0%} {name} at {horizon} years"
        for horizon, pool in verdict.shares.items()
        for name, share in pool.items()
        if share
    )
    return f"chosen on {verdict.cases:,} cases within train by mean RPS: {scores}; pooled is {shares}"


def _odd(later: Pairs, cases: Pairs) -> str:
    other = len(later.change) - len(cases.change)
    return f"{other:,} outcomes came after another number of years than asked and judge nothing" if other else ""
