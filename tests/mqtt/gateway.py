"""`pas mqtt` as a real process on a test's database: killed and started again at will."""

import os
import re
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Self

import pytest

from pas.db import Database
from tests.mqtt.brokers import HOST, Process

_LISTENS = re.compile(r"\[info *\] listening ")


def wait_for(holds: Callable[[], bool], what: str, *, seconds: float = 60) -> None:
    """Wait until something holds; fail with what was waited for."""
    deadline = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > deadline:
            pytest.fail(f"waited {seconds} s in vain: {what}")
        time.sleep(0.05)


class Gateway:
    """The process, and how often it has told that it listens."""

    def __init__(self, database: Database, broker: Process, folder: Path, **settings: str) -> None:
        self.log = folder / "gateway.log"
        self.log.touch()
        self._environment = {
            **os.environ,
            "PAS_DATABASE_URL": database.url,
            "PAS_HOME": str(folder),
            "PAS_MQTT_URL": f"mqtt://{HOST}:{broker.port}",
            "PAS_MQTT_VERSION": broker.version,
            **{f"PAS_MQTT_{name.upper()}": value for name, value in settings.items()},
        }
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_exception: object) -> None:
        if self._process is not None and self._process.poll() is None:
            self.stop()

    def start(self) -> None:
        """Start it, and wait until it listens."""
        before = self.listened
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                (sys.executable, "-m", "pas.cli", "mqtt"), env=self._environment, stdout=log, stderr=log
            )
        self.await_listening(before + 1)

    @property
    def listened(self) -> int:
        """How often a broker has let it listen."""
        return len(_LISTENS.findall(self.log.read_text(encoding="utf-8")))

    def await_listening(self, times: int) -> None:
        wait_for(lambda: self.listened >= times or self.ended, "the gateway listens")
        assert not self.ended, self.log.read_text(encoding="utf-8")[-3000:]

    @property
    def ended(self) -> bool:
        return self._process is None or self._process.poll() is not None

    def kill(self) -> None:
        """Kill it unwarned."""
        assert self._process is not None
        self._process.kill()
        self._process.wait(timeout=30)

    def stop(self) -> int:
        """Ask it to stop; give its exit code."""
        assert self._process is not None
        self._process.terminate()
        return self._process.wait(timeout=30)
