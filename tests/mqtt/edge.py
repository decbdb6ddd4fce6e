"""Starts and speaks with the edge node of another library."""

import subprocess
from pathlib import Path
from typing import Self

import pytest

from tests.mqtt.brokers import Process
from tests.mqtt.gateway import wait_for

_PYTHON = Path(__file__).parent.parent.parent / ".venv-clients" / "bin" / "python"


class EdgeNode:
    """The node as a process, and what it told."""

    def __init__(
        self, broker: Process, folder: Path, node: str, device: str, user: str = "", password: str = ""
    ) -> None:
        if not _PYTHON.exists():
            pytest.skip("the clients that are not ours are not on this machine; `make broker` installs them")
        script = str(Path(__file__).with_name("edge_node.py"))
        self._line = (str(_PYTHON), script, str(broker.port), "maker", node, device, user, password)
        self._log = folder / "edge.log"
        self._process: subprocess.Popen[str] | None = None

    def __enter__(self) -> Self:
        with self._log.open("a") as log:
            self._process = subprocess.Popen(self._line, stdin=subprocess.PIPE, stdout=log, stderr=log, text=True)
        wait_for(lambda: "born" in self.told, "the edge node is born")
        return self

    def __exit__(self, *_exception: object) -> None:
        assert self._process is not None
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.kill()
        self._process.wait(timeout=30)

    def do(self, *commands: str) -> None:
        assert self._process is not None
        assert self._process.stdin is not None
        for command in commands:
            self._process.stdin.write(f"{command}\n")
        self._process.stdin.flush()

    @property
    def told(self) -> list[str]:
        return self._log.read_text(encoding="utf-8").splitlines()
