"""The people of a tenant: who may log in, in which role, and never without an administrator."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field
from sqlmodel import Session, col, select

from lifecycle.actor import Actor
from lifecycle.label import Name
from lifecycle.record_audit import record_audit
from lifecycle.tables import CustomerRecord
from pas.login import end_logins
from pas.password import hashed
from pas.role import Role
from pas.tables import PersonRecord
from telemetry.refusal import Refusal
from telemetry.tables import tenant_of


class EmailTaken(Refusal):
    """Somebody of this tenant has this e-mail address."""


class UnknownPerson(Refusal):
    """There is no such person."""


class WrongPerson(Refusal):
    """Role and customer do not go together."""


class LastAdministrator(Refusal):
    """The tenant would be left without an administrator."""


def _lower(address: Any) -> Any:
    return address.strip().lower() if isinstance(address, str) else address


Email = Annotated[str, BeforeValidator(_lower), Field(max_length=254, pattern=r"^[^@\s\x00-\x1f]{1,64}@[^@\s]{1,189}$")]
"""An e-mail address, in lower case: what people type at the login."""
Language = Literal["nl", "fr", "en"]


class NewPerson(BaseModel):
    """A person to be let in."""

    model_config = ConfigDict(extra="forbid")

    email: Email
    name: Name = Field(min_length=1, max_length=200)
    role: Role
    language: Language = "en"
    customer_id: UUID | None = None


class PersonChange(BaseModel):
    """What changes about a person; what is not named stays."""

    model_config = ConfigDict(extra="forbid")

    name: Name | None = Field(default=None, min_length=1, max_length=200)
    role: Role | None = None
    language: Language | None = None
    customer_id: UUID | None = None
    disabled: bool | None = None


def add_person(
    session: Session,
    *,
    email: str,
    name: str,
    role: Role,
    language: Language = "en",
    customer_id: UUID | None = None,
    password: str,
    now: datetime,
    by: Actor,
) -> PersonRecord:
    """Let a person in.

    Raises EmailTaken, WrongPerson, PasswordTooShort and pydantic's ValidationError.
    """
    new = NewPerson(email=email, name=name, role=role, language=language, customer_id=customer_id)
    password_hash = hashed(password)
    _check_customer(session, new.role, new.customer_id)
    if session.exec(select(PersonRecord).where(PersonRecord.email == new.email)).first():
        sentence = f"somebody with the address {new.email} can log in already"
        raise EmailTaken(sentence, field="email")

    update = {"tenant_id": tenant_of(session), "password_hash": password_hash, "created_at": now}
    person = PersonRecord.model_validate(new.model_dump(), update=update)
    session.add(person)
    session.flush()
    _audit(session, "person added", None, person, now=now, by=by)
    return person


def change_person(session: Session, *, person_id: UUID, change: PersonChange, now: datetime, by: Actor) -> PersonRecord:
    """Change a person; a new role, a new customer or being disabled ends every login.

    Raises UnknownPerson, WrongPerson and LastAdministrator.
    """
    administrators = session.exec(_administrators().with_for_update()).all()
    person = session.exec(select(PersonRecord).where(PersonRecord.id == person_id)).first()
    if person is None:
        raise UnknownPerson("there is no such person")
    before = rights(person)

    for name, value in change.model_dump(exclude_unset=True, exclude={"disabled"}).items():
        if value is not None or name == "customer_id":
            setattr(person, name, value)
    if change.disabled is not None:
        person.disabled_at = (person.disabled_at or now) if change.disabled else None
    _check_customer(session, person.role, person.customer_id)
    if [admin.id for admin in administrators] == [person.id] and not _is_administrator(person):
        raise LastAdministrator("this is the last administrator; make another one first", field="role")

    if rights(person) != before:
        end_logins(session, person_id=person.id)
        _audit(session, "person changed", before, person, now=now, by=by)
    session.add(person)
    session.flush()
    return person


def reset_password(session: Session, *, person_id: UUID, password: str, now: datetime, by: Actor) -> PersonRecord:
    """Give somebody who forgot it a new password, wake a resting account, and end every login.

    Raises UnknownPerson and PasswordTooShort.
    """
    password_hash = hashed(password)
    person = session.exec(select(PersonRecord).where(PersonRecord.id == person_id)).first()
    if person is None:
        raise UnknownPerson("there is no such person")

    person.password_hash, person.failures, person.locked_until = password_hash, 0, None
    session.add(person)
    end_logins(session, person_id=person.id)
    _audit(session, "password reset", rights(person), person, now=now, by=by)
    return person


def rights(person: PersonRecord) -> dict[str, Any]:
    """Give what a person may do, as the audit covers it."""
    return {
        "email": person.email,
        "role": person.role.value,
        "customer_id": str(person.customer_id) if person.customer_id else None,
        "disabled": person.disabled_at is not None,
    }


def _administrators() -> Any:
    return (
        select(PersonRecord)
        .where(PersonRecord.role == Role.ADMINISTRATOR, col(PersonRecord.disabled_at).is_(None))
        .order_by(col(PersonRecord.id))
    )


def _is_administrator(person: PersonRecord) -> bool:
    return person.role is Role.ADMINISTRATOR and person.disabled_at is None


def _check_customer(session: Session, role: Role, customer_id: UUID | None) -> None:
    if role is Role.DEVICE:
        raise WrongPerson("a person is no device; devices have their own credentials", field="role")
    if (role is Role.CUSTOMER) != (customer_id is not None):
        raise WrongPerson("a customer's contact, and nobody else, belongs to a customer", field="customer_id")
    if customer_id and not session.exec(select(CustomerRecord).where(CustomerRecord.id == customer_id)).first():
        raise WrongPerson("there is no such customer", field="customer_id")


def _audit(
    session: Session, action: str, before: dict[str, Any] | None, person: PersonRecord, *, now: datetime, by: Actor
) -> None:
    record_audit(
        session, action=action, subject=f"person:{person.id}", before=before, after=rights(person), now=now, by=by
    )
