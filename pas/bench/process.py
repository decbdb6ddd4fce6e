"""Other programs beside us for as long as a measurement takes: started, waited for, their CPU counted, stopped."""

import os
import socket
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from time import monotonic, sleep

_STARTS_WITHIN = 60.0
_TICKS = os.sysconf("SC_CLK_TCK")
_PARENT, _CPU = 1, slice(11, 15)


@contextmanager
def running(
    command: Sequence[str], *, port: int, path: str = "/", environment: dict[str, str] | None = None
) -> Iterator[int]:
    """Start a program that speaks HTTP, wait until it answers, and stop it behind the block; give its process id.

    Raises TimeoutError when it does not answer within a minute.
    """
    with running_with(command, environment or {}) as pid:
        _wait_for(port, path)
        yield pid


@contextmanager
def running_with(command: Sequence[str], environment: dict[str, str]) -> Iterator[int]:
    """Start a program and stop it behind the block; give its process id."""
    with subprocess.Popen(  # noqa: S603 - programs of the measurement
        command, env=os.environ | environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as process:
        try:
            yield process.pid
        finally:
            process.terminate()


@contextmanager
def listening(port: int) -> Iterator[None]:
    """Wait until somebody listens on a port.

    Raises TimeoutError when nobody does within a minute.
    """
    deadline = monotonic() + _STARTS_WITHIN
    while monotonic() < deadline:
        with closing(socket.socket()) as tried:
            if tried.connect_ex(("127.0.0.1", port)) == 0:
                yield
                return
        sleep(0.05)
    msg = f"nobody listens on port {port} after a minute"
    raise TimeoutError(msg)


def free_port() -> int:
    """Find a port on which nobody listens."""
    with closing(socket.socket()) as free:
        free.bind(("127.0.0.1", 0))
        found: int = free.getsockname()[1]
        return found


def cpu_seconds(pid: int) -> float:
    """Give the CPU that a process and all below it have used, those that ended included; 0 where no one tells."""
    spent = _all_spent()
    below = {pid}
    while more := {one for one, (parent, _) in spent.items() if parent in below} - below:
        below |= more
    return sum(spent[one][1] for one in below if one in spent)


def _all_spent() -> dict[int, tuple[int, float]]:
    """Give each process's parent and CPU seconds."""
    found = {}
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            fields = (folder / "stat").read_text().rpartition(")")[2].split()
            found[int(folder.name)] = (int(fields[_PARENT]), sum(map(int, fields[_CPU])) / _TICKS)
    return found


def size_of(place: Path) -> int:
    """Give the bytes of a file and of what SQLite keeps beside it, or of all files of a folder."""
    if place.is_dir():
        return sum(one.stat().st_size for one in place.rglob("*") if one.is_file())
    return sum(one.stat().st_size for one in place.parent.glob(f"{place.name}*"))


def _wait_for(port: int, path: str) -> None:
    deadline = monotonic() + _STARTS_WITHIN
    while monotonic() < deadline:
        with suppress(OSError, HTTPException), closing(HTTPConnection("127.0.0.1", port, timeout=5)) as connection:
            connection.request("GET", path)
            connection.getresponse()
            return
        sleep(0.1)
    msg = f"nothing answered on port {port} within a minute"
    raise TimeoutError(msg)
