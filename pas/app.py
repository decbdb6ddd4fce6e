"""The application: routes, one form for every error, and the headers that keep browsers safe."""

from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from pas.api import ROUTERS
from pas.db import Database
from pas.refusals import problem, status_of
from telemetry.refusal import Refusal

PROBLEM = "application/problem+json"


def create_app(database: Database) -> FastAPI:
    """Build the application over a database whose schema is in place."""
    app = FastAPI(title="pas", version="0.1.0", docs_url=None, redoc_url=None, openapi_url="/api/v1/openapi.json")
    app.state.database = database
    app.add_exception_handler(Refusal, _refused)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)
    for router in ROUTERS:
        app.include_router(router, prefix="/api/v1")
    return app


def _answer(status: int, body: dict[str, Any], headers: dict[str, str] | None = None) -> JSONResponse:
    return JSONResponse(body, status_code=status, headers=headers, media_type=PROBLEM)


async def _refused(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, Refusal)  # noqa: S101 - registered for this class only
    return _answer(status_of(error), problem(error))


async def _invalid(_request: Request, error: Exception) -> JSONResponse:
    """Answer without echoing the input: NaN and lone surrogates in it would not survive JSON."""
    assert isinstance(error, RequestValidationError)  # noqa: S101
    errors = [
        {"field": ".".join(str(step) for step in found["loc"]), "message": found["msg"]} for found in error.errors()
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


async def _http(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)  # noqa: S101
    code = {404: "not-found", 405: "method-not-allowed"}.get(error.status_code, "http-error")
    body = {
        "type": f"/problems/{code}",
        "title": code.replace("-", " "),
        "status": error.status_code,
        "detail": str(error.detail),
        "code": code,
        "errors": [],
        "facts": {},
    }
    return _answer(error.status_code, body, dict(error.headers or {}))
