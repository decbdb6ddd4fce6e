"""Who is asking, for which tenant, and whether they may: nothing is allowed that a route does not declare."""

import hashlib
from collections.abc import Callable, Iterator
from typing import Annotated, NamedTuple, TypeVar
from uuid import UUID

from fastapi import Depends, Request
from sqlmodel import Session, and_, col, select

from lifecycle.actor import Actor
from pas import clock
from pas.db import Database
from pas.role import Role
from pas.tables import PersonRecord, SessionRecord
from telemetry.refusal import Refusal

F = TypeVar("F", bound=Callable[..., object])

COOKIE = "__Host-pas"

STAFF = (Role.ADMINISTRATOR, Role.FLEET_MANAGER, Role.TECHNICIAN, Role.FINANCE)
"""Everybody who works for the tenant."""
EVERYBODY = (*STAFF, Role.CUSTOMER)
"""Everybody with a login; what a customer sees is narrowed to the customer's own by each query."""


class NotLoggedIn(Refusal):
    """We do not know who is asking."""


class NotAllowed(Refusal):
    """We know who is asking, and the role does not allow it."""


class Caller(NamedTuple):
    """Who is asking."""

    tenant_id: int
    actor: Actor
    role: Role
    language: str = "en"
    customer_id: UUID | None = None
    """Set for a customer's contact: only this customer's assets, alerts, contracts and invoices exist for them."""


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


def digest(secret: str) -> str:
    """Give the SHA-256 under which a random token is kept and looked up."""
    return hashlib.sha256(secret.encode()).hexdigest()


def database(request: Request) -> Database:
    """Give the application's database."""
    db: Database = request.app.state.database
    return db


def who_is_asking(request: Request, db: Annotated[Database, Depends(database)]) -> Caller:
    """Find the caller by bearer token or cookie and hold the route's declaration against the role.

    Raises NotLoggedIn and NotAllowed.
    """
    roles = roles_of(request.scope.get("route"))
    caller = _caller(request, db)
    if not roles or caller.role not in roles:
        sentence = f"your role, {caller.role.value}, does not allow this"
        raise NotAllowed(sentence)
    return caller


def _caller(request: Request, db: Database) -> Caller:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if not scheme:
        token = request.cookies.get(COOKIE, "")
    elif scheme.lower() != "bearer":
        raise NotLoggedIn("the Authorization header must read `Bearer TOKEN`")
    if not token:
        raise NotLoggedIn("log in first, or send a token")
    with db.at_the_door() as session:
        found = session.exec(
            select(SessionRecord, PersonRecord)
            .join(
                PersonRecord,
                and_(
                    col(PersonRecord.tenant_id) == SessionRecord.tenant_id,
                    col(PersonRecord.id) == SessionRecord.person_id,
                ),
            )
            .where(SessionRecord.token_hash == digest(token), SessionRecord.expires_at > clock.now())
        ).first()
    if found is None:
        raise NotLoggedIn("this login has ended; log in again")
    person = found[1]
    actor = Actor(kind="person", name=person.email, id=person.id)
    return Caller(person.tenant_id, actor, person.role, person.language, person.customer_id)


def _reading(caller: "Asking", db: Annotated[Database, Depends(database)]) -> Iterator[Session]:
    with db.reading(caller.tenant_id) as session:
        yield session


def _writing(caller: "Asking", db: Annotated[Database, Depends(database)]) -> Iterator[Session]:
    with db.writing(caller.tenant_id) as session:
        yield session


Asking = Annotated[Caller, Depends(who_is_asking)]
"""Parameter type of a route: who is asking."""
Reading = Annotated[Session, Depends(_reading, scope="function")]
"""Parameter type of a route: a session that reads for the caller's tenant."""
Writing = Annotated[Session, Depends(_writing, scope="function")]
"""Parameter type of a route: a session whose work is committed before the answer leaves."""
