"""A thread that reads what was sent, one body after the other, so that whoever waits for the network is not held up."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Lock
from typing import TypeVar

from telemetry.refusal import Refusal

T = TypeVar("T")

MOST_BYTES = 512 * 1024 * 1024
"""Bytes of bodies that wait to be read at the most."""


class ReaderBusy(Refusal):
    """More comes in than can be read; nothing of this delivery was."""


class Reader:
    """Reads bodies in turn; one thread, for several would only wait for each other in Python and fill the memory."""

    def __init__(self, *, most_bytes: int = MOST_BYTES) -> None:
        """Start no thread yet."""
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="reader")
        self._most, self._bytes, self._closed, self._lock = most_bytes, 0, False, Lock()

    def read(self, work: Callable[[], T], *, size: int) -> "Future[T]":
        """Have a body of so many bytes read.

        Raises ReaderBusy.
        """
        with self._lock:
            if self._closed or (self._bytes and self._bytes + size > self._most):
                sentence = "more readings come in than can be read at the moment; deliver this again later"
                raise ReaderBusy(sentence, retry_after=1)
            self._bytes += size
            future = self._thread.submit(work)
        future.add_done_callback(lambda _done: self._read(size))
        return future

    def close(self, *, wait: bool = True) -> None:
        """Read what waits, then end."""
        with self._lock:
            self._closed = True
        self._thread.shutdown(wait=wait)

    def _read(self, size: int) -> None:
        with self._lock:
            self._bytes -= size
