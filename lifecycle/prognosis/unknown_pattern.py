"""What may be said of a unit whose wear pattern nobody knows: what others of its age and as far from new had left."""

from typing import NamedTuple

import numpy as np

from lifecycle.grade import Floats
from lifecycle.prognosis.evidence import Evidence
from lifecycle.prognosis.peers import nearest, told

WIDER = 2.0
"""The interval is so much wider than among the fleet, whose pattern was another."""
_DEPARTURE = 2.0
"""So many middle lives of age weigh as much as one e-fold of distance from new."""


class Fallback(NamedTuple):
    """A life table by age and by how far the signals lie from new, blind to the direction in which they moved."""

    library: Floats
    left: Floats
    unit: np.ndarray
    middle_life: float

    def tell(self, asked: Evidence, cap: float) -> tuple[Floats, Floats, Floats]:
        """Give middle, P10 and P90 of what may be left, within 0 and the cap."""
        found = told(nearest(self.library, _places(asked, self.middle_life)), self.left, self.unit)
        low = np.clip(found.p50 - WIDER * (found.p50 - found.p10), 0, cap)
        return found.mean, low, np.clip(found.p50 + WIDER * (found.p90 - found.p50), 0, cap)


def fallback_of(evidence: Evidence, left: Floats, unit: np.ndarray, lives: Floats) -> Fallback:
    """Make the table from a fleet that ran to failure."""
    middle = float(np.median(lives))
    return Fallback(_places(evidence, middle), left, unit, middle)


def _places(evidence: Evidence, middle_life: float) -> Floats:
    return np.column_stack([_DEPARTURE * evidence.departure, evidence.age / middle_life])
