"""The backtest of inspections: learn from some assets up to a year, foretell other assets after it."""

import hashlib
from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from lifecycle.condition.backtest_report import Measures, Report
from lifecycle.condition.deterioration import LONGEST, Deterioration, fit
from lifecycle.condition.deterioration_engines import POOLED
from lifecycle.condition.deterioration_levels import A_POINT, grade_at, level_of
from lifecycle.condition.deterioration_pairs import Pairs, pairs_of
from lifecycle.condition.inspection_series import COLUMNS, NoInspections, clean_series
from lifecycle.condition.scores import coverage, mae, mean_width, pinball, rps

__all__ = ["COLUMNS", "backtest_inspections"]

LIMITS = (60.0, 70.0)
"""Poor below 60, fair below 70, good from there on."""
YEARS_OF_ORIGINS = 5
"""So many years before the split the first inspections stand from which the test foretells."""
_THIRDS = 3


class Split(NamedTuple):
    """The inspections to learn from and those to be judged on; no asset is in both."""

    train: pd.DataFrame
    test: pd.DataFrame


def backtest_inspections(
    train: pd.DataFrame, test: pd.DataFrame, *, split_year: int, horizons: Sequence[int]
) -> Report:
    """Fit on the train assets' outcomes up to the split year; judge on the test assets' outcomes after it.

    The test foretells from inspections of at most five years before the split. An outcome belongs to a horizon if it
    was noted exactly so many calendar years later; what was inspected in other years is not interpolated.
    The engine is chosen, and every interval calibrated, within the train assets alone.
    Raises NoInspections where there is nothing to learn from or nothing to judge.
    """
    learned, judged = clean_series(train), clean_series(test)
    splits, said = apart(learned.rows, judged.rows)
    models = [fit(split.train, until=split_year, horizons=horizons, limits=LIMITS) for split in splits]
    later = [_later(split.test, split_year, max(LONGEST, *horizons)) for split in splits]
    sides = [(model, pairs.at(np.isin(pairs.horizon, horizons))) for model, pairs in zip(models, later, strict=True)]
    if not any(len(cases.change) for _, cases in sides):
        years = ", ".join(str(horizon) for horizon in horizons)
        sentence = (
            f"no inspection of the test file came {years} years after another of its asset, and after {split_year}"
        )
        raise NoInspections(sentence, field="horizons")
    engines = {name: _measured(sides, name, horizons) for name in (*models[0].engines, POOLED)}
    n, others = sum(len(cases.change) for _, cases in sides), sum(len(pairs.change) for pairs in later)
    odd = f"{others - n:,} outcomes came after another number of years than asked and judge nothing"
    notes = [learned.told("train"), judged.told("test"), said, *(_said_of(model) for model in models), odd]
    return Report("inspection", engines, _most_chosen(models), n, [note for note in notes if note])


def apart(train: pd.DataFrame, test: pd.DataFrame) -> tuple[list[Split], str]:
    """Keep every asset on one side only. Where all of the test stand in the train file, each third is the test once.

    Raises NoInspections where one side stays empty.
    """
    shared = set(train["asset_id"]) & set(test["asset_id"])
    if not shared:
        return [Split(train, test)], ""
    if shared == set(test["asset_id"]):
        splits = _thirds(train, test)
        return (
            splits,
            f"all {len(shared):,} assets of the test stand in the train file: each third by hash is tested once",
        )
    if shared == set(train["asset_id"]):
        return [Split(train, _without(test, shared))], f"the test leaves out {len(shared):,} assets of the train file"
    return [Split(_without(train, shared), test)], f"the train leaves out {len(shared):,} assets of the test file"


def _thirds(train: pd.DataFrame, test: pd.DataFrame) -> list[Split]:
    third = test["asset_id"].map(_third)
    splits = [
        Split(_without(train, set(test["asset_id"][third == part])), test[third == part]) for part in range(_THIRDS)
    ]
    filled = [split for split in splits if len(split.train) and len(split.test)]
    if not filled:
        raise NoInspections("one asset cannot be learned from and judged; give several", field="file")
    return filled


def _without(rows: pd.DataFrame, assets: set[str]) -> pd.DataFrame:
    return rows[~rows["asset_id"].isin(assets)]


def _third(asset: str) -> int:
    return int.from_bytes(hashlib.sha256(asset.encode("utf-8", "replace")).digest()[:8]) % _THIRDS


def _later(rows: pd.DataFrame, split_year: int, longest: int) -> Pairs:
    """Give what came after the split, from where the thing stood in the years before it or since."""
    pairs = pairs_of(rows, longest)
    return pairs.at((pairs.origin_year >= split_year - YEARS_OF_ORIGINS) & (pairs.outcome_year > split_year))


def _most_chosen(models: Sequence[Deterioration]) -> str:
    """Give the engine that was chosen most often, the first of those that were chosen alike."""
    return Counter(model.verdict.chosen for model in models).most_common(1)[0][0]


def _measured(sides: Sequence[tuple[Deterioration, Pairs]], name: str, horizons: Sequence[int]) -> Measures:
    """Give every measure at every horizon, grouped by measure, over all cases of all sides."""
    by_horizon = {horizon: _at_horizon(sides, name, horizon) for horizon in horizons}
    measures = list(dict.fromkeys(measure for told in by_horizon.values() for measure in told))
    return {f"{measure}_{horizon}y": by_horizon[horizon][measure] for measure in measures for horizon in horizons}


def _at_horizon(sides: Sequence[tuple[Deterioration, Pairs]], name: str, horizon: int) -> dict[str, float | None]:
    asked = [(model, cases.at(cases.horizon == horizon)) for model, cases in sides]
    told = [model.foretell(name, cases.origins, horizon) for model, cases in asked if len(cases.change)]
    if not told:
        return dict.fromkeys(("rps", "coverage80", "mae", "pinball", "width80")) | {"n": 0}
    came = np.concatenate([cases.origins.points + cases.change for _, cases in asked])
    p10, p50, p90, chance = (np.concatenate(column) for column in zip(*told, strict=True))
    return {
        "rps": float(rps(chance, grade_at(came, LIMITS)).mean()),
        "coverage80": coverage(p10, p90, level_of(came) / A_POINT),
        "mae": mae(p50, came),
        "pinball": float(pinball(np.stack([p10, p50, p90], axis=1), np.array([0.1, 0.5, 0.9]), came).mean()),
        "width80": mean_width(p10, p90),
        "n": len(came),
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
