"""What comes through the door and what leaves: strict input, safe headers, one form for every error."""

import importlib
import pkgutil
from typing import Any

import pytest
from fastapi import APIRouter, FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError

from pas import app as application
from pas.access import STAFF, Asking, may
from pas.api.health import NotReady
from pas.app import create_app
from pas.commands.serve import UnsafeSetting, check_safe
from pas.db import Database
from pas.refusals import STATUS
from pas.role import Role
from pas.settings import settings
from telemetry.refusal import Refusal
from tests.conftest import ClientOf, Pas

router = APIRouter(prefix="/test")
ERRORS = {
    "integrity": IntegrityError("", {}, Exception("constraint")),
    "locked": OperationalError("", {}, Exception("database is locked")),
    "overflow": OverflowError("Python int too large"),
    "unknown": RuntimeError("secret inside"),
}


@router.post("/echo")
@may(*STAFF)
def echo(_caller: Asking, body: dict[str, Any]) -> dict[str, Any]:
    """Give back what came."""
    return body


@router.post("/fail/{kind}")
@may(*STAFF)
def fail(kind: str, _caller: Asking) -> None:
    """Fail in the way asked for."""
    raise ERRORS[kind]


@router.get("/undeclared")
def undeclared() -> str:
    """Forget to say who may use it."""
    return "open"


@router.get("/forgetful")
@may(Role.ADMINISTRATOR)
def forgetful() -> str:
    """Declare who may use it, and never ask who it is."""
    return "open"


@pytest.fixture
def app(database: Database, monkeypatch: pytest.MonkeyPatch) -> FastAPI:
    monkeypatch.setattr(application, "ROUTERS", (*application.ROUTERS, router))
    return create_app(database)


@pytest.fixture
def client(client_of: ClientOf) -> TestClient:
    return client_of(Role.TECHNICIAN)


@pytest.mark.parametrize(
    "body",
    [
        b'{"a": NaN}',
        b'{"a": Infinity}',
        b'{"a": 1e999}',
        b'{"a": 9223372036854775808}',
        b'{"a": ' + b"9" * 5000 + b"}",
        b'{"a": "\\u0000"}',
        b'{"a": ["\\ud800"]}',
        b'{"\\udfff": 1}',
        b'{"a": "\xff"}',
        b"[" * 100_000,
        b'{"a": ',
        b"",
    ],
)
def test_what_no_database_keeps_is_refused_in_words(client: TestClient, body: bytes) -> None:
    answer = client.post("/api/v1/test/echo", content=body, headers={"Content-Type": "application/json"})

    assert answer.status_code == 422
    assert answer.headers["Content-Type"] == "application/problem+json"


def test_what_looks_like_an_escape_but_is_plain_text_passes(client: TestClient) -> None:
    body = {"a": "a backslash: \\u0000", "n": 2**63 - 1, "m": -(2**63), "x": 1.5, "é": "\U0001f600"}

    assert client.post("/api/v1/test/echo", json=body).json() == body


def test_nul_in_an_address_or_a_query_is_refused(client: TestClient) -> None:
    assert client.get("/api/v1/me?x=%00").status_code == 422
    assert client.post("/api/v1/test/fail/%00").status_code == 422


@pytest.mark.parametrize(
    ("kind", "status", "code"),
    [
        ("integrity", 409, "collision"),
        ("locked", 503, "busy"),
        ("overflow", 422, "out-of-range"),
        ("unknown", 500, "unexpected"),
    ],
)
def test_every_error_is_a_problem_document_without_our_insides(
    client: TestClient, kind: str, status: int, code: str
) -> None:
    answer = client.post(f"/api/v1/test/fail/{kind}")

    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert "secret inside" not in answer.text
    assert ("Retry-After" in answer.headers) == (status == 503)
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_an_error_is_written_down_without_what_was_sent_or_kept(
    app: FastAPI, client: TestClient, capfd: pytest.CaptureFixture[str]
) -> None:
    client.post("/api/v1/test/fail/unknown", headers={"Idempotency-Key": "a-secret-of-mine"})
    with app.state.database.reading(1) as session, pytest.raises(DBAPIError) as fault:
        session.execute(text("SELECT 1 FROM nowhere WHERE a = :a"), {"a": "a-secret-value"})
    logged = capfd.readouterr()

    assert "RuntimeError" in logged.err
    assert logged.out == ""
    assert client.headers["Authorization"].split()[1][:20] not in logged.err
    assert "a-secret-of-mine" not in logged.err
    assert "a-secret-value" not in str(fault.value)


def test_a_route_without_a_declaration_is_closed_to_everybody(app: FastAPI, client_of: ClientOf) -> None:
    assert client_of(Role.ADMINISTRATOR).get("/api/v1/test/undeclared").status_code == 403
    assert TestClient(app).get("/api/v1/test/undeclared").status_code == 403


def test_a_route_that_declares_but_never_asks_is_guarded_all_the_same(app: FastAPI, client_of: ClientOf) -> None:
    assert TestClient(app).get("/api/v1/test/forgetful").status_code == 401
    assert client_of(Role.FINANCE).get("/api/v1/test/forgetful").status_code == 403
    assert client_of(Role.ADMINISTRATOR).get("/api/v1/test/forgetful").status_code == 200


