"""The page behind a link in a message: looking changes nothing, one button answers, and no login is asked for."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Request, Response

from pas import clock
from pas.access import database, may
from pas.alert_letter import subject_of
from pas.answer_by_link import Asked, answer_by_link, asked_by_link
from pas.answer_link import read_link
from pas.db import Database
from pas.web.page import render
from pas.words import Words

router = APIRouter(include_in_schema=False)

Db = Annotated[Database, Depends(database)]
Token = Annotated[str, Path(max_length=300)]


@router.get("/a/{token}")
@may()
def ask(request: Request, db: Db, token: Token) -> Response:
    """Show what the link would say, and one button; mail scanners that open links answer nothing by that."""
    with db.reading(read_link(token).tenant_id) as session:
        asked = asked_by_link(session, token=token, now=clock.now())
        return _page(request, asked, done=False, over=0)


@router.post("/a/{token}")
@may()
def answer(request: Request, db: Db, token: Token) -> Response:
    """Say it. Mail programs post here too, when their reader wants no more mail (RFC 8058)."""
    with db.writing(read_link(token).tenant_id) as session:
        answered = answer_by_link(session, token=token, now=clock.now())
        only_over = answered.over if not answered.taken else 0
        return _page(request, answered.asked, done=True, over=only_over)


def _page(request: Request, asked: Asked, *, done: bool, over: int) -> Response:
    words = Words(asked.message.language)
    return render(
        request,
        "answer.html",
        caller=None,
        said=asked.said.value,
        subject=subject_of(asked.message.content, words),
        done=done,
        over=over,
    )
