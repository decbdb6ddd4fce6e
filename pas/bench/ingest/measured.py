"""What one round of one road measured, and what a road is: a way for the same stream into some store."""

from collections.abc import Callable
from typing import NamedTuple, Protocol

from pas.bench.ingest.stream import Batch


class Measured(NamedTuple):
    """One round: how many readings were delivered, repeated ones included, and what it took."""

    readings: int
    seconds: float
    cpu_seconds: float | None = None
    """Of the store and all its processes, without the sender."""
    seconds_after: float | None = None
    """What compaction and the rollups took afterwards, where there are any."""

    @property
    def rate(self) -> float:
        """Give readings a second."""
        return self.readings / self.seconds

    @property
    def rate_rolled_up(self) -> float | None:
        """Give readings a second until they are compacted and rolled up."""
        return None if self.seconds_after is None else self.readings / (self.seconds + self.seconds_after)


class Stream(Protocol):
    """Makes the deliveries of one round, never the same ones twice."""

    def __call__(self, turn: int) -> list[Batch]:
        """Give the deliveries of a round."""


class Road(NamedTuple):
    """A way in that is measured, and the road it is held against."""

    name: str
    says: str
    """What it is and what it is not, for who reads the figures."""
    measure: Callable[[int], Measured]
    """Run one round of that number."""
    baseline: str = ""
    goal: float | None = None
    """The least ratio to its baseline that was promised."""
    bytes_a_reading: Callable[[], float] | None = None
    """What the store takes in the end for each different reading."""
    rolled_up: bool = False
    """Its ratio is that of the readings compacted and rolled up, not only of those stored."""

    def compared(self, one: Measured) -> float:
        """Give the rate of a round that is held against the baseline."""
        return (one.rate_rolled_up or one.rate) if self.rolled_up else one.rate


class NotTakenIn(RuntimeError):
    """A store refused a delivery, so that there is nothing to measure."""


def different(batches: list[Batch]) -> int:
    """Count the readings of a stream, each once."""
    return sum(len(one) for one in batches if not one.repeated)


def delivered(batches: list[Batch]) -> int:
    """Count the readings of a stream as they come, some twice."""
    return sum(map(len, batches))
