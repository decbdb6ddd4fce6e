"""The Stripe-compatible server as a test has it at hand: started in its own process, told what to do, looked into."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

from tests.stripe_server.serve import SECRET

__all__ = ["SECRET", "StripeAtHand", "stripe_at_hand"]


class StripeAtHand:
    """A running server."""

    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}"

    def ask(self, what: str, **told: Any) -> Any:
        """Ask something under `/_test/`."""
        request = Request(f"{self.url}/_test/{what}", json.dumps(told).encode(), method="POST")  # noqa: S310
        with urlopen(request, timeout=20) as answer:  # noqa: S310 - our own server
            return json.loads(answer.read())

    def things(self, kind: str) -> list[dict[str, Any]]:
        """Give all that the server holds of a kind."""
        return [one for one in self.ask("book")["things"] if one["object"] == kind]


@contextmanager
def stripe_at_hand() -> Iterator[StripeAtHand]:
    """Start a server and end it behind the block."""
    root = Path(__file__).parents[2]
    command = [sys.executable, "-m", "tests.stripe_server.serve"]
    with subprocess.Popen(command, cwd=root, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        yield StripeAtHand(int(process.stdout.readline()))
        process.kill()
