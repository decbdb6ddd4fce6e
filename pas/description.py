"""The API's description (OpenAPI), complete and true: who may use what, and how each may be refused."""

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.routing import iter_route_contexts

from pas.access import roles_of, writes
from pas.api.problems import MEANING, Problem
from pas.errors import PROBLEM
from pas.idempotency import HEADER, LONGEST

_SCHEMA = {"$ref": "#/components/schemas/Problem"}
_FIRST_REFUSAL = 400
_TOKENS = {
    "token": {
        "type": "http",
        "scheme": "bearer",
        "description": "The token of a login, a program's key `pas_...` or a device's secret `pasd_...`.",
    },
    "cookie": {"type": "apiKey", "in": "cookie", "name": "__Host-pas", "description": "The login of a page."},
}
_ONCE = {
    "name": HEADER,
    "in": "header",
    "required": False,
    "description": "Sent again with the same body, the first answer is given again and nothing is done twice.",
    "schema": {"type": "string", "minLength": 1, "maxLength": LONGEST, "pattern": "^[!-~]+$"},
}


def described(app: FastAPI) -> dict[str, Any]:
    """Give the OpenAPI document."""
    document = get_openapi(title=app.title, version=app.version, description=app.description, routes=app.routes)
    components = document.setdefault("components", {})
    components["securitySchemes"] = _TOKENS
    schemas = components.setdefault("schemas", {})
    schemas["Problem"] = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
    schemas.update(schemas["Problem"].pop("$defs"))
    for path, method, roles, once in _declared(app):
        operation = document.get("paths", {}).get(path, {}).get(method)
        if operation is not None:
            if once:
                operation.setdefault("parameters", []).append(_ONCE)
            _complete(operation, path, method, roles)
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    return document


def _declared(app: FastAPI) -> list[tuple[str, str, list[str], bool]]:
    return [
        (
            route.path_format or "",
            method.lower(),
            sorted(role.value for role in roles_of(route) or ()),
            method == "POST" and writes(route),
        )
        for route in iter_route_contexts(app.routes)
        for method in route.methods or ()
    ]


def _complete(operation: dict[str, Any], path: str, method: str, roles: list[str]) -> None:
    operation["x-roles"] = roles
    operation["security"] = [{name: []} for name in _TOKENS] if roles else []
    responses = operation["responses"]
    for status in _refusals(operation, path, method, roles):
        responses.setdefault(str(status), {"description": MEANING[status]})
    for status, response in responses.items():
        if status.isdigit() and int(status) >= _FIRST_REFUSAL:
            response["content"] = {PROBLEM: {"schema": _SCHEMA}}
    operation["responses"] = dict(sorted(responses.items()))


def _refusals(operation: dict[str, Any], path: str, method: str, roles: list[str]) -> set[int]:
    """Give the statuses by which any route like this one may refuse."""
    statuses = {503}
    if roles:
        statuses |= {401, 403, 429}
    if "parameters" in operation or "requestBody" in operation:
        statuses |= {400, 422}
    if "requestBody" in operation:
        statuses |= {413}
    if "{" in path:
        statuses |= {404}
    if method != "get":
        statuses |= {409}
    return statuses
