"""Those who follow the readings as they come: how many may, and one look at the journal for all of them."""

import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

from starlette.concurrency import run_in_threadpool

from pas.db import Database
from telemetry import read_journal
from telemetry.read_journal import News
from telemetry.refusal import Refusal

PAUSE = 0.5
"""Seconds between two looks for something new."""
BEAT = 5.0
"""Seconds between two signs of life where nothing is new; as often is asked whether the listener may still listen."""
LONGEST = 3600.0
"""Seconds after which a listener is let go, to come again."""
MOST_OF_ONE, MOST = 8, 1000
"""How many listen at the same time: of one caller, and of all in this process."""


class TooManyListeners(Refusal):
    """Somebody listens too often at the same time; `retry_after` says when it is worth trying again."""


class Live:
    """What the listeners of a process share. A thread is used for moments only, and nothing is kept for a slow one."""

    def __init__(self, database: Database) -> None:
        """Begin with nobody."""
        self.database = database
        self.longest = LONGEST
        self.stopping = False
        self._listeners: Counter[str] = Counter()
        self._heads: dict[int, tuple[float, int]] = {}
        self._news: dict[int, tuple[int, News]] = {}
        self._lock = Lock()

    @contextmanager
    def listener(self, who: str) -> Iterator[None]:
        """Let somebody in for as long as the block lasts.

        Raises TooManyListeners.
        """
        with self._lock:
            if self._listeners[who] >= MOST_OF_ONE or self._listeners.total() >= MOST:
                sentence = f"{MOST_OF_ONE} of you, or {MOST} in all, listen already; end one, or ask for more in one"
                raise TooManyListeners(sentence, retry_after=30)
            self._listeners[who] += 1
        try:
            yield
        finally:
            with self._lock:
                self._listeners[who] -= 1
                self._listeners += Counter()

    async def head(self, tenant_id: int) -> int:
        """Give the number of the newest batch as it was a moment ago: one question for all who listen."""
        asked_at, known = self._heads.get(tenant_id, (0.0, -1))
        if known >= 0 and time.monotonic() - asked_at < PAUSE:
            return known
        self._heads[tenant_id] = (time.monotonic(), known)
        found = await run_in_threadpool(self._ask_head, tenant_id)
        self._heads[tenant_id] = (time.monotonic(), found)
        return found

    def _ask_head(self, tenant_id: int) -> int:
        with self.database.reading(tenant_id) as session:
            return read_journal.head(session)

    def news(self, tenant_id: int, after: int) -> News:
        """Give what came after a batch; those who are at the same place share one reading of it."""
        place, known = self._news.get(tenant_id, (-1, None))
        if known is not None and place == after and known.upto > after:
            return known
        with self.database.reading(tenant_id) as session:
            found = read_journal.news(session, after=after)
        self._news[tenant_id] = (after, found)
        return found
