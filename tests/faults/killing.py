"""Start our own command as a real process and kill it, unasked and unwarned, at a moment drawn by chance."""

import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from random import Random

KILLS = int(os.environ.get("PAS_TEST_KILLS", "2"))
"""How often each deed is killed: a slice in `make test`, twenty times in `make prove`."""


@dataclass(frozen=True)
class Command:
    """One command line of ours, on one database."""

    database_url: str
    arguments: tuple[str, ...]

    def run(self) -> float:
        """Let it finish; give its seconds. Raises CalledProcessError."""
        began = time.monotonic()
        subprocess.run(self.line, env=self.environment, check=True, capture_output=True, timeout=300)
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
                print(self.arguments[0], "killed at work")  # noqa: T201 - `make prove` counts them
                return True
        print(self.arguments[0], "had ended before it was killed")  # noqa: T201 - as above
        return False

    @property
    def line(self) -> tuple[str, ...]:
        return (sys.executable, "-m", "pas.cli", *self.arguments)

    @property
    def environment(self) -> dict[str, str]:
        return {**os.environ, "PAS_DATABASE_URL": self.database_url}


def write_csv(file: Path, heading: str, rows: list[str]) -> Path:
    """Write a file to import."""
    file.write_text("\n".join([heading, *rows]) + "\n", encoding="utf-8")
    return file
