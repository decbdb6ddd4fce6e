"""Who is asking, for which tenant, and whether they may: nothing is allowed that a route does not declare."""

from collections.abc import Callable, Iterator
from typing import Annotated, TypeVar

from fastapi import Depends, Request
from sqlmodel import Session
from starlette.concurrency import run_in_threadpool

from pas import clock, identify
from pas.caller import Caller
from pas.db import Database
from pas.idempotency import answered_once
from pas.known_callers import KnownCallers, edition
from pas.rate_limit import RateLimit
from pas.role import Role
from pas.secret import digest
from pas.settings import settings
from telemetry.refusal import Refusal

__all__ = (
    "EVERYBODY",
    "STAFF",
    "Asking",
    "Caller",
    "NotAllowed",
    "NotLoggedIn",
    "Reading",
    "Writing",
    "admit",
    "answers_once",
    "cookie_name",
    "database",
    "digest",
    "is_foreign",
    "may",
    "nobody_undeclared",
    "roles_of",
    "who_is_asking",
    "writes",
)

F = TypeVar("F", bound=Callable[..., object])

STAFF = (Role.ADMINISTRATOR, Role.FLEET_MANAGER, Role.TECHNICIAN, Role.FINANCE)
"""Everybody who works for the tenant."""
EVERYBODY = (*STAFF, Role.CUSTOMER)
"""Everybody with a login; what a customer sees is narrowed to the customer's own by each query."""
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_FROM = frozenset({"sec-fetch-site", "origin"})
"""Headers by which a browser says from where a request comes."""


class NotLoggedIn(Refusal):
    """We do not know who is asking."""


class NotAllowed(Refusal):
    """We know who is asking, and the role does not allow it."""


class ForeignPage(Refusal):
    """A page of another site tried to act in the name of whoever is looking at it."""


def may(*roles: Role) -> Callable[[F], F]:
    """Declare who may use a route; put it directly above the function. No roles means everybody, without login."""

    def mark(route: F) -> F:
        route.__dict__["roles"] = frozenset(roles)
        return route

    return mark


def roles_of(route: object) -> frozenset[Role] | None:
    """Give the roles a route declares, empty for a public one, None for one that declares nothing."""
    endpoint = getattr(route, "endpoint", None)
    return getattr(endpoint, "roles", None)


def cookie_name() -> str:
    """Name the login's cookie: browsers keep `__Host-` cookies to this very host, but only over https."""
    return "__Host-pas" if settings().public_url.startswith("https://") else "pas"


def database(request: Request) -> Database:
    """Give the application's database."""
    db: Database = request.app.state.database
    return db


def who_is_asking(request: Request, db: Annotated[Database, Depends(database)]) -> Caller:
    """Find the caller by bearer token or cookie and hold the route's declaration against the role.

    Raises NotLoggedIn, NotAllowed, ForeignPage and TooManyRequests.
    """
    caller = _caller(request, db)
    requests: RateLimit = request.app.state.requests
    requests.count(f"{caller.tenant_id}:{caller.actor.kind}:{caller.actor.id}")
    if caller.role not in (roles_of(request.scope.get("route")) or ()):
        sentence = f"your role, {caller.role.value}, does not allow this"
        raise NotAllowed(sentence)
    return caller


def nobody_undeclared(request: Request, db: Annotated[Database, Depends(database)]) -> None:
    """Hold every route of the API against its declaration, also one whose function asks for no caller.

    Raises NotAllowed where nothing is declared, else what `who_is_asking` raises.
    """
    roles = roles_of(request.scope.get("route"))
    if roles is None:
        raise NotAllowed("this route does not say who may use it, so nobody may")
    if roles and not hasattr(request.state, "caller"):
        request.state.caller = who_is_asking(request, db)


async def admit(request: Request) -> None:
    """Hold a route of the API against its declaration as `nobody_undeclared` does, without a thread for known callers.

    Raises what `nobody_undeclared` raises.
    """
    token = _bearer(request)
    if token is not None and _known(request).find(token, now=clock.now()) is not None:
        nobody_undeclared(request, database(request))
    else:
        await run_in_threadpool(nobody_undeclared, request, database(request))


def _known(request: Request) -> KnownCallers:
    known: KnownCallers = request.app.state.known_callers
    return known


def _bearer(request: Request) -> str | None:
    """Give the token of the Authorization header, empty where it reads otherwise, None where there is no header."""
    header = request.headers.get("authorization")
    if header is None:
        return None
    scheme, _, token = header.partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def _by_header(request: Request, db: Database, token: str) -> Caller | None:
    """Find who sent a bearer token: known from a moment ago, or looked up."""
    known, now, before = _known(request), clock.now(), edition()
    caller = known.find(token, now=now)
    if caller is None:
        caller = identify.by_header(db, token=token, now=now)
        if caller is not None:
            known.keep(token, caller, now=now, edition=before)
    return caller


def _caller(request: Request, db: Database) -> Caller:
    token = _bearer(request)
    if token is not None:
        if not token:
            raise NotLoggedIn("the Authorization header must read `Bearer TOKEN`")
        caller = _by_header(request, db, token)
    else:
        token = request.cookies.get(cookie_name(), "")
        if not token:
            raise NotLoggedIn("log in first, or send a token")
        _refuse_foreign_page(request)
        caller = identify.by_cookie(db, token=token, now=clock.now())
    if caller is None:
        raise NotLoggedIn("this login or key is not valid, or no longer; log in again")
    return caller


def _refuse_foreign_page(request: Request) -> None:
    """Let a cookie act only for our own pages: browsers say from which site a request comes."""
    if request.method in _SAFE:
        return
    if is_foreign(request) or _FROM.isdisjoint(request.headers.keys()):
        raise ForeignPage("a cookie counts only for requests from our own pages; programs send a token")


def is_foreign(request: Request) -> bool:
    """Tell whether a browser says that a page of another site sends this; a program says nothing."""
    site, origin = request.headers.get("sec-fetch-site"), request.headers.get("origin")
    if site is not None:
        return site not in {"same-origin", "none"}
    return origin is not None and origin.partition("://")[2] != request.headers.get("host")


def _asking(request: Request, db: Annotated[Database, Depends(database)]) -> Caller:
    if not hasattr(request.state, "caller"):
        request.state.caller = who_is_asking(request, db)
    caller: Caller = request.state.caller
    return caller


def _reading(caller: "Asking", db: Annotated[Database, Depends(database)]) -> Iterator[Session]:
    with db.reading(caller.tenant_id) as session:
        yield session


def _writing(request: Request, caller: "Asking", db: Annotated[Database, Depends(database)]) -> Iterator[Session]:
    with db.writing(caller.tenant_id) as session, answered_once(request, session, caller, now=clock.now()):
        yield session


def answers_once(route: F) -> F:
    """Mark a route that sees by itself that a thing is done once under an `Idempotency-Key`."""
    route.__dict__["answers_once"] = True
    return route


def writes(route: object) -> bool:
    """Tell whether a route does a thing once under an `Idempotency-Key`, as each does that has a `Writing` session."""
    needed = getattr(getattr(route, "dependant", None), "dependencies", ())
    return hasattr(getattr(route, "endpoint", None), "answers_once") or any(one.call is _writing for one in needed)


Asking = Annotated[Caller, Depends(_asking)]
"""Parameter type of a route: who is asking."""
Reading = Annotated[Session, Depends(_reading, scope="function")]
"""Parameter type of a route: a session that reads for the caller's tenant."""
Writing = Annotated[Session, Depends(_writing, scope="function")]
"""Parameter type of a route: a session whose work is committed before the answer leaves."""
