"""How often somebody may come back: login tries by address, everything else by who is asking.

Counted in the memory of each process; several processes together allow several times as much.
"""

import math
import time
from threading import Lock

from telemetry.refusal import Refusal

_MINUTE = 60.0


class TooManyRequests(Refusal):
    """Somebody came too often; `retry_after` says in how many seconds it is worth trying again."""


class RateLimit:
    """A number of visits a minute, counted apart for each visitor from the first visit on."""

    def __init__(self, per_minute: int) -> None:
        """Start counting at none."""
        self._most = per_minute
        self._visits: dict[str, tuple[float, int]] = {}
        self._swept_at = 0.0
        self._lock = Lock()

    def count(self, visitor: str) -> None:
        """Count one visit.

        Raises TooManyRequests.
        """
        now = time.time()
        with self._lock:
            self._forget_who_is_gone(now)
            began, visits = self._visits.get(visitor, (now, 0))
            if now - began >= _MINUTE:
                began, visits = now, 0
            self._visits[visitor] = (began, visits + 1)
        if visits < self._most:
            return
        seconds = max(1, math.ceil(began + _MINUTE - now))
        sentence = f"more than {self._most} requests in a minute; wait {seconds} seconds"
        raise TooManyRequests(sentence, retry_after=seconds)

    def _forget_who_is_gone(self, now: float) -> None:
        """Once a minute, drop whoever's minute is over."""
        if now - self._swept_at < _MINUTE:
            return
        self._swept_at = now
        self._visits = {who: seen for who, seen in self._visits.items() if now - seen[0] < _MINUTE}
