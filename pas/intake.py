"""The lane in which readings go in: one thread that commits together what many senders delivered at the same moment.

Whoever submits is answered after the commit. A full lane refuses at once, so that senders slow down instead of filling
the memory; what was accepted is stored or its sender hears why not, also when the service is stopped.
"""

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from threading import Condition, Thread
from typing import NamedTuple, Self

from sqlalchemy import Engine, event
from sqlalchemy.exc import SQLAlchemyError

from lifecycle.absorb_readings import Absorbed, Sent
from lifecycle.actor import Actor
from pas import clock
from pas.absorb_group import Parcel, absorb_group
from pas.db import Database
from pas.idempotency import Asked
from pas.log import logger
from pas.reader import Reader, ReaderBusy
from pas.refused_payloads import Door, Kind, Refused, RefusedPayloads, keep_refused_payloads
from telemetry.refusal import Refusal

MOST_WAITING = 4_096
"""Deliveries that wait at the most."""
MOST_READINGS_WAITING = 5_000_000
"""Readings that wait at the most, some 50 bytes each."""
AT_ONCE = 512
"""Deliveries in one transaction at the most."""
READINGS_AT_ONCE = 500_000
"""Readings in one transaction at the most: so long does another writer on SQLite wait."""
GATHERS_FOR = 0.02
"""Seconds that what is ready waits at the most for deliveries that are being read, to go in together with them."""
WORTH_A_COMMIT = 10_000
"""Readings that wait for no others."""
COUNTS_WAIT = 1.0
"""Seconds after which counts of refused payloads are kept, also when no readings come in."""
RESTS_AFTER = 10.0
"""Seconds without work after which the thread ends; the next delivery starts it again."""
_AGAIN_IN = 1

_log = logger("intake")


class IntakeFull(Refusal):
    """More readings come in than can be stored; nothing of this delivery was."""


class IntakeClosed(Refusal):
    """The service is about to stop; nothing of this delivery was stored."""


class _Waiting(NamedTuple):
    tenant_id: int
    parcel: Parcel
    future: "Future[Absorbed]"


