"""`pas serve`: the API, the pages and a worker, in one process."""

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from ipaddress import ip_address
from threading import Event, Thread
from typing import TYPE_CHECKING, Annotated
from urllib.parse import urlsplit

import typer

from pas.terminal import err, refuses
from telemetry.refusal import Refusal

if TYPE_CHECKING:
    from pas.db import Database


class UnsafeSetting(Refusal):
    """The service does not start like this: it would be open to those who listen in."""


@refuses
def serve(
    host: Annotated[str | None, typer.Option("--host", help="Address to listen on; PAS_HOST.")] = None,
    port: Annotated[int | None, typer.Option("--port", min=0, max=65535, help="Port; PAS_PORT.")] = None,
    *,
    worker: Annotated[bool, typer.Option(help="Also do the work that waits, in this process.")] = True,
) -> None:
    """Serve the API and the pages until stopped."""
    import uvicorn

    from pas.app import create_app
    from pas.commands.frame import opened
    from pas.settings import settings

    address, number = host or settings().host, settings().port if port is None else port
    check_safe(address, settings().public_url)
    with opened() as database, working(database) if worker else nullcontext():
        app = create_app(database)
        err.print(f"serving on http://{address}:{number} (stop with Ctrl+C)", highlight=False)
        uvicorn.run(app, host=address, port=number, log_level="warning", proxy_headers=False, server_header=False)


@contextmanager
def working(database: "Database") -> Iterator[None]:
    """Let a worker do what waits, beside the block, and stop it after its present piece of work."""
    from pas.worker import run_worker

    stop = Event()
    thread = Thread(target=run_worker, args=(database, stop), name="worker", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(timeout=30)


def check_safe(host: str, public_url: str) -> None:
    """Refuse to be reached from other machines without https.

    Raises UnsafeSetting.
    """
    if _is_this_machine(host) and _is_this_machine(urlsplit(public_url).hostname or ""):
        return
    if not public_url.startswith("https://"):
        sentence = (
            f"PAS_PUBLIC_URL is {public_url} while we listen on {host}: other machines need https; "
            "put a proxy with a certificate before us and name its https address in PAS_PUBLIC_URL"
        )
        raise UnsafeSetting(sentence, field="public_url")


def _is_this_machine(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
