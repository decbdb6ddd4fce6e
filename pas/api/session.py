"""Log in and out over HTTP, and ask who one is."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from pas import clock, login
from pas.access import EVERYBODY, Asking, NotAllowed, Writing, database, may
from pas.api.problems import problems
from pas.db import Database
from pas.password import LONGEST
from pas.role import Role

router = APIRouter(tags=["login"])


class Credentials(BaseModel):
    """What a person types to log in; `organisation` is the tenant's slug."""

    model_config = ConfigDict(extra="forbid")

    organisation: str = Field(min_length=1, max_length=60)
    email: str = Field(min_length=1, max_length=254)
    password: str = Field(min_length=1, max_length=LONGEST)


class Token(BaseModel):
    """A login: send the token as `Authorization: Bearer TOKEN`."""

    token: str
    expires_at: datetime


class Me(BaseModel):
    """Who is asking."""

    name: str
    role: Role
    language: str
    customer_id: UUID | None


class NewPassword(BaseModel):
    """The present password and the one to come."""

    model_config = ConfigDict(extra="forbid")

    old: str = Field(min_length=1, max_length=LONGEST)
    new: str = Field(min_length=1, max_length=LONGEST)


@router.post("/login", responses=problems(401, 429))
@may()
def log_in(
    credentials: Credentials, request: Request, response: Response, db: Annotated[Database, Depends(database)]
) -> Token:
    """Begin a login for a program that acts as a person."""
    request.app.state.logins.count(request.client.host if request.client else "nowhere")
    begun = login.log_in(db, **credentials.model_dump(), kind="bearer", now=clock.now())
    response.headers["Cache-Control"] = "no-store"
    return Token(token=begun.token, expires_at=begun.expires_at)


@router.post("/logout", status_code=204)
@may(*EVERYBODY)
def log_out(caller: Asking, session: Writing) -> None:
    """End this login. A program's key is not ended by this: revoke it."""
    if caller.session_id is not None:
        login.log_out(session, session_id=caller.session_id)


@router.get("/me")
@may(*Role)
def me(caller: Asking) -> Me:
    """Say who is asking."""
    return Me(name=caller.actor.name, role=caller.role, language=caller.language, customer_id=caller.customer_id)


@router.post("/me/password", status_code=204)
@may(*EVERYBODY)
def change_password(
    passwords: NewPassword, request: Request, caller: Asking, db: Annotated[Database, Depends(database)]
) -> None:
    """Change one's own password; every other login of the person ends. Only a login may do this, no key."""
    if caller.session_id is None or caller.person_id is None:
        raise NotAllowed("only a person who is logged in changes a password, no program's key")
    request.app.state.logins.count(f"password:{caller.person_id}")
    login.change_password(
        db,
        tenant_id=caller.tenant_id,
        person_id=caller.person_id,
        old=passwords.old,
        new=passwords.new,
        session_id=caller.session_id,
    )
