"""The process that judges documents: started when it is needed, and again when it ended, and not waited for long."""

import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from threading import Lock, Timer
from typing import BinaryIO, NamedTuple, Self, cast

import msgspec

from billing.einvoice.frames import Asked, Judged, read_frame, write_frame
from telemetry.refusal import Refusal

_COMMAND = (sys.executable, "-m", "billing.einvoice.saxon_gateway")
WITHIN = 120.0
"""Seconds after which a document is given up; the first one waits for the rules to be compiled."""

AT_ONCE = 100
"""Documents that travel together."""
_ENDED = Judged([], [], failed="the process that judges ended")


class NotJudged(Refusal):
    """The rules could not be asked, so the document was neither accepted nor refused."""


def not_judged(why: str) -> NotJudged:
    """Say why the rules could not be asked."""
    return NotJudged(f"the document could not be judged: {why}; try again, or have a look at the rules' folder")


class _Running(NamedTuple):
    """The process, what it is asked through, and what it answers through."""

    process: "subprocess.Popen[bytes]"
    asking: BinaryIO
    answering: BinaryIO


class RulesProcess:
    """Asks one process about documents, one lot after the other, from any thread."""

    def __init__(self, *, within: float = WITHIN) -> None:
        """Start nothing yet."""
        self._within = within
        self._lock = Lock()
        self._process: _Running | None = None

    def __enter__(self) -> Self:
        """Use it as a block that ends the process."""
        return self

    def __exit__(self, *_exception: object) -> None:
        """End the process."""
        self.close()

    def judge(self, asked: Asked) -> Judged:
        """Have a document judged.

        Raises NotJudged where the rules fail, the process ends over it twice, or it takes too long.
        """
        judged = self.judge_all([asked])[0]
        if judged.failed:
            raise not_judged(judged.failed)
        return judged

    def judge_all(self, asked: Sequence[Asked]) -> list[Judged]:
        """Have documents judged together; one over which the process ends spoils no other. Its answer says why."""
        answers: list[Judged] = []
        for start in range(0, len(asked), AT_ONCE):
            some = list(asked[start : start + AT_ONCE])
            answers += self._ask_twice(some) or [(self._ask_twice([one]) or [_ENDED])[0] for one in some]
        return answers

    def _ask_twice(self, asked: list[Asked]) -> list[Judged] | None:
        with self._lock:
            return self._ask(asked) or self._ask(asked)

    def close(self) -> None:
        """End the process; it is started again when it is needed."""
        with self._lock:
            self._end()

    def _ask(self, asked: list[Asked]) -> list[Judged] | None:
        """Ask once; None where the process ended over it."""
        process, asking, answering = self._running()
        patience = Timer(self._within, process.kill)
        patience.start()
        try:
            write_frame(asking, msgspec.msgpack.encode(asked))
            answer = read_frame(answering)
        except OSError:
            answer = None
        finally:
            patience.cancel()
        if answer is None:
            self._end()
            return None
        return msgspec.msgpack.decode(answer, type=list[Judged])

    def _running(self) -> "_Running":
        if self._process is None or self._process.process.poll() is not None:
            self._end()
            process = subprocess.Popen(  # noqa: S603 - our own command
                _COMMAND, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
            )
            self._process = _Running(process, cast("BinaryIO", process.stdin), cast("BinaryIO", process.stdout))
        return self._process

    def _end(self) -> None:
        if self._process is None:
            return
        process, *pipes = self._process
        process.kill()
        process.wait()
        for pipe in pipes:
            with suppress(OSError):
                pipe.close()
        self._process = None
