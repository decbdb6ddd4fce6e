"""`pas person`: the people who may log in."""

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import typer

from pas.role import Role
from pas.terminal import AsJson, TenantSlug, out, print_json, print_table, refuses

if TYPE_CHECKING:
    from sqlmodel import Session

app = typer.Typer(no_args_is_help=True, help="The people who may log in.")


class Language(StrEnum):
    """A language that we speak."""

    NL = "nl"
    FR = "fr"
    EN = "en"


@app.command()
@refuses
def add(
    email: str,
    role: Annotated[Role, typer.Option("--role")],
    name: Annotated[str, typer.Option("--name", help="How the person is called.")],
    *,
    customer: Annotated[str | None, typer.Option("--customer", help="Code of the customer, for a contact.")] = None,
    language: Annotated[Language, typer.Option("--language")] = Language.EN,
    as_json: AsJson = False,
    tenant: TenantSlug = None,
) -> None:
    """Let a person in, with a fresh random password that is printed this once."""
    from pas.commands.frame import writing
    from pas.people import add_person
    from pas.secret import new_password

    password = new_password()
    with writing(tenant) as work:
        person = add_person(
            work.session,
            email=email,
            name=name,
            role=role,
            language=language.value,
            customer_id=_customer(work.session, customer),
            password=password,
            now=work.now,
            by=work.by,
        )
    if as_json:
        print_json({"id": person.id, "email": person.email, "role": person.role.value, "password": password})
    else:
        out.print(f"{person.email} may log in as {person.role.value}; password, shown this once: {password}")


@app.command("list")
@refuses
def list_people(*, as_json: AsJson = False, tenant: TenantSlug = None) -> None:
    """List the people."""
    from sqlmodel import select

    from pas.commands.frame import reading
    from pas.tables import PersonRecord

    with reading(tenant) as work:
        rows = [
            {
                "email": person.email,
                "name": person.name,
                "role": person.role.value,
                "language": person.language,
                "disabled_at": person.disabled_at,
            }
            for person in work.session.exec(select(PersonRecord).order_by(PersonRecord.email))
        ]
    if as_json:
        print_json(rows)
    else:
        print_table("People", rows)


@app.command()
@refuses
def reset(email: str, *, as_json: AsJson = False, tenant: TenantSlug = None) -> None:
    """Give somebody a new random password, printed this once; every login of theirs ends."""
    from sqlmodel import select

    from pas.commands.frame import writing
    from pas.people import UnknownPerson, reset_password
    from pas.secret import new_password
    from pas.tables import PersonRecord

    password = new_password()
    with writing(tenant) as work:
        found = select(PersonRecord.id).where(PersonRecord.email == email.strip().lower())
        person_id = work.session.exec(found).first()
        if person_id is None:
            sentence = f"nobody with the address {email} can log in"
            raise UnknownPerson(sentence, field="email")
        person = reset_password(work.session, person_id=person_id, password=password, now=work.now, by=work.by)
    if as_json:
        print_json({"id": person.id, "email": person.email, "password": password})
    else:
        out.print(f"{person.email} may log in again; password, shown this once: {password}")


def _customer(session: "Session", code: str | None) -> UUID | None:
    from sqlmodel import select

    from lifecycle.tables import CustomerRecord
    from pas.people import WrongPerson

    if code is None:
        return None
    found = session.exec(select(CustomerRecord.id).where(CustomerRecord.code == code)).first()
    if found is None:
        sentence = f"there is no customer with the code {code}"
        raise WrongPerson(sentence, field="customer")
    return found
