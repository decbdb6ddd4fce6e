"""How fast things of a product really wear, by grade, as far as our own inspections have taught us."""

import hashlib
import json
from functools import cached_property
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from lifecycle.condition.assumptions import assumptions, figure
from lifecycle.condition.known_pattern import KnownPattern
from lifecycle.grade import GRADES

Positive = Annotated[float, Field(gt=0)]
ByGrade = tuple[Positive, Positive, Positive, Positive, Positive]


class Outcome(BaseModel):
    """How much of a rated life earlier units still served that were once in this grade: quantiles over `things`."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    things: int
    p10: float
    p50: float
    p90: float


class LifeTable(BaseModel):
    """A Weibull life table in rated lives, from things that ended and things that still serve."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    shape: Positive
    scale: Positive
    ended: int = 0


class WearParameters(BaseModel):
    """The figures of one product: what its maker declares until inspections teach better.

    `pace` multiplies the declared wear and `scatter` is points squared that a rated life adds, both by grade A to E;
    `pairs` says on how many pairs of inspections each rests. `telemetry_weight` is how far health that is measured
    between inspections is believed. `widening` multiplies every interval so that 8 in 10 hold; it was found on `n`
    later inspections, of which intervals as now printed held `coverage`. `pattern` is how the fleet's levels move
    together; what none of it ever showed is not foretold by its wear.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    rule: str = "wear/1"
    pace: ByGrade = (1.0, 1.0, 1.0, 1.0, 1.0)
    scatter: ByGrade
    pairs: tuple[int, int, int, int, int] = (0, 0, 0, 0, 0)
    telemetry_weight: float = 0.0
    telemetry_pairs: int = 0
    widening: Positive = 1.0
    coverage: float | None = None
    n: int = 0
    outcomes: dict[str, Outcome] = {}
    life: LifeTable
    pattern: KnownPattern | None = None

    @cached_property
    def fingerprint(self) -> str:
        """Give the SHA-256 of all figures: the version of the set."""
        return hashlib.sha256(json.dumps(self.model_dump(), sort_keys=True).encode()).hexdigest()

    @property
    def is_calibrated(self) -> bool:
        """Tell whether enough later inspections were held against what was foretold."""
        return self.coverage is not None and self.n >= figure("calibration", "least_outcomes")


def declared() -> WearParameters:
    """Give the figures of a product of which nothing was learned yet.

    >>> declared().pace, declared().is_calibrated
    ((1.0, 1.0, 1.0, 1.0, 1.0), False)
    """
    scatter = figure("wear_spread", "points") ** 2
    life = assumptions()["life_table"]
    return WearParameters(scatter=(scatter,) * len(GRADES), life=LifeTable(shape=life["shape"], scale=life["scale"]))
