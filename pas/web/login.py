"""Coming in and going out."""

from typing import Annotated

from fastapi import APIRouter, Depends, Form, Query, Request, Response
from fastapi.responses import RedirectResponse
from sqlmodel import select

from pas import clock
from pas.access import EVERYBODY, Asking, ForeignPage, Writing, cookie_name, database, is_foreign, may
from pas.db import Database
from pas.login import LoggedIn, WrongLogin, log_in, log_out
from pas.rate_limit import RateLimit, TooManyRequests
from pas.refusals import status_of
from pas.settings import settings
from pas.web.page import LONGEST_WAY_BACK, render
from telemetry.refusal import Refusal
from telemetry.tables import TenantRecord

router = APIRouter(include_in_schema=False)

Db = Annotated[Database, Depends(database)]
After = Annotated[str, Query(alias="next", max_length=LONGEST_WAY_BACK)]
Field = Annotated[str, Form(max_length=300)]


@router.get("/login")
@may()
def ask(request: Request, db: Db, after: After = "") -> Response:
    """Show the login."""
    return _form(request, after=after, organisation=_only_tenant(db))


@router.post("/login")
@may()
def enter(
    request: Request, db: Db, organisation: Field = "", email: Field = "", password: Field = "", after: After = ""
) -> Response:
    """Log in, and go on to where the reader wanted to be; show the form again, with the reason, where that fails."""
    try:
        login = _try(request, db, organisation, email, password)
    except (WrongLogin, TooManyRequests) as refusal:
        return _form(request, after=after, organisation=organisation, email=email, refusal=refusal)
    response = RedirectResponse(_local(after), status_code=303)
    secure = cookie_name().startswith("__Host-")
    response.set_cookie(
        cookie_name(), login.token, settings().session_hours * 3600, httponly=True, samesite="lax", secure=secure
    )
    return response


@router.post("/logout")
@may(*EVERYBODY)
def leave(caller: Asking, session: Writing) -> Response:
    """End the login here and in the database."""
    if caller.session_id is not None:
        log_out(session, session_id=caller.session_id)
    response = RedirectResponse("/login", status_code=303)
    response.delete_cookie(cookie_name(), httponly=True, samesite="lax", secure=cookie_name().startswith("__Host-"))
    return response


def _try(request: Request, db: Database, organisation: str, email: str, password: str) -> LoggedIn:
    """Log in once the try is known to be of a page of ours and counted."""
    if is_foreign(request):
        raise ForeignPage("another site may not log anybody in here")
    tries: RateLimit = request.app.state.logins
    tries.count(request.client.host if request.client else "")
    return log_in(db, organisation=organisation, email=email, password=password, kind="cookie", now=clock.now())


def _form(
    request: Request, *, after: str, organisation: str, email: str = "", refusal: Refusal | None = None
) -> Response:
    response = render(
        request,
        "login.html",
        caller=None,
        status=_status(refusal),
        after=_local(after),
        organisation=organisation,
        email=email,
        code=refusal.code() if refusal else None,
    )
    if refusal and "retry_after" in refusal.facts:
        response.headers["Retry-After"] = str(refusal.facts["retry_after"])
    return response


def _status(refusal: Refusal | None) -> int:
    """Answer a wrong login with 422: a 401 would promise a challenge that browsers know how to answer."""
    if refusal is None:
        return 200
    return 422 if isinstance(refusal, WrongLogin) else status_of(refusal)


def _only_tenant(db: Database) -> str:
    """Give the organisation's short name where there is only one, so that nobody has to type it."""
    with db.looking_in() as session:
        slugs = session.exec(select(TenantRecord.slug).limit(2)).all()
    return slugs[0] if len(slugs) == 1 else ""


def _local(after: str) -> str:
    """Keep an address of ours; never lead anybody away from here."""
    inside = after.startswith("/") and not after.startswith(("//", "/\\")) and after.isascii() and after.isprintable()
    return after if inside else "/"
