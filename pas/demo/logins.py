"""The people of the demo: one login for each role, with fresh random passwords each time they are asked for."""

from datetime import datetime
from typing import NamedTuple

from sqlmodel import Session, select

from lifecycle.actor import Actor
from lifecycle.tables import CustomerRecord
from pas.db import Database
from pas.login import end_logins
from pas.password import hashed
from pas.people import Language, add_person
from pas.role import Role
from pas.secret import new_password
from pas.tables import PersonRecord


class DemoPerson(NamedTuple):
    """Somebody who may log in to the demo."""

    email: str
    name: str
    role: Role
    language: Language
    customer: str = ""


PEOPLE = (
    DemoPerson("admin@maker.example", "Ada Administrator", Role.ADMINISTRATOR, "en"),
    DemoPerson("fleet@maker.example", "Flore Vloot", Role.FLEET_MANAGER, "nl"),
    DemoPerson("technician@maker.example", "Théo Technicien", Role.TECHNICIAN, "fr"),
    DemoPerson("finance@maker.example", "Fien Finance", Role.FINANCE, "en"),
    DemoPerson("contact@k016.example", "Klaas Klant", Role.CUSTOMER, "nl", "K016"),
    DemoPerson("contact@k017.example", "Claire Cliente", Role.CUSTOMER, "fr", "K017"),
    DemoPerson("contact@k021.example", "Laura Lightpoint", Role.CUSTOMER, "en", "K021"),
    DemoPerson("contact@k026.example", "Félix Quai", Role.CUSTOMER, "fr", "K026"),
)


class Login(NamedTuple):
    """A login as it is shown this once."""

    email: str
    role: str
    customer: str
    language: str
    password: str


def give_logins(database: Database, tenant_id: int, *, now: datetime, by: Actor) -> list[Login]:
    """Let the demo's people in; those who were let in before get a new password, and their logins end."""
    logins = []
    for person in PEOPLE:
        password = new_password()
        with database.writing(tenant_id) as session:
            known = session.exec(select(PersonRecord).where(PersonRecord.email == person.email)).first()
            if known is None:
                _add(session, person, password, now=now, by=by)
            else:
                known.password_hash = hashed(password)
                session.add(known)
                end_logins(session, person_id=known.id)
        logins.append(Login(person.email, person.role.value, person.customer, person.language, password))
    return logins


def _add(session: Session, person: DemoPerson, password: str, *, now: datetime, by: Actor) -> None:
    customer = session.exec(select(CustomerRecord.id).where(CustomerRecord.code == person.customer)).first()
    add_person(
        session,
        email=person.email,
        name=person.name,
        role=person.role,
        language=person.language,
        customer_id=customer if person.customer else None,
        password=password,
        now=now,
        by=by,
    )
