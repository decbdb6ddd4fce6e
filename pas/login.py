"""Log a person in and out, slowly for those who guess.

A try takes several short transactions of its own: the failure must be kept although the answer is no, and nobody
waits for argon2 while a transaction is open.
"""

from datetime import datetime, timedelta
from typing import Literal, NamedTuple
from uuid import UUID

from sqlalchemy import delete, update
from sqlmodel import Session, col, select

from pas import secret
from pas.db import Database
from pas.password import hashed, is_right
from pas.settings import settings
from pas.tables import PersonRecord, SessionRecord
from telemetry.refusal import Refusal
from telemetry.tables import TenantRecord, tenant_of

FREE_TRIES = 5
"""So many wrong passwords cost nothing but time; after each further one the account rests, ever longer."""
FIRST_REST, LONGEST_REST = timedelta(minutes=1), timedelta(hours=1)


class WrongLogin(Refusal):
    """No login: which of the three is wrong, or whether the account rests, is not said."""


class LoggedIn(NamedTuple):
    """A login that began: the token to show to the person's browser or program, once, and when it ends."""

    token: str
    expires_at: datetime
    person: PersonRecord


def log_in(
    database: Database,
    *,
    organisation: str,
    email: str,
    password: str,
    kind: Literal["cookie", "bearer"],
    now: datetime,
) -> LoggedIn:
    """Begin a login of a person of a tenant (`organisation` is its slug).

    Raises WrongLogin.
    """
    person = _find(database, organisation, email)
    awake = person is not None and person.disabled_at is None and (person.locked_until or now) <= now
    right = is_right(password, person.password_hash if person and awake else None)

    if person is None or not awake:
        raise _wrong()
    with database.writing(person.tenant_id) as session:
        if right:
            return _begin(session, person.id, kind, now)
        _count_failure(session, person.id, now)
    raise _wrong()


def log_out(session: Session, *, session_id: UUID) -> None:
    """End a login; ending it twice is no harm."""
    session.execute(delete(SessionRecord).where(col(SessionRecord.id) == session_id))


def end_logins(session: Session, *, person_id: UUID, but: UUID | None = None) -> None:
    """End every login of a person, but perhaps the one that asks for it."""
    session.execute(
        delete(SessionRecord).where(col(SessionRecord.person_id) == person_id, col(SessionRecord.id) != but)
        if but
        else delete(SessionRecord).where(col(SessionRecord.person_id) == person_id)
    )


def change_password(
    database: Database, *, tenant_id: int, person_id: UUID, old: str, new: str, session_id: UUID | None
) -> None:
    """Give a person a new password for the old one, and end every other login.

    Raises WrongLogin and PasswordTooShort.
    """
    with database.reading(tenant_id) as session:
        kept = session.exec(select(PersonRecord.password_hash).where(PersonRecord.id == person_id)).first()
    if not is_right(old, kept):
        raise WrongLogin("the present password is not right", field="old")
    fresh = hashed(new)

    with database.writing(tenant_id) as session:
        session.execute(update(PersonRecord).where(col(PersonRecord.id) == person_id).values(password_hash=fresh))
        end_logins(session, person_id=person_id, but=session_id)


def _wrong() -> WrongLogin:
    return WrongLogin("organisation, e-mail or password is wrong, or there were too many tries; wait and try again")


def _find(database: Database, organisation: str, email: str) -> PersonRecord | None:
    with database.looking_in() as session:
        person = session.exec(
            select(PersonRecord)
            .join(TenantRecord, col(TenantRecord.id) == PersonRecord.tenant_id)
            .where(TenantRecord.slug == organisation.strip().lower(), PersonRecord.email == email.strip().lower())
        ).first()
        session.expunge_all()
    return person


def _begin(session: Session, person_id: UUID, kind: Literal["cookie", "bearer"], now: datetime) -> LoggedIn:
    session.execute(delete(SessionRecord).where(col(SessionRecord.expires_at) < now))
    token, ends = secret.new_secret(), now + timedelta(hours=settings().session_hours)
    session.add(
        SessionRecord(
            tenant_id=tenant_of(session),
            person_id=person_id,
            token_hash=secret.digest(token),
            kind=kind,
            created_at=now,
            seen_at=now,
            expires_at=ends,
        )
    )
    person = session.exec(select(PersonRecord).where(PersonRecord.id == person_id)).one()
    person.failures, person.locked_until = 0, None
    session.add(person)
    return LoggedIn(token, ends, person)


def _count_failure(session: Session, person_id: UUID, now: datetime) -> None:
    person = session.exec(select(PersonRecord).where(PersonRecord.id == person_id).with_for_update()).one()
    person.failures += 1
    beyond = person.failures - FREE_TRIES
    if beyond >= 0:
        person.locked_until = now + min(FIRST_REST * 2 ** min(beyond, 10), LONGEST_REST)
    session.add(person)
