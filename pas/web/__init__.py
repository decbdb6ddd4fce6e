"""The pages: made by the server, in the reader's language, whole without scripts."""

import json
from collections.abc import Callable
from typing import Any

from fastapi import APIRouter, Depends, FastAPI, Request, Response

from pas.access import NotLoggedIn, nobody_undeclared
from pas.careful import careful
from pas.web import (
    alerts_page,
    answer,
    books_page,
    fleet_page,
    invoices_page,
    login,
    pages,
    public_report,
    tech,
    tech_decisions,
)
from pas.web.page import failed, static_files, to_login

PAGES: tuple[APIRouter, ...] = (
    login.router,
    fleet_page.router,
    pages.router,
    alerts_page.router,
    books_page.router,
    invoices_page.router,
    answer.router,
    public_report.router,
    tech.router,
    tech_decisions.router,
    public_report.sent,
)
"""Every router of the pages."""
_API = "/api/"


def add_pages(app: FastAPI) -> None:
    """Add the pages to an application that knows how to answer errors; outside the API it answers them in words."""
    for router in PAGES:
        app.include_router(careful(router), dependencies=[Depends(nobody_undeclared)])
    app.mount("/static", static_files())
    for kind, handler in list(app.exception_handlers.items()):
        app.add_exception_handler(kind, _in_words(handler))


def _in_words(answer: Callable[..., Any]) -> Callable[..., Any]:
    """Turn a problem document into a page for whoever reads pages, and send to the login who is not logged in."""

    async def answer_in_words(request: Request, error: Exception) -> Response:
        response: Response = await answer(request, error)
        if request.url.path.startswith(_API) or not response.media_type or "problem" not in response.media_type:
            return response
        if isinstance(error, NotLoggedIn):
            return to_login(request)
        page = failed(request, response.status_code, json.loads(bytes(response.body))["code"])
        for name, value in response.headers.items():
            page.headers.setdefault(name, value)
        return page

    return answer_in_words
