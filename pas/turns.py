"""Writers of one process take turns in the order in which they came, so that a busy one keeps nobody waiting long.

SQLite alone lets whoever looks at the right moment write next: beside a steady stream of readings, others starve.
"""

from collections import deque
from threading import Lock


class Turns:
    """One turn at a time; whoever waits longest is next."""

    def __init__(self, *, patience: float) -> None:
        """Know after how many seconds somebody goes ahead without a turn, rather than never."""
        self._patience = patience
        self._lock = Lock()
        self._taken = False
        self._waiting: deque[Lock] = deque()

    def take(self) -> bool:
        """Wait for a turn; False where it did not come."""
        with self._lock:
            if not self._taken:
                self._taken = True
                return True
            gate = Lock()
            gate.acquire()
            self._waiting.append(gate)
        return gate.acquire(timeout=self._patience) or self._came_at_last(gate)

    def give(self) -> None:
        """End a turn that was taken, in whatever thread."""
        with self._lock:
            if self._waiting:
                self._waiting.popleft().release()
            else:
                self._taken = False

    def _came_at_last(self, gate: Lock) -> bool:
        """Give up waiting, unless the turn came at this very moment."""
        with self._lock:
            if gate in self._waiting:
                self._waiting.remove(gate)
                return False
            return True
