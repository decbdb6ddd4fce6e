"""`pas demo`: a synthetic fleet of seven trades, loaded through the import doors, billed, valued and served."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from pas import clock
from pas.terminal import AsJson, err, out, print_json, refuses

if TYPE_CHECKING:
    from pas.db import Database


@refuses
def demo(
    *,
    small: Annotated[bool, typer.Option("--small", help="A fleet of some 120 things, in seconds.")] = False,
    serve: Annotated[bool, typer.Option(help="Serve when all is loaded.")] = True,
    as_json: AsJson = False,
) -> None:
    """Load the demo fleet, bill the last full month, value the ending contracts, and serve.

    Works in the configured database. Where the demo is loaded already it is not loaded twice: its people get
    fresh passwords, and it is served.
    """
    from pas.commands.frame import opened

    with opened() as database:
        document = _load(database, small=small)
    if as_json:
        print_json(document)
    else:
        _show(document)
    if serve:
        from pas.commands.serve import serve as serve_now

        serve_now()


def _load(database: "Database", *, small: bool) -> dict[str, Any]:
    from pas.commands.frame import operator
    from pas.demo.load_demo import load_demo, loaded_before
    from pas.demo.logins import give_logins
    from pas.demo.tell import already_there, as_document

    now = clock.now()
    tenant_id = loaded_before(database)
    if tenant_id is not None:
        return already_there(give_logins(database, tenant_id, now=now, by=operator()))
    with err.status("begins") as status:
        loaded = load_demo(
            database, now=now, small=small, by=operator(), tell=lambda step: status.update(f"{step} ...")
        )
    return as_document(loaded)


def _show(document: dict[str, Any]) -> None:
    from pas.demo.tell import tell, tell_logins

    if not document["already_loaded"]:
        tell(document)
        return
    out.print("The demo is loaded already and is not loaded twice; for another one set PAS_HOME to an empty folder.")
    tell_logins(document["logins"])
