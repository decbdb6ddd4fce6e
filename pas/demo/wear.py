"""How the things of the demo really wear: known to the generator only, seen by inspections with noise."""

from typing import Any

import numpy as np
import pandas as pd

from pas.demo.dates import years_between
from pas.demo.definitions import products, trades

HEAT_DOUBLES_WEAR = 10.0
"""Degrees above the rating at which a projector wears twice as fast."""
MISUSE_DAYS, MISUSE_POINTS = 120, 22.0
"""For how long the misused forklift has been driven badly, and what that has cost it."""


def true_index(things: pd.DataFrame, at: pd.Series | pd.Timestamp) -> np.ndarray:
    """Give how good each thing really is at a moment: 100 as new, its end limit when its declared life is used up."""
    years = years_between(things["in_service_on"], at)
    terms = pd.DataFrame(products()).set_index("code").loc[things["product"]]
    use = things["use_per_year"].to_numpy(dtype=float)
    by_use = years * use / terms["rated_usage"].to_numpy(dtype=float)
    spent = np.where(np.isnan(by_use), years / terms["rated_years"].to_numpy(dtype=float), by_use)
    end = things["trade"].map({name: trade["wear_limits"]["end"] for name, trade in trades().items()})
    lost: np.ndarray = (100 - end.to_numpy(dtype=float)) * spent * things["pace"].to_numpy() * _heat(things)
    return np.asarray(np.clip(100 - lost - _misuse(things, at), 0, 100))


def _heat(things: pd.DataFrame) -> np.ndarray:
    limits = {
        name: next((r["maximum"] for r in trade["ratings"] if r["metric"] == "ambient_temperature"), np.inf)
        for name, trade in trades().items()
    }
    above = (things["room"] - things["trade"].map(limits)).clip(lower=0).to_numpy(dtype=float)
    return np.asarray(2 ** (above / HEAT_DOUBLES_WEAR))


def _misuse(things: pd.DataFrame, at: pd.Series | pd.Timestamp) -> np.ndarray:
    """Let the misused forklift lose its points over its last months."""
    left = (things.attrs["until"] - pd.to_datetime(at)) / pd.Timedelta(days=1)
    share = np.clip(1 - np.asarray(left, dtype=float) / MISUSE_DAYS, 0, 1)
    return np.asarray(MISUSE_POINTS * share * (things["story"] == "misuse").to_numpy())


def letters(index: np.ndarray) -> np.ndarray:
    """Give the grade a careful person would give: A from 80, B from 60, C from 40, D from 20, else E."""
    bands = np.array(["E", "D", "C", "B", "A"])
    return np.asarray(bands[np.clip(index // 20, 0, 4).astype(int)])


def components(trade: str) -> list[str]:
    """Give what is looked at on the things of a trade."""
    checklist: list[dict[str, Any]] = trades()[trade]["checklist"]
    return [item["component"] for item in checklist]