def test_a_body_that_is_too_large_is_refused(client: TestClient, app: FastAPI, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PAS_MAX_UPLOAD_BYTES", "1000")
    settings.cache_clear()
    small = TestClient(create_app(app.state.database), headers=client.headers, raise_server_exceptions=False)
    monkeypatch.undo()
    settings.cache_clear()
    json = {"Content-Type": "application/json"}

    announced = small.post("/api/v1/test/echo", json={"a": "x" * 1000})
    streamed = small.post("/api/v1/test/echo", content=(b" " * 300 for _ in range(5)), headers=json)

    assert (announced.status_code, announced.json()["code"]) == (413, "too-large")
    assert (streamed.status_code, streamed.json()["code"]) == (413, "too-large")


def test_what_a_stranger_sends_is_not_taken_apart(app: FastAPI) -> None:
    json = {"Content-Type": "application/json"}
    unread = TestClient(app).post("/api/v1/test/echo", content=b'{"a": NaN}', headers=json)

    assert (unread.status_code, unread.json()["code"]) == (401, "not-logged-in")


@pytest.mark.parametrize("path", ["/login", "/api/v1/login"])
@pytest.mark.parametrize(
    "kind", ["application/json", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"]
)
def test_where_no_login_is_needed_little_is_read(app: FastAPI, path: str, kind: str) -> None:
    stranger, headers = TestClient(app), {"Content-Type": kind}

    announced = stranger.post(path, content=b"x" * 70_000, headers=headers)
    streamed = stranger.post(path, content=(b"x" * 1000 for _ in range(70)), headers=headers)

    assert (announced.status_code, streamed.status_code) == (413, 413)


def test_every_answer_carries_safe_headers(client: TestClient) -> None:
    broken = client.post("/api/v1/test/fail/unknown")
    for answer in (client.get("/api/v1/me"), client.get("/nowhere"), client.get("/api/v1/people"), broken):
        assert "default-src 'self'" in answer.headers["Content-Security-Policy"]
        assert answer.headers["X-Frame-Options"] == "DENY"
        assert "no-store" in answer.headers["Cache-Control"]


def test_too_many_requests_are_told_when_to_come_back(
    app: FastAPI, client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PAS_REQUESTS_PER_MINUTE", "3")
    settings.cache_clear()
    few = TestClient(create_app(app.state.database), headers=client.headers)
    monkeypatch.undo()
    settings.cache_clear()

    statuses = [few.get("/api/v1/me").status_code for _ in range(5)]

    assert statuses[:3] == [200] * 3
    assert 429 in statuses


def test_health_answers_anybody_and_tells_an_old_schema(
    app: FastAPI, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert TestClient(app).get("/api/v1/health").json() == {"status": "ok"}

    monkeypatch.setattr("pas.api.health.head", lambda: "9999")
    refused = TestClient(app).get("/api/v1/health")

    assert (refused.status_code, refused.json()["code"]) == (503, NotReady.code())
    assert refused.headers["Retry-After"]


@pytest.mark.parametrize(
    ("host", "public_url", "safe"),
    [
        ("127.0.0.1", "http://127.0.0.1:8000", True),
        ("localhost", "http://localhost:8000", True),
        ("::1", "http://[::1]:8000", True),
        ("192.0.2.1", "https://fleet.example", True),
        ("127.0.0.1", "https://fleet.example", True),
        ("192.0.2.1", "http://127.0.0.1:8000", False),
        ("127.0.0.1", "http://fleet.example", False),
        ("10.0.0.1", "http://10.0.0.1", False),
    ],
)
def test_we_do_not_serve_other_machines_without_https(host: str, public_url: str, safe: bool) -> None:  # noqa: FBT001
    if safe:
        check_safe(host, public_url)
        return
    with pytest.raises(UnsafeSetting):
        check_safe(host, public_url)


def test_serve_refuses_an_unsafe_setting_in_words(pas: Pas) -> None:
    ran = pas("serve", "--host", "192.0.2.1")

    assert ran.exit_code == 1
    assert "https" in ran.stderr


def test_every_refusal_has_a_status() -> None:
    for package in ("telemetry", "lifecycle", "billing", "pas"):
        root = importlib.import_module(package)
        for module in pkgutil.walk_packages(root.__path__, f"{package}."):
            if "migrations" not in module.name:
                importlib.import_module(module.name)

    missing = sorted(kind.__name__ for kind in _below(Refusal) if not _has_status(kind))

    assert missing == []


def _below(kind: type[Refusal]) -> set[type[Refusal]]:
    return {below for child in kind.__subclasses__() for below in {child, *_below(child)}}


def _has_status(kind: type[Refusal]) -> bool:
    ours = kind.__module__.partition(".")[0] in {"telemetry", "lifecycle", "billing", "pas"}
    return not ours or any(above.__name__ in STATUS for above in kind.__mro__)
