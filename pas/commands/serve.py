"""`pas serve`: the API, the pages and a worker, in one process."""

import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, suppress
from ipaddress import ip_address
from threading import Event, Thread
from typing import TYPE_CHECKING, Annotated
from urllib.parse import urlsplit

import typer

from pas.terminal import err, refuses
from telemetry.refusal import Refusal

if TYPE_CHECKING:
    from types import FrameType

    from uvicorn import Server

    from pas.db import Database
    from pas.live import Live


_LAST_ANSWERS_WITHIN = 30
"""Seconds that requests under way may still take when the service is told to stop."""
_TURN = 0.001
"""Seconds that a thread may work while another waits for Python; at the usual 0.005 the network waits too long."""
_COLLECT_AFTER = 50_000
"""So many new objects that may refer to each other before Python looks for circles; its own 700 come with each body."""


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
    from pas.mail_gateway import mail_server
    from pas.settings import settings

    address, number = host or settings().host, settings().port if port is None else port
    check_safe(address, settings().public_url)
    mail_server(settings())
    with opened() as database, working(database) if worker else nullcontext():
        app = create_app(database)
        share_python_evenly()
        err.print(f"serving on http://{address}:{number} (stop with Ctrl+C)", highlight=False)
        config = uvicorn.Config(
            app,
            host=address,
            port=number,
            log_level="warning",
            access_log=False,
            proxy_headers=False,
            server_header=False,
            timeout_graceful_shutdown=_LAST_ANSWERS_WITHIN,
        )
        server = uvicorn.Server(config)
        let_listeners_go(server, app.state.live)
        with suppress(KeyboardInterrupt):
            server.run()
        if not server.started:
            raise typer.Exit(1)


def let_listeners_go(server: "Server", live: "Live") -> None:
    """End what never ends by itself as soon as the server is told to stop."""
    handle_exit = server.handle_exit

    def stopping(number: int, frame: "FrameType | None") -> None:
        live.stopping = True
        handle_exit(number, frame)

    server.__dict__["handle_exit"] = stopping


def share_python_evenly() -> None:
    """Let the threads that receive, read and store take turns quickly, and search less often for dead objects.

    What was made at the start stays, so it is not searched at all.
    """
    sys.setswitchinterval(_TURN)
    gc.collect()
    gc.freeze()
    gc.set_threshold(_COLLECT_AFTER, 20, 20)


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
    if is_this_machine(host) and is_this_machine(urlsplit(public_url).hostname or ""):
        return
    if not public_url.startswith("https://"):
        sentence = (
            f"PAS_PUBLIC_URL is {public_url} while we listen on {host}: other machines need https; "
            "put a proxy with a certificate before us and name its https address in PAS_PUBLIC_URL"
        )
        raise UnsafeSetting(sentence, field="public_url")


def is_this_machine(host: str) -> bool:
    """Tell whether an address never leaves this machine."""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
