"""Start our own command as a real process and kill it, unasked and unwarned, at a moment drawn by chance."""

import os
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from random import Random

PATIENCE = 120.0
"""So many seconds a process may stand still, itself and what it started, before it counts as stuck."""
KILLS = int(os.environ.get("PAS_TEST_KILLS", "2"))
"""How often each deed is killed: a slice in `make test`, twenty times in `make prove`."""


@dataclass(frozen=True)
class Command:
    """One command line of ours, on one database."""

    database_url: str
    arguments: tuple[str, ...]

    def run(self) -> float:
        """Let it finish, however long it takes while it gets on; give its seconds. Raises CalledProcessError."""
        began = time.monotonic()
        with subprocess.Popen(
            self.line, env=self.environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        ) as process:
            said = ended(process)
        if process.returncode:
            raise subprocess.CalledProcessError(process.returncode, self.line, *said)
        return time.monotonic() - began

    def killed_within(self, seconds: float, chance: Random) -> bool:
        """Kill it at a random moment of its later two thirds; tell whether it was still at work."""
        with subprocess.Popen(
            self.line, env=self.environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        ) as process:
            try:
                process.wait(timeout=chance.uniform(seconds / 3, seconds))
            except subprocess.TimeoutExpired:
                process.kill()
                tell(f"{' '.join(self.arguments)} killed at work")
                return True
        tell(f"{' '.join(self.arguments)} had ended before it was killed")
        return False

    @property
    def line(self) -> tuple[str, ...]:
        return (sys.executable, "-m", "pas.cli", *self.arguments)

    @property
    def environment(self) -> dict[str, str]:
        return {**os.environ, "PAS_DATABASE_URL": self.database_url}


def tell(what: str) -> None:
    """Say how far a long proof is, at once, so that one that is stopped has still said what it saw.

    Printed, and with PAS_TEST_PROGRESS also written at the end of that file, which pytest does not hold back.
    """
    print(what, flush=True)  # noqa: T201 - `make prove` counts them
    if file := os.environ.get("PAS_TEST_PROGRESS"):
        Path(file).parent.mkdir(parents=True, exist_ok=True)
        with Path(file).open("a", encoding="utf-8") as sink:
            sink.write(f"{time.strftime('%H:%M:%S')} {what}\n")


def ended(process: "subprocess.Popen[bytes]") -> tuple[bytes, bytes]:
    """Wait for the end of a process while it gets on, and give what it said; one that stands still is killed.

    It gets on while it, or what it started, uses the processor: on a busy machine that takes long, and is no fault.
    """
    used = -1
    while True:
        try:
            return process.communicate(timeout=PATIENCE)
        except subprocess.TimeoutExpired:
            used, before = _ticks(process.pid), used
            if used == before:
                process.kill()
                raise


def _ticks(pid: int) -> int:
    """Give the processor's ticks that a process and its descendants have used."""
    parents, ticks = dict[int, int](), dict[int, int]()
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            fields = stat.read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
            number = int(stat.parent.name)
            parents[number], ticks[number] = int(fields[1]), int(fields[11]) + int(fields[12])
    family = {pid}
    while grown := {one for one, parent in parents.items() if parent in family} - family:
        family |= grown
    return sum(ticks.get(one, 0) for one in family)


def write_csv(file: Path, heading: str, rows: list[str]) -> Path:
    """Write a file to import."""
    file.write_text("\n".join([heading, *rows]) + "\n", encoding="utf-8")
    return file
