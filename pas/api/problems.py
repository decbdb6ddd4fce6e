"""The one form of every error (RFC 9457), as the API's description shows it."""

from typing import Any

from pydantic import BaseModel

MEANING = {
    400: "The request cannot be read.",
    401: "Nobody is logged in, or the token is not valid.",
    403: "The role does not allow this.",
    404: "There is no such thing, or it is not for you to see.",
    409: "This contradicts what is there; load it again.",
    413: "The body is too large.",
    415: "The body comes in a form that is not read here.",
    410: "It was kept once, and no longer is.",
    422: "Some fields are missing or wrong.",
    429: "Too many requests; `Retry-After` says when to come back.",
    503: "Busy or not ready; `Retry-After` says when to come back.",
}


class FieldError(BaseModel):
    """One field that is wrong."""

    field: str
    message: str


class Problem(BaseModel):
    """Why something was refused; `code` is for programs, `detail` for people."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    errors: list[FieldError]
    facts: dict[str, Any]


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Describe refusals of a route: `@router.post(..., responses=problems(404, 409))`."""
    return {status: {"model": Problem, "description": MEANING[status]} for status in statuses}
