"""Real brokers as processes of their own: started on a free port, killed and started again on the same files."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path
from random import SystemRandom
from typing import Self

import pytest

PORTS = range(21_000, 22_000)
"""Ports of the brokers of these tests."""
HOST = "127.0.0.1"


def free_port() -> int:
    """Give a port on which nobody listens."""
    chance = SystemRandom()
    while True:
        port = chance.choice(PORTS)
        with closing(socket.socket()) as tried:
            if tried.connect_ex((HOST, port)) != 0:
                return port


class Process:
    """A broker's process, whatever the broker."""

    version: str
    line: tuple[str, ...]

    def __init__(self, folder: Path) -> None:
        self.folder, self.port = folder, free_port()
        self._process: subprocess.Popen[bytes] | None = None
        folder.mkdir(parents=True, exist_ok=True)
        self.write()

    def write(self) -> None:
        """Write the configuration."""
        raise NotImplementedError

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_exception: object) -> None:
        self.stop()

    def start(self) -> None:
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(self.line, stdout=log, stderr=log)
        self._await_port()

    def kill(self) -> None:
        """Kill it as a power cut would: it can save nothing."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        self._end(signal.SIGTERM)

    def reload(self) -> None:
        """Let it read its accounts again."""
        assert self._process is not None
        self._process.send_signal(signal.SIGHUP)

    def _end(self, how: signal.Signals) -> None:
        if self._process is None:
            return
        self._process.send_signal(how)
        self._process.wait(timeout=30)
        self._process = None

    def _await_port(self) -> None:
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            with closing(socket.socket()) as tried:
                if tried.connect_ex((HOST, self.port)) == 0:
                    return
            time.sleep(0.02)
        pytest.fail(f"{self.line[0]} did not listen within half a minute: {(self.folder / 'log').read_text()[-2000:]}")


class Mosquitto(Process):
    """Eclipse Mosquitto of Debian, with the configuration that we recommend."""

    version = "5"

    def __init__(self, folder: Path, *, settings: str = "", accounts: bool = False) -> None:
        self._settings, self._accounts = settings, accounts
        super().__init__(folder)

    def write(self) -> None:
        rights = f"password_file {self.folder}/passwords\nacl_file {self.folder}/acl\n"
        recommended = (CONFIGURATIONS / "mosquitto.conf").read_text(encoding="utf-8")
        (self.folder / "mosquitto.conf").write_text(
            f"listener {self.port} {HOST}\npersistence_location {self.folder}/\n"
            + (f"allow_anonymous false\n{rights}" if self._accounts else "allow_anonymous true\n")
            + _only("persistence", "autosave", "max_", "queue_", recommended)
            + self._settings
            + ("user root\n" if os.geteuid() == 0 else ""),
            encoding="utf-8",
        )

    @property
    def line(self) -> tuple[str, ...]:  # type: ignore[override]
        return (program("mosquitto"), "-c", str(self.folder / "mosquitto.conf"))


class Nats(Process):
    """NATS with JetStream, which stores a message before it acknowledges it; speaks MQTT 3.1.1."""

    version = "3.1.1"

    def __init__(self, folder: Path, *, accounts: bool = False) -> None:
        self._accounts = accounts
        super().__init__(folder)

    def write(self) -> None:
        rights = 'authorization { include "users.conf" }\n' if self._accounts else ""
        recommended = (CONFIGURATIONS / "nats.conf").read_text(encoding="utf-8")
        mine = recommended.replace("port: 1883", f"host: {HOST}, port: {self.port}").replace(
            "/var/lib/nats", str(self.folder)
        )
        mine = mine.replace('authorization { include "users.conf" }\n', rights)
        (self.folder / "nats.conf").write_text(f"listen: {HOST}:{free_port()}\n{mine}", encoding="utf-8")

    @property
    def line(self) -> tuple[str, ...]:  # type: ignore[override]
        beside = Path(sys.executable).parent / "nats-server"
        return (str(beside) if beside.exists() else program("nats-server"), "-c", str(self.folder / "nats.conf"))


CONFIGURATIONS = Path(__file__).parent.parent.parent / "docs" / "broker"


def _only(*beginnings: str) -> str:
    """Take over the lines of a configuration that do not name places of a production machine."""
    *wanted, text = beginnings
    return "".join(
        f"{line}\n" for line in text.splitlines() if line.startswith(tuple(wanted)) and "location" not in line
    )


def program(name: str) -> str:
    found = shutil.which(name) or shutil.which(name, path="/usr/sbin:/usr/local/sbin")
    if found is None:
        pytest.skip(f"{name} is not on this machine; `make broker` installs it")
    return found
