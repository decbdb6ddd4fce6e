"""`pas worker`: a further worker, beside the one inside `pas serve`."""

from threading import Event
from typing import Annotated

import typer

from pas.terminal import AsJson, print_json, print_table, refuses


@refuses
def worker(
    *,
    once: Annotated[bool, typer.Option("--once", help="Do what waits now, and end.")] = False,
    as_json: AsJson = False,
) -> None:
    """Assess the assets that wait, of every tenant, and tell of alerts; without --once until stopped."""
    import signal

    from pas.commands.frame import opened
    from pas.mail_gateway import mail_server
    from pas.settings import settings
    from pas.worker import bill_all, listen_to_all, look_for_messages, run_worker, sweep, tell_all, work_once

    stop = Event()
    for named in (signal.SIGTERM, signal.SIGINT):
        signal.signal(named, lambda *_: stop.set())
    mail_server(settings())
    with opened() as database:
        if not once:
            run_worker(database, stop)
            return
        sweep(database)
        worked = work_once(database, stop=stop)
        bill_all(database, stop=stop)
        listen_to_all(database)
        look_for_messages(database)
        sent = tell_all(database)
    told = {"tenants": worked.tenants, **worked.done._asdict(), "messages": sent._asdict()}
    if as_json:
        print_json(told)
    else:
        print_table("what waited", [told])
