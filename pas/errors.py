"""Every error leaves us as a problem document: in words, without what was sent to us, without our insides."""

from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, OperationalError
from starlette.exceptions import HTTPException

from pas.faults import in_words
from pas.headers import SAFE_HEADERS
from pas.idempotency import AnsweredBefore
from pas.log import logger
from pas.refusals import problem, status_of
from telemetry.refusal import Refusal

PROBLEM = "application/problem+json"
AGAIN_IN = "5"
"""Seconds after which a busy database is worth another try."""
_BUSY = frozenset({"40001", "40P01", "55P03", "57P03", "53300", "57014"})
"""PostgreSQL's own codes: could not serialise, deadlock, lock not available, starting up, full, took too long."""

_log = logger("pas")


def answer_errors(app: FastAPI) -> None:
    """Give each kind of error its answer."""
    app.add_exception_handler(Refusal, _refused)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(AnsweredBefore, _answered_before)
    app.add_exception_handler(IntegrityError, _collided)
    app.add_exception_handler(DataError, _out_of_range)
    app.add_exception_handler(OverflowError, _out_of_range)
    app.add_exception_handler(OperationalError, _database)
    app.add_exception_handler(DBAPIError, _database)
    app.add_exception_handler(Exception, _broken)


def problem_of(status: int, code: str, detail: str, headers: dict[str, str] | None = None) -> JSONResponse:
    """Answer with a problem that is no refusal of ours."""
    body = {
        "type": f"/problems/{code}",
        "title": code.replace("-", " "),
        "status": status,
        "detail": detail,
        "code": code,
        "errors": [],
        "facts": {},
    }
    return _answer(status, body, headers)


def _answer(status: int, body: dict[str, Any], headers: dict[str, str] | None = None) -> JSONResponse:
    return JSONResponse(body, status_code=status, headers=headers, media_type=PROBLEM)


async def _refused(_request: Request, error: Exception) -> Response:
    assert isinstance(error, Refusal)  # noqa: S101 - registered for this class only
    status, headers = status_of(error), {}
    if status == 401:  # noqa: PLR2004 - HTTP's own number
        headers["WWW-Authenticate"] = "Bearer"
    if "retry_after" in error.facts:
        headers["Retry-After"] = str(error.facts["retry_after"])
    return _answer(status, problem(error), headers)


async def _invalid(_request: Request, error: Exception) -> Response:
    """Answer without echoing the input: NaN and lone surrogates in it would not survive JSON."""
    assert isinstance(error, RequestValidationError)  # noqa: S101
    errors = [
        {"field": ".".join(str(step) for step in found["loc"]), "message": in_words(found)} for found in error.errors()
    ]
    body = {
        "type": "/problems/invalid-input",
        "title": "invalid input",
        "status": 422,
        "detail": "some fields are missing or wrong",
        "code": "invalid-input",
        "errors": errors,
        "facts": {},
    }
    return _answer(422, body)


async def _http(_request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101
    codes = {400: "unreadable", 404: "not-found", 405: "method-not-allowed", 413: "too-large"}
    code = codes.get(error.status_code, "http-error")
    return problem_of(error.status_code, code, str(error.detail), dict(error.headers or {}))


async def _answered_before(_request: Request, error: Exception) -> Response:
    assert isinstance(error, AnsweredBefore)  # noqa: S101
    headers = {"Idempotent-Replayed": "true"} | ({"Location": error.location} if error.location else {})
    media_type = "application/json" if error.body else None
    return Response(error.body, status_code=error.status, headers=headers, media_type=media_type)


async def _collided(request: Request, error: Exception) -> Response:
    """Answer a rule of the database that was broken: mostly two who did the same at the same moment."""
    _log.warning("collided", path=request.url.path, error=type(error).__name__, cause=_cause(error))
    return problem_of(409, "collision", "this contradicts what is there, or somebody was quicker; load it again")


async def _out_of_range(request: Request, error: Exception) -> Response:
    _log.warning("out of range", path=request.url.path, error=type(error).__name__)
    return problem_of(422, "out-of-range", "a number, a date or a text goes beyond what can be kept")


async def _database(request: Request, error: Exception) -> Response:
    """Tell a busy database, which is worth another try, from a broken one."""
    cause = getattr(error, "orig", None)
    busy = getattr(cause, "sqlstate", None) in _BUSY or "locked" in str(cause) or isinstance(error, OperationalError)
    if not busy:
        return await _broken(request, error)
    _log.warning("database busy", path=request.url.path, cause=_cause(error))
    return problem_of(503, "busy", "the database is busy; try again in a moment", {"Retry-After": AGAIN_IN})


async def _broken(request: Request, error: Exception) -> Response:
    """Log what happened, and say nothing of it to whoever asked."""
    _log.error("unexpected error", path=request.url.path, method=request.method, exc_info=error)
    return problem_of(500, "unexpected", "something went wrong on our side; it was written down", SAFE_HEADERS)


def _cause(error: Exception) -> str:
    """Give the kind of what the driver said, not its text, which may hold data."""
    cause = getattr(error, "orig", None)
    return getattr(cause, "sqlstate", None) or getattr(cause, "sqlite_errorname", None) or type(cause).__name__
