"""The pages on both databases: who sees what, and what happens when something does not fit."""

import html
import re
import shutil
from collections.abc import Callable, Iterator
from uuid import uuid4

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlmodel import Session

from pas import clock
from pas.app import create_app
from pas.db import Database
from pas.found_tenant import found_tenant
from pas.people import add_person
from pas.rate_limit import RateLimit
from pas.role import Role
from pas.web import overview
from tests.conftest import _in_server
from tests.small_fleet import BY, PASSWORD, Fleet, build_fleet


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def fleet(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fleet]:
    """The small fleet, and a stranger's empty house beside it; built once for each database, for we only look at it."""
    if request.param == "sqlite":
        file = tmp_path_factory.mktemp("pages") / "pas.db"
        shutil.copyfile(request.getfixturevalue("sqlite_template"), file)
        database = Database(f"sqlite:///{file}")
    else:
        server = request.getfixturevalue("postgresql_server")
        name = f"pages_{uuid4().hex}"  # pytest may build it again in the same worker
        _in_server(server, f"CREATE DATABASE {name} TEMPLATE {request.getfixturevalue('postgresql_template')}")
        database = Database(server % name)
    fleet = build_fleet(database, clock.now())
    stranger = found_tenant(database, slug="stranger", name="Stranger BV", now=clock.now())
    with database.writing(stranger) as session:
        add_person(
            session,
            email="administrator@maker.example",
            name="A stranger",
            role=Role.ADMINISTRATOR,
            password=PASSWORD,
            now=clock.now(),
            by=BY,
        )
    yield fleet
    database.engine.dispose()


@pytest.fixture
def app(fleet: Fleet) -> FastAPI:
    return create_app(fleet.database)


@pytest.fixture
def browser_of(app: FastAPI, fleet: Fleet) -> Callable[..., TestClient]:
    """Log in by the form, as a person does."""

    def come_in(role: Role, organisation: str = "maker") -> TestClient:
        client = TestClient(app, raise_server_exceptions=False)
        form = {"organisation": organisation, "email": f"{role.value}@maker.example", "password": PASSWORD}
        assert client.post("/login", data=form, follow_redirects=False).status_code == 303
        return client

    return come_in


def test_the_pages_show_what_was_billed_and_what_a_thing_is_worth(
    browser_of: Callable[..., TestClient], fleet: Fleet
) -> None:
    client = browser_of(Role.ADMINISTRATOR)

    front = client.get("/").text
    thing = client.get(f"/assets/{fleet.assets['LP30-0002'].id}")

    assert "C-museum" in front
    assert "€" in front
    assert thing.status_code == 200
    assert "Refurbish" in thing.text
    assert "Straight line" in thing.text or "straight line" in thing.text


def test_what_the_pages_count_is_the_tenants_own(fleet: Fleet) -> None:
    database = fleet.database

    def figures(session: Session) -> tuple[int, int, int, int]:
        return (
            sum(overview.by_status(session, holder_id=None).values()),
            overview.open_alerts(session, holder_id=None, limit=9)[0],
            overview.waiting(session),
            overview.ending(session, today=fleet.month, customer_id=None, limit=9)[0],
        )

    with database.reading(database.tenant_id("stranger")) as session:
        assert figures(session) == (0, 0, 0, 0)
        assert overview.last_run(session) is None
        assert overview.totals_of(session, start=fleet.month) == []
        assert overview.invoices_of(session, customer_id=fleet.own.id, limit=9) == []
    with database.reading(fleet.tenant) as session:
        assert figures(session) == (14, 4, 0, 2)


def test_a_thing_of_another_tenant_is_not_there(browser_of: Callable[..., TestClient], fleet: Fleet) -> None:
    client = browser_of(Role.ADMINISTRATOR, "stranger")

    foreign = client.get(f"/assets/{fleet.assets['LP30-0001'].id}")
    unknown = client.get(f"/assets/{uuid4()}")

    assert (foreign.status_code, foreign.text) == (unknown.status_code, unknown.text)
    assert foreign.status_code == 404


def test_a_holder_does_not_read_who_held_a_thing_before(browser_of: Callable[..., TestClient], fleet: Fleet) -> None:
    own = next(asset for asset in fleet.assets.values() if asset.holder_id == fleet.own.id)

    for role, told in ((Role.CUSTOMER, False), (Role.TECHNICIAN, True)):
        page = browser_of(role).get(f"/assets/{own.id}")

        assert page.status_code == 200
        assert ('id="history"' in page.text) is told


def test_a_page_that_breaks_says_so_in_words_and_safely(
    browser_of: Callable[..., TestClient], monkeypatch: pytest.MonkeyPatch
) -> None:
    client = browser_of(Role.TECHNICIAN)
    monkeypatch.setattr(overview, "by_status", lambda *_, **__: 1 / 0)

    answer = client.get("/")

    assert answer.status_code == 500
    assert answer.headers["content-type"].startswith("text/html")
    assert "default-src 'self'" in answer.headers["content-security-policy"]
    assert "ZeroDivision" not in answer.text


