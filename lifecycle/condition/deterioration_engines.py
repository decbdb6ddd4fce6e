"""The ways of foretelling an index that are set side by side, and the pool of those that know the fleet's outcomes."""

from collections.abc import Mapping
from typing import Protocol

import numpy as np

from lifecycle.condition.deterioration_change import Peers
from lifecycle.condition.deterioration_pairs import Origins, Pairs
from lifecycle.condition.deterioration_plain import FleetDrift, OutcomeTable, OwnTrend, Persistence, ShrunkTrend
from lifecycle.condition.deterioration_steps import SemiMarkov
from lifecycle.grade import Floats

POOLED = "pooled"
POOL = ("semi_markov", "peers", "outcome_table", "fleet_drift")
"""What the pool mixes."""


class Engine(Protocol):
    """Foretells: each row the chance of being at or below every level."""

    def cumulative(self, origins: Origins, horizon: int) -> Floats:
        """Give the distribution of the index after so many years."""
        ...


def fitted(pairs: Pairs, limits: tuple[float, ...]) -> dict[str, Engine]:
    """Fit every engine on the same outcomes."""
    return {
        "persistence": Persistence(pairs),
        "own_trend": OwnTrend(pairs),
        "fleet_drift": FleetDrift(pairs),
        "shrunk_trend": ShrunkTrend(pairs),
        "outcome_table": OutcomeTable(pairs, limits),
        "peers": Peers(pairs),
        "semi_markov": SemiMarkov(pairs),
    }


def foretold_by(
    engines: Mapping[str, Engine], weights: Mapping[str, float], name: str, origins: Origins, horizon: int
) -> Floats:
    """Give the distribution by one engine, or by the pool of several."""
    if name != POOLED:
        return engines[name].cumulative(origins, horizon)
    parts = [share * engines[one].cumulative(origins, horizon) for one, share in weights.items() if share > 0]
    return np.asarray(sum(parts))
