"""The people of a tenant over HTTP, for its administrators."""

from datetime import datetime
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import BaseModel
from sqlmodel import select

from pas import clock, people
from pas.access import Asking, Reading, Writing, may
from pas.api.paging import Cursor, Limit, Page, page
from pas.api.problems import problems
from pas.people import NewPerson, PersonChange
from pas.role import Role
from pas.secret import new_password
from pas.tables import PersonRecord

router = APIRouter(prefix="/people", tags=["people"])


class Person(BaseModel):
    """Somebody who may log in, or might once."""

    id: UUID
    email: str
    name: str
    role: Role
    language: str
    customer_id: UUID | None
    disabled_at: datetime | None
    created_at: datetime


class PersonWithPassword(Person):
    """Somebody new, with the first password, which is shown this once."""

    password: str


@router.get("")
@may(Role.ADMINISTRATOR)
def list_people(_caller: Asking, session: Reading, limit: Limit = 50, cursor: Cursor = None) -> Page[Person]:
    """List people by e-mail address."""
    by = (PersonRecord.email, PersonRecord.id)
    found, next_cursor = page(session, select(PersonRecord), by=by, cursor=cursor, limit=limit)
    return Page(items=[_shown(person) for person in found], next_cursor=next_cursor)


@router.post("", status_code=201)
@may(Role.ADMINISTRATOR)
def add_person(new: NewPerson, response: Response, caller: Asking, session: Writing) -> PersonWithPassword:
    """Let somebody in; the answer holds the first password, which is shown this once."""
    password = new_password()
    person = people.add_person(session, **new.model_dump(), password=password, now=clock.now(), by=caller.actor)
    response.headers["Cache-Control"] = "no-store"
    return PersonWithPassword(**_shown(person).model_dump(), password=password)


@router.patch("/{person_id}", responses=problems(404))
@may(Role.ADMINISTRATOR)
def change_person(person_id: UUID, change: PersonChange, caller: Asking, session: Writing) -> Person:
    """Change a person's name, language, role or customer, or shut them out."""
    return _shown(people.change_person(session, person_id=person_id, change=change, now=clock.now(), by=caller.actor))


@router.post("/{person_id}/password", status_code=201, responses=problems(404))
@may(Role.ADMINISTRATOR)
def reset_password(person_id: UUID, response: Response, caller: Asking, session: Writing) -> PersonWithPassword:
    """Give somebody a new password, which is shown this once; every login of theirs ends."""
    password = new_password()
    person = people.reset_password(session, person_id=person_id, password=password, now=clock.now(), by=caller.actor)
    response.headers["Cache-Control"] = "no-store"
    return PersonWithPassword(**_shown(person).model_dump(), password=password)


def _shown(person: PersonRecord) -> Person:
    return Person.model_validate(person, from_attributes=True)
