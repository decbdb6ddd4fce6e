"""The API's description is true: whatever it allows is answered as it says, and nothing at all breaks the service."""

import os
from collections import Counter
from typing import Any

import pytest
import schemathesis
from fastapi import FastAPI
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from schemathesis import Case
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from pas.access import roles_of
from pas.api.problems import Problem
from pas.app import create_app
from pas.db import Database
from tests.test_every_route import doors_of
from tests.world import Identity, World, found

EXAMPLES = int(os.environ.get("PAS_OPENAPI_EXAMPLES", "12"))
"""How often each operation is tried by each identity; `make prove` tries more."""
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
ENDS_THE_LOGIN = {"/api/v1/logout"}


@pytest.fixture
def alpha(database: Database) -> World:
    return found(database, "alpha", "QZA")


@pytest.fixture
def app(database: Database, monkeypatch: pytest.MonkeyPatch) -> FastAPI:
    app = create_app(database)
    monkeypatch.setattr(app.state.requests, "count", lambda _visitor: None)
    monkeypatch.setattr(app.state.logins, "count", lambda _visitor: None)
    app.state.live.longest = 0.0  # an answer without end is not waited for
    return app


def test_every_operation_is_described_with_its_roles_and_refusals(app: FastAPI) -> None:
    document = app.openapi()
    for door in doors_of(app):
        if not door.path.startswith("/api/"):
            continue
        operation = document["paths"][door.path][door.method.lower()]
        assert operation["x-roles"] == sorted(door.roles or ()), str(door)
        assert operation["description"], str(door)
        assert bool(operation["security"]) == bool(door.roles), str(door)
        refusals = [answer for status, answer in operation["responses"].items() if status >= "400"]
        assert all(answer["content"].keys() == {"application/problem+json"} for answer in refusals), str(door)
        good = [answer for status, answer in operation["responses"].items() if status in {"200", "201"}]
        for answer in good:
            assert all(media.get("schema") for media in answer["content"].values()), str(door)
    assert document["components"]["schemas"]["Problem"]["properties"].keys() == Problem.model_fields.keys()


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
@pytest.mark.parametrize("name", ["administrator", "customer1", "nobody"])
def test_whatever_is_sent_is_answered_as_described(app: FastAPI, alpha: World, name: str) -> None:
    who = alpha.people.get(name)
    tried: Counter[str] = Counter()
    answered: Counter[str] = Counter()
    faults: dict[str, str] = {}
    schema = schemathesis.openapi.from_dict(app.openapi())
    schema.app = app
    for found_operation in schema.get_all_operations():
        operation = found_operation.ok()
        if operation.path not in ENDS_THE_LOGIN:
            _try(operation, who, alpha.first.ids, tried, answered, faults)

    print(f"{len(tried)} operations, {tried.total()} cases as {name}, answered {dict(answered)}")  # noqa: T201
    if who:
        me = TestClient(app).get("/api/v1/me", headers={"Authorization": f"Bearer {who.token}"})
        assert me.status_code == 200, "the login ended on the way, so that most doors stayed closed"
    assert not faults, "\n\n".join(f"{label}\n{fault}" for label, fault in faults.items())


def _try(
    operation: Any,
    who: Identity | None,
    ids: dict[str, str],
    tried: Counter[str],
    answered: Counter[str],
    faults: dict[str, str],
) -> None:
    @seed(2026)
    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        phases=(Phase.explicit, Phase.generate),
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(), real=st.booleans())
    def ask(case: Case, real: bool) -> None:  # noqa: FBT001
        if real:
            case.path_parameters = {**case.path_parameters, **_known(case.path_parameters, ids)}
            if isinstance(case.body, dict):
                case.body = {**case.body, **_known(case.body, ids)}
        tried[operation.label] += 1
        headers = {"Authorization": f"Bearer {who.token}"} if who else {}
        answer = case.call_and_validate(headers=headers, checks=CHECKS)
        answered[f"{answer.status_code}"] += 1

    try:
        ask()
    except Exception as fault:  # noqa: BLE001 - all faults are shown together
        faults[operation.label] = f"{type(fault).__name__}: {_told(fault)}"


def _told(fault: BaseException) -> str:
    inner = getattr(fault, "exceptions", ())
    return "\n".join(str(one) for one in inner) if inner else str(fault)


def _known(asked: Any, ids: dict[str, str]) -> dict[str, str]:
    return {name: ids[name] for name in asked or {} if name in ids}


def test_no_route_is_left_out_of_the_description(app: FastAPI) -> None:
    described = {(path, method.upper()) for path, methods in app.openapi()["paths"].items() for method in methods}
    doors = {(door.path, door.method) for door in doors_of(app) if door.path.startswith("/api/")}

    assert described == doors
    assert roles_of(None) is None
