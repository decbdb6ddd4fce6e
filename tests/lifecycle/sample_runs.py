"""Made-up runs: units that wear along one pattern until they fail, and units with another fault that wear otherwise."""

import numpy as np
import pandas as pd

ALONG = np.array([1.0, -0.8, 0.6, 0.4, -0.5])
OTHERWISE = np.array([0.9, 0.7, -0.6, -0.4, 0.5])


def runs(units: int, *, seed: int, loadings: np.ndarray = ALONG, longer: float = 1.0) -> pd.DataFrame:
    """Make runs to failure; s6 never moves, s7 repeats s1, and the settings say nothing."""
    chance = np.random.default_rng(seed)
    parts = []
    for unit in range(1, units + 1):
        life = int(chance.uniform(90, 160) * longer)
        cycle = np.arange(1, life + 1)
        wear = 8 * np.expm1(3 * cycle / life) / np.expm1(3)
        signals = 500 + wear[:, None] * loadings + chance.normal(0, 0.5, (life, len(loadings)))
        told = {f"s{at + 1}": signals[:, at] for at in range(len(loadings))}
        rest = {"s6": 518.67, "s7": signals[:, 0], "set1": chance.normal(0, 1e-3, life), "set2": 100.0}
        parts.append(pd.DataFrame({"unit": unit, "cycle": cycle, **told, **rest}))
    return pd.concat(parts, ignore_index=True)


def cut_off(
    frame: pd.DataFrame, *, seed: int, nearest: int = 5, farthest: int = 80
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Cut each unit off before it fails; give what is left of the table, and the true remaining lives."""
    chance = np.random.default_rng(seed)
    parts, left = [], []
    for unit, run in frame.groupby("unit"):
        rest = min(int(chance.integers(nearest, farthest + 1)), len(run) - 10)
        parts.append(run.iloc[: len(run) - rest])
        left.append({"unit": unit, "rul": rest})
    return pd.concat(parts, ignore_index=True), pd.DataFrame(left)
