"""In which form somebody wants an answer: `format=` says so, or else the Accept header."""

from enum import StrEnum
from typing import Annotated, Any

from fastapi import Depends, Header, Query


class Form(StrEnum):
    """How an answer is written."""

    JSON = "json"
    CSV = "csv"
    ARROW = "arrow"


MEDIA = {Form.JSON: "application/json", Form.CSV: "text/csv", Form.ARROW: "application/vnd.apache.arrow.stream"}


def files(*forms: Form) -> dict[int | str, dict[str, Any]]:
    """Describe the other forms of a route's answer: `@router.get(..., responses=files(Form.CSV))`."""
    return {200: {"content": {MEDIA[form]: {"schema": {"type": "string", "format": "binary"}} for form in forms}}}


def _wanted(
    form: Annotated[Form | None, Query(alias="format", description="Form of the answer; else by Accept.")] = None,
    accept: Annotated[str, Header(include_in_schema=False)] = "",
) -> Form:
    return form or _liked_best(accept)


WantedForm = Annotated[Form, Depends(_wanted)]
"""Parameter type of a route that answers in every form."""


def _liked_best(accept: str) -> Form:
    """Choose by an Accept header; JSON where it names nothing that we write.

    >>> _liked_best("text/csv"), _liked_best("text/html,*/*;q=0.8"), _liked_best("text/csv;q=0.1, application/json")
    (<Form.CSV: 'csv'>, <Form.JSON: 'json'>, <Form.JSON: 'json'>)
    """
    likings = dict(_liking(part) for part in accept.split(","))
    return max(Form, key=lambda form: next((likings[name] for name in _names(form) if name in likings), 0.0))


def _names(form: Form) -> tuple[str, str, str]:
    return MEDIA[form], f"{MEDIA[form].partition('/')[0]}/*", "*/*"


def _liking(part: str) -> tuple[str, float]:
    media, *parameters = (piece.strip().lower() for piece in part.split(";"))
    weight = next((piece[2:] for piece in parameters if piece.startswith("q=")), "1")
    return media, float(weight) if weight.replace(".", "", 1).isdecimal() else 0.0