def test_a_long_address_leads_to_the_login_all_the_same(app: FastAPI) -> None:
    client = TestClient(app)

    assert client.get(f"/assets?q={'%C3%A9' * 200}").url.path == "/login"


def test_who_is_not_logged_in_is_led_to_the_login_and_back(app: FastAPI) -> None:
    client = TestClient(app)

    answer = client.get("/assets?grade=C", follow_redirects=False)

    assert (answer.status_code, answer.headers["location"]) == (303, "/login?next=/assets%3Fgrade%3DC")


@pytest.mark.parametrize(
    "after", ["https://elsewhere.example", "//elsewhere.example", "/\\elsewhere.example", "/\tx", ""]
)
def test_the_login_never_leads_away_from_us(app: FastAPI, fleet: Fleet, after: str) -> None:
    form = {"organisation": "maker", "email": "technician@maker.example", "password": PASSWORD}

    answer = TestClient(app).post("/login", params={"next": after}, data=form, follow_redirects=False)

    assert (answer.status_code, answer.headers["location"]) == (303, "/")


def test_the_login_cookie_is_kept_from_scripts_and_other_sites(app: FastAPI, fleet: Fleet) -> None:
    form = {"organisation": "maker", "email": "technician@maker.example", "password": PASSWORD}

    cookie = TestClient(app).post("/login", data=form, follow_redirects=False).headers["set-cookie"]

    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert "Path=/" in cookie


@pytest.mark.parametrize(
    "said",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://["},
    ],
)
def test_another_site_logs_nobody_in(app: FastAPI, fleet: Fleet, said: dict[str, str]) -> None:
    form = {"organisation": "maker", "email": "technician@maker.example", "password": PASSWORD}

    answer = TestClient(app).post("/login", data=form, headers=said)

    assert answer.status_code == 403
    assert "set-cookie" not in answer.headers


def test_too_many_tries_are_told_in_words_and_when_to_come_back(app: FastAPI, fleet: Fleet) -> None:
    client = TestClient(app)
    form = {"organisation": "maker", "email": "nobody@maker.example", "password": "wrong password"}

    app.state.logins = RateLimit(1)
    answers = [client.post("/login", data=form) for _ in range(2)]

    assert answers[0].status_code == 422
    assert answers[-1].status_code == 429
    assert int(answers[-1].headers["retry-after"]) > 0
    assert "Too many tries" in answers[-1].text


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/assets?q=%00", 422),
        ("/assets?q=%ED%A0%80", 200),
        ("/assets?q=%25_", 200),
        ("/assets?grade=Z", 422),
        ("/assets?status=nonsense", 200),
        ("/assets?cursor=nonsense", 422),
        ("/assets/nonsense", 422),
        ("/assets/00000000-0000-0000-0000-000000000000", 404),
        ("/nowhere", 404),
        ("/static/nowhere.css", 404),
    ],
)
def test_what_does_not_fit_is_answered_by_a_page_in_words(
    browser_of: Callable[..., TestClient], path: str, status: int
) -> None:
    answer = browser_of(Role.TECHNICIAN).get(path)

    assert answer.status_code == status
    assert answer.headers["content-type"].startswith("text/html")


def test_the_api_still_answers_errors_as_problems(app: FastAPI) -> None:
    answer = TestClient(app).get("/api/v1/nowhere")

    assert answer.headers["content-type"] == "application/problem+json"


def test_a_list_longer_than_a_page_goes_on(
    browser_of: Callable[..., TestClient], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pas.web.fleet.PAGE", 5)
    client, seen, path = browser_of(Role.ADMINISTRATOR), [], "/assets?q=ch1"
    for _ in range(2):
        text = client.get(path).text
        seen += re.findall(r">(CH1-\d+)<", text)
        following = re.search(r'rel="next" href="([^"]+)"', text)
        path = "/assets" + html.unescape(following[1]) if following else ""

    assert path == ""
    assert seen == [f"CH1-{number:05}" for number in range(1, 10)]


@pytest.mark.parametrize(("language", "heading"), [("nl", "Objecten"), ("fr", "Équipements"), ("en", "Assets")])
def test_every_page_speaks_the_language_asked_for(
    browser_of: Callable[..., TestClient], language: str, heading: str
) -> None:
    answer = browser_of(Role.TECHNICIAN).get(f"/assets?lang={language}")

    assert f"<h1>{heading}</h1>" in answer.text
    assert answer.headers["content-language"] == language
    assert answer.headers["cache-control"] == "private, no-store"