class Intake:
    """Takes deliveries from any thread; one thread of its own stores them, many in one transaction."""

    def __init__(self, database: Database, *, most_waiting: int = MOST_WAITING) -> None:
        """Start no thread yet."""
        self._database, self._most_waiting = database, most_waiting
        self._waiting: deque[_Waiting] = deque()
        self._readings = 0
        self._being_read = 0
        self._refused = RefusedPayloads()
        self._reader = Reader()
        self._changed = Condition()
        self._thread: Thread | None = None
        self._closed = False
        event.listen(database.engine, "engine_disposed", self._end)

    def __enter__(self) -> Self:
        """Use it as a block that ends when all is stored."""
        return self

    def __exit__(self, *_exception: object) -> None:
        """Store what waits, then take no more."""
        self.close()

    def submit(self, tenant_id: int, sent: Sent, by: Actor, *, asked: Asked | None = None) -> "Future[Absorbed]":
        """Deliver readings; the future is done after the commit, or fails with the reason why nothing was stored.

        `by` is who sends, `asked` what was asked under an `Idempotency-Key`. Raises IntakeFull and IntakeClosed.
        """
        waiting = _Waiting(tenant_id, Parcel(sent, by, asked), Future())
        with self._changed:
            self._check_room(len(sent.arrived))
            self._waiting.append(waiting)
            self._readings += len(sent.arrived)
            self._wake()
        return waiting.future

    def deliver(self, tenant_id: int, read: Callable[[], Parcel], *, size: int) -> "Future[Absorbed]":
        """Have a body of so many bytes read in a thread of its own, and submit what was read.

        The future fails with what `read` and `submit` raise. Raises ReaderBusy.
        """
        answer: Future[Absorbed] = Future()
        answer.set_running_or_notify_cancel()

        def work() -> None:
            try:
                parcel = read()
                stored = self.submit(tenant_id, parcel.sent, parcel.by, asked=parcel.asked)
            except Exception as error:  # noqa: BLE001 - whatever it is, the sender is told
                answer.set_exception(error)
            else:
                stored.add_done_callback(lambda done: _pass_on(done, answer))

        self._count_read(1)
        try:
            self._reader.read(work, size=size).add_done_callback(lambda _done: self._count_read(-1))
        except ReaderBusy:
            self._count_read(-1)
            raise
        return answer

    def refused(self, tenant_id: int, door: Door, reason: str, sentence: str, sender: str) -> None:
        """Count a payload that was refused whole; `reason` is the code of the refusal."""
        self._refused.add(tenant_id, door, reason, sentence, sender, now=clock.now())
        with self._changed:
            if not self._closed:
                self._wake()

    def close(self) -> None:
        """Store what waits and take no more; once is enough."""
        self._reader.close()
        with self._changed:
            self._closed = True
            self._changed.notify_all()
            thread = self._thread
        if thread is not None:
            thread.join()
        self._keep_counts()

    def _end(self, _engine: Engine) -> None:
        """Stop without storing anything more: the database was closed, which `close` comes before."""
        with self._changed:
            self._closed = True
            self._refused.take()
            self._changed.notify_all()
        self._reader.close(wait=False)

    def _count_read(self, change: int) -> None:
        with self._changed:
            self._being_read += change
            if not self._being_read:
                self._changed.notify_all()

    def _check_room(self, readings: int) -> None:
        if self._closed:
            raise IntakeClosed("the service is about to stop; deliver this again in a moment", retry_after=_AGAIN_IN)
        full = self._waiting and self._readings + readings > MOST_READINGS_WAITING
        if full or len(self._waiting) >= self._most_waiting:
            sentence = "more readings come in than can be stored at the moment; deliver this again later"
            raise IntakeFull(sentence, retry_after=_AGAIN_IN)

    def _wake(self) -> None:
        """Start the thread or tell it that there is work; the lock is held."""
        if self._thread is None:
            self._thread = Thread(target=self._run, name="intake", daemon=True)
            self._thread.start()
        self._changed.notify_all()

    def _run(self) -> None:
        kept_at = clock.now()
        while (group := self._next()) is not None:
            self._store(group)
            if self._refused and (not group or (clock.now() - kept_at).total_seconds() >= COUNTS_WAIT):
                self._keep_counts()
                kept_at = clock.now()

    def _next(self) -> list[_Waiting] | None:
        """Wait for work and take a group; an empty one where only counts wait, None where the thread is to end."""
        with self._changed:
            pause = COUNTS_WAIT if self._refused else RESTS_AFTER
            if not self._waiting and not self._closed and not self._changed.wait_for(self._has_work, pause):
                if self._refused:
                    return []
                self._thread = None
                return None
            if self._waiting:
                self._changed.wait_for(self._has_a_group, GATHERS_FOR)
            group = list(self._group())
            return group or (None if self._closed else [])

    def _has_work(self) -> bool:
        return bool(self._waiting) or self._closed

    def _has_a_group(self) -> bool:
        """Tell whether it is better to begin than to wait for what is still being read: a commit costs its time."""
        return not self._being_read or self._closed or self._readings >= WORTH_A_COMMIT

    def _group(self) -> Iterator[_Waiting]:
        """Take what waits, as much as one transaction may hold; the lock is held.

        A key that comes twice waits for the next group, so that it meets the answer to the first.
        """
        keys, readings, held = set[tuple[str, str]](), 0, list[_Waiting]()
        for _ in range(min(len(self._waiting), AT_ONCE)):
            one = self._waiting.popleft()
            size, asked = len(one.parcel.sent.arrived), one.parcel.asked
            if readings and readings + size > READINGS_AT_ONCE:
                self._waiting.appendleft(one)
                break
            if asked is not None and (asked.actor, asked.key) in keys:
                held.append(one)
                continue
            if asked is not None:
                keys.add((asked.actor, asked.key))
            self._readings -= size
            if one.future.set_running_or_notify_cancel():
                readings += size
                yield one
        self._waiting.extendleft(reversed(held))

    def _store(self, group: list[_Waiting]) -> None:
        for tenant_id in dict.fromkeys(one.tenant_id for one in group):
            own = [one for one in group if one.tenant_id == tenant_id]
            outcomes = absorb_group(self._database, tenant_id, [one.parcel for one in own], now=clock.now())
            for one, outcome in zip(own, outcomes, strict=True):
                if isinstance(outcome, Exception):
                    one.future.set_exception(outcome)
                else:
                    one.future.set_result(outcome)

    def _keep_counts(self) -> None:
        """Keep the counts of refused payloads; what cannot be kept now waits for the next time."""
        by_tenant: dict[int, list[tuple[Kind, Refused]]] = {}
        for kind, refused in self._refused.take().items():
            by_tenant.setdefault(kind.tenant_id, []).append((kind, refused))
        for tenant_id, counts in by_tenant.items():
            try:
                with self._database.writing(tenant_id) as session:
                    keep_refused_payloads(session, counts)
            except SQLAlchemyError:
                _log.warning("counts of refused payloads could not be kept yet")
                self._refused.put_back(dict(counts))


def _pass_on(done: "Future[Absorbed]", answer: "Future[Absorbed]") -> None:
    error = done.exception()
    if error is None:
        answer.set_result(done.result())
    else:
        answer.set_exception(error)
