"""Which stream each road gets: things of its own, the next stretch of time in every round."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from pas.bench.ingest.stream import METRICS, Batch, batches, fleet, report
from telemetry.moment import DAY, micros

_APART = 100_000
"""Between the first thing of one road and that of the next."""
_AGO = timedelta(days=40)


@dataclass(frozen=True)
class Plan:
    """How much is sent in a round, by how many senders at once, of how many things each."""

    readings: int
    senders: int
    things: int
    now: datetime

    @property
    def start(self) -> int:
        """Give the first moment of the stream, a midnight some weeks ago."""
        began = micros(self.now - _AGO)
        return began - began % DAY


@dataclass(frozen=True)
class OwnStream:
    """The stream of one road, in deliveries of `size` readings; `share` of the plan's readings a round."""

    plan: Plan
    number: int
    size: int
    share: float = 1.0

    @property
    def assets(self) -> list[UUID]:
        """Give the things that speak on this road."""
        return fleet(self.number * _APART, self.plan.senders * self.plan.things)

    def of_sender(self, sender: int) -> Sequence[UUID]:
        """Give the things for which a sender speaks."""
        return self.assets[sender * self.plan.things : (sender + 1) * self.plan.things]

    def __call__(self, turn: int) -> list[Batch]:
        """Give the deliveries of a round."""
        minutes = self.minutes
        seen = report(self.assets, minutes=minutes, first_minute=turn * minutes, start=self.plan.start)
        return list(batches(seen, senders=self.plan.senders, size=self.size))

    @property
    def minutes(self) -> int:
        """Give how long a round lasts: whole deliveries, at least two of each sender."""
        each = max(1, self.size // (self.plan.things * len(METRICS)))
        wanted = self.plan.readings * self.share / (len(self.assets) * len(METRICS))
        return each * max(2, round(wanted / each))
