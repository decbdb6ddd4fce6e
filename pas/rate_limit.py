"""How often somebody may come back: login tries by address, everything else by who is asking.

Counted in the memory of each process; several processes together allow several times as much.
"""

import math
import time

from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import FixedWindowRateLimiter

from telemetry.refusal import Refusal


class TooManyRequests(Refusal):
    """Somebody came too often; `retry_after` says in how many seconds it is worth trying again."""


class RateLimit:
    """A number of visits a minute, counted apart for each visitor."""

    def __init__(self, per_minute: int) -> None:
        """Start counting at none."""
        self._limit = RateLimitItemPerMinute(per_minute)
        self._counter = FixedWindowRateLimiter(MemoryStorage())

    def count(self, visitor: str) -> None:
        """Count one visit.

        Raises TooManyRequests.
        """
        if self._counter.hit(self._limit, visitor):
            return
        ends_at = self._counter.get_window_stats(self._limit, visitor).reset_time
        seconds = max(1, math.ceil(ends_at - time.time()))
        sentence = f"more than {self._limit.amount} requests in a minute; wait {seconds} seconds"
        raise TooManyRequests(sentence, retry_after=seconds)
