"""What goes wrong, by plan: the next calls one by one, or by chance from a seed."""

from dataclasses import dataclass, field
from enum import StrEnum
from random import Random
from typing import Any


class Fault(StrEnum):
    """What goes wrong with one call."""

    NONE = "none"
    BUSY = "429"
    BROKEN_BEFORE = "500_before"
    BROKEN_AFTER = "500_after"
    CUT_BEFORE = "cut_before"
    """The line is cut before anything was done."""
    CUT_AFTER = "cut_after"
    """The line is cut after it was done: the caller never hears of it."""


@dataclass
class Plan:
    """Faults of writing calls: those of `script` first, then by chance; `reads` of the reading ones fail too."""

    chance: Random = field(default_factory=lambda: Random(0))
    script: list[Fault] = field(default_factory=list)
    rate: float = 0.0
    reads: float = 0.0

    def next(self, method: str) -> Fault:
        """Draw what goes wrong with the next call."""
        if method == "POST" and self.script:
            return self.script.pop(0)
        if self.chance.random() >= (self.rate if method == "POST" else self.reads):
            return Fault.NONE
        if method != "POST":
            return self.chance.choice([Fault.BUSY, Fault.BROKEN_BEFORE, Fault.CUT_BEFORE])
        return self.chance.choice([fault for fault in Fault if fault is not Fault.NONE])


def planned(told: dict[str, Any]) -> Plan:
    """Read a plan: `{"seed": 1, "rate": 0.3, "reads": 0.1, "script": ["500_after"]}`."""
    script = [Fault(one) for one in told.get("script", [])]
    return Plan(Random(told.get("seed", 0)), script, told.get("rate", 0.0), told.get("reads", 0.0))
