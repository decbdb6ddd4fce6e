"""Every door, tried by everybody: without login, in the wrong role, of the wrong tenant, of the wrong customer."""

import re
from collections import Counter
from collections.abc import Callable, Iterator
from itertools import product
from typing import Any, NamedTuple
from uuid import uuid4

import pytest
from fastapi import FastAPI
from fastapi.routing import iter_route_contexts
from fastapi.testclient import TestClient
from sqlalchemy import inspect, text

from pas.access import roles_of
from pas.api.exchange import KindName
from pas.app import create_app
from pas.db import Database
from pas.role import Role
from tests.plausible_body import A_STATEMENT, FILES, body_of
from tests.world import Identity, World, a_form, a_photo, found

WITHOUT_DECLARATION = {"/api/v1/openapi.json", "/static"}
"""Doors that FastAPI makes itself and that tell nothing about anybody."""
ENDS_THE_LOGIN = {"/api/v1/logout", "/logout", "/api/v1/me/password"}
"""Not tried by those who may: they would be out of the door, or are asked for a password."""
NOBODY = Identity("nobody", "", None)
CHOICES = {"code": ["lamp_hours"], "format": ["csv"], "kind": [kind.value for kind in KindName], "rule": ["wear"]}
"""What a path lets one choose: every kind is a door of its own; every format holds the same."""
MANY = {"at": "2026-11-02T08:00:00Z", "place": "x"}
SEEN = {"kind": "inspection", "captured_at": "2026-11-01T08:00:00Z", "seen": {"grades": {"light": "B"}}}
SWAP_DAY = {"kind": "agree", "from_day": "2026-11-02", "clause": {"kind": "swap_day"}}
OFFER = {"starts_on": "2026-11-02", "lines": [{"name": "x", "monthly_fee": "1"}]}
DAMAGE = {"kind": "damage", "on_day": "2026-11-02", "name": "x", "unit_price": "1"}
QUOTE = {"source": "x", "opinion_id": "Q-NEW", "kind": "quote", "given_by": "x", "given_on": "2026-10-02"} | {
    "price": 100,
    "currency": "EUR",
}
TOLD: dict[str, Callable[[dict[str, str]], dict[str, Any]]] = {
    "/api/v1/bulk-changes": lambda ids: {"assets": [ids["asset_id"]], "move": MANY},
    "/api/v1/price-opinions": lambda ids: QUOTE | {"asset": ids["asset_id"]},
    "/api/v1/contracts/{contract_id}/amendments": lambda _ids: SWAP_DAY,
    "/api/v1/contracts/{contract_id}/preview": lambda _ids: SWAP_DAY,
    "/api/v1/offers/preview": lambda _ids: OFFER,
    "/api/v1/end-reports": lambda _ids: {"start": "2026-10-01", "end": "2027-01-01"},
    "/api/v1/field-records": lambda ids: SEEN | {"id": str(uuid4()), "asset_id": ids["asset_id"]},
    "/api/v1/field-records/{record_id}/match": lambda ids: {"tag": ids["asset_id"]},
    "/api/v1/bill-runs/catch-up": lambda _ids: {"since": "2026-09"},
    "/api/v1/contracts/{contract_id}/charges": lambda ids: DAMAGE | {"asset_id": ids["asset_id"]},
}
"""Bodies that a schema cannot tell, for it says one of many, or a pattern."""
FORMS = {
    "/books/journal": {"month": "2026-09"},
    "/assets/changes": {"asset_id": "{asset_id}", "deed": "move", "place": "x"},
    "/assets/views": {"name": "x"},
}
"""What pages send, which stand in no description."""
SAME_FOR_ALL = {"metric", "position"}
"""Words in a path that are no secret of anybody."""
REPEATS = {"/api/v1/quarantine"}
"""Shows what its own tenant sent, word for word; the walk has a stranger send the ids of another."""
UNKNOWN = {"number": "QZZ-2026-000099", "metric": "lamp_hours", "position": "1"}


class Door(NamedTuple):
    """One method of one path, and who may use it."""

    method: str
    path: str
    roles: frozenset[Role] | None
    choices: tuple[tuple[str, str], ...] = ()
    """What is written into the path where it leaves a choice."""

    def __str__(self) -> str:
        return f"{self.method} {self.path} {dict(self.choices) or ''}".strip()


class Walk:
    """Knocks at doors in the name of identities, and counts."""

    def __init__(self, app: FastAPI, own: World) -> None:
        self.app, self.own = app, own
        self.description = app.openapi()
        self.knocks: Counter[str] = Counter()

    def knock(self, door: Door, who: Identity, ids: dict[str, str]) -> Any:
        """Ask once."""
        self.knocks[who.name] += 1
        client = TestClient(self.app, raise_server_exceptions=False, follow_redirects=False)
        if who.token:
            client.headers["Authorization"] = f"Bearer {who.token}"
        answer = client.request(door.method, self.address(door, ids), **self.body(door, ids, who))
        assert answer.status_code < 500, (str(door), who.name, answer.text[:500])
        return answer

    def address(self, door: Door, ids: dict[str, str]) -> str:
        """Fill the path; an unknown name in it fails the walk, for then nobody would have looked behind that door."""
        ids = ids | dict(door.choices)
        missing = set(re.findall(r"\{(\w+)", door.path)) - set(ids)
        assert not missing, f"{door} needs {missing}: give tests/world.py one, so that the walk can go there"
        query = {
            "month": "2026-10",
            "start": "2026-10-01T00:00:00Z",
            "end": "2026-11-01T00:00:00Z",
            "as_of": "2026-11-02",
        }
        query |= {"metric": "lamp_hours", "meter": "lamp_hours", "period": "2026", "at": "2026-11-02T00:00:00Z"}
        asked = [one["name"] for one in self._operation(door).get("parameters", ()) if one["in"] == "query"]
        wanted = "&".join(f"{name}={ids.get(name, query.get(name, ''))}" for name in asked if name in {*query, *ids})
        path = re.sub(r"\{(\w+)[^}]*\}", lambda found: ids[found[1]], door.path)
        return f"{path}?{wanted}" if wanted else path

    def _operation(self, door: Door) -> dict[str, Any]:
        operation: dict[str, Any] = self.description["paths"].get(door.path, {}).get(door.method.lower(), {})
        return operation

    def body(self, door: Door, ids: dict[str, str], who: Identity) -> dict[str, Any]:
        """Make a body that names the ids."""
        made = body_of(self._operation(door), self.description, ids)
        if made is None:
            form = FORMS.get(door.path, {})
            return {"data": {name: said.format_map(ids) for name, said in form.items()}} if form else {}
        media_type, body = made
        if media_type != "application/json":
            return _unlike_json(door, body, ids)
        if door.path.endswith("/checklists"):
            body = {"items": [{"name": "light", "component": "light", "question": {"en": "Bright?"}}]}
        if door.path.endswith("/inspections/calls"):
            body |= {"asset": ids["serial"], "grade": "C"}
        if door.path.startswith("/api/v1/people"):
            body |= {"role": "customer"}
        if door.path == "/api/v1/api-keys":
            body |= {"role": who.role}
        return {"json": TOLD.get(door.path, lambda _ids: body)(ids)}

    def sent(self, door: Door, ids: dict[str, str], who: Identity) -> dict[str, str]:
        """Tell which of the ids a knock at this door names."""
        said = f"{self.address(door, ids)} {self.body(door, ids, who)}"
        return {name: value for name, value in ids.items() if value in said}


def _unlike_json(door: Door, body: dict[str, Any], ids: dict[str, str]) -> dict[str, Any]:
    """Make a file, a statement or a form."""
    if door.path.endswith("/photos"):
        return {"files": {"file": ("photo.png", a_photo(ids["inspection_id"]))}}
    if door.path.endswith("/bank-statements"):
        return {"content": A_STATEMENT}
    if door.path.endswith("/checklist.xlsx"):
        return {"files": {"file": ("form.xlsx", a_form())}}
    if "kind" in dict(door.choices):
        return {"files": {"file": ("rows.csv", FILES[dict(door.choices)["kind"]].format_map(ids).encode())}}
    return {"data": body}


def doors_of(app: FastAPI) -> list[Door]:
    """Find every door there is."""
    found = [
        Door(method, route.path or "", roles_of(route), choices)
        for route in iter_route_contexts(app.routes)
        for method in sorted(route.methods or {"GET"})
        if method not in {"HEAD", "OPTIONS"}
        for choices in _choices(route.path or "")
    ]
    return [door for door in found if door.path not in WITHOUT_DECLARATION]


def _choices(path: str) -> list[tuple[tuple[str, str], ...]]:
    chosen = [name for name in CHOICES if f"{{{name}" in path]
    return [tuple(zip(chosen, values, strict=True)) for values in product(*(CHOICES[name] for name in chosen))]


def unknown_ids(ids: dict[str, str]) -> dict[str, str]:
    """Give an id that nobody has for each name."""
    return {name: UNKNOWN.get(name, str(uuid4())) for name in ids}


def rows_of(database: Database, tenant_id: int) -> dict[str, list[Any]]:
    """Give every row of a tenant, as it stands in the database."""
    with database.engine.connect() as connection:
        tables = [name for name in inspect(connection).get_table_names() if name not in {"tenant", "alembic_version"}]
        statement = "SELECT * FROM {} WHERE tenant_id = :tenant ORDER BY 1, 2, 3"
        return {
            table: [str(row) for row in connection.execute(text(statement.format(table)), {"tenant": tenant_id})]
            for table in tables
        }


def without(sent: dict[str, str], answer: str) -> str:
    """Take out of an answer what was sent."""
    for name, value in sent.items():
        answer = answer.replace(value, f"<{name}>")
    return answer


@pytest.fixture
def app(database: Database) -> FastAPI:
    app = create_app(database)
    app.state.live.longest = 0.0  # an answer without end is not waited for
    return app


@pytest.fixture
def alpha(database: Database) -> World:
    return found(database, "alpha", "QZA")


@pytest.fixture
def walk(app: FastAPI, alpha: World) -> Iterator[Walk]:
    walk = Walk(app, alpha)
    yield walk
    print(f"{len(doors_of(app))} routes x {len(walk.knocks)} identities, {walk.knocks.total()} knocks")  # noqa: T201


def test_every_route_says_who_may_use_it(app: FastAPI) -> None:
    assert [str(door) for door in doors_of(app) if door.roles is None] == []


def test_nobody_comes_in_without_login(walk: Walk) -> None:
    for door in doors_of(walk.app):
        answer = walk.knock(door, NOBODY, walk.own.first.ids)
        if not door.roles:
            continue
        if door.path.startswith("/api/"):
            assert (answer.status_code, answer.json()["code"]) == (401, "not-logged-in"), str(door)
        else:
            assert answer.status_code == 303, str(door)
            assert answer.headers["location"].startswith("/login"), str(door)


def test_nobody_comes_in_under_the_wrong_role(walk: Walk) -> None:
    for door in doors_of(walk.app):
        for who in walk.own.people.values():
            if door.roles and who.role not in door.roles:
                answer = walk.knock(door, who, walk.own.first.ids)
                assert answer.status_code == 403, (str(door), who.name)


def test_nothing_of_a_tenant_is_seen_or_touched_from_another(walk: Walk, database: Database) -> None:
    beta = found(database, "beta", "QZB")
    before = rows_of(database, walk.own.tenant_id)

    for door in doors_of(walk.app):
        for who in beta.people.values():
            if who.role in (door.roles or ()) and door.path not in ENDS_THE_LOGIN:
                _knock_as_stranger(walk, door, who, walk.own.first.ids, mark=walk.own.mark)

    assert rows_of(database, walk.own.tenant_id) == before


def test_nothing_of_a_customer_is_seen_by_another(walk: Walk) -> None:
    mine = {name: value for name, value in walk.own.first.ids.items() if walk.own.second.ids[name] != value}
    shared = {name: value for name, value in walk.own.first.ids.items() if name not in mine}
    for door in doors_of(walk.app):
        for name in ("customer2", "device2"):
            who = walk.own.people[name]
            if who.role in (door.roles or ()) and door.path not in ENDS_THE_LOGIN:
                _knock_as_stranger(walk, door, who, mine, mark=walk.own.first.mark, shared=shared)


def _knock_as_stranger(
    walk: Walk, door: Door, who: Identity, ids: dict[str, str], *, mark: str, shared: dict[str, str] | None = None
) -> None:
    """Knock with ids of another: nothing of theirs comes back, and the answer is that to ids that nobody has."""
    shared = shared or {}
    sent = {name: value for name, value in walk.sent(door, ids | shared, who).items() if name in ids}
    answer = walk.knock(door, who, ids | shared)

    seen = without(sent, answer.text)
    assert mark not in seen, (str(door), who.name, seen[:500])
    told = SAME_FOR_ALL | (set(ids) if door.path in REPEATS else set())
    assert not [name for name, value in ids.items() if name not in told and value in seen], (
        str(door),
        who.name,
    )
    if not set(sent) - SAME_FOR_ALL:
        return
    strangers = unknown_ids(ids)
    other = walk.knock(door, who, strangers | shared)
    assert other.status_code == answer.status_code, (str(door), who.name, answer.text[:300], other.text[:300])
    if answer.status_code >= 400 and door.path.startswith("/api/"):
        assert seen == without(strangers, other.text), (str(door), who.name)
    if {name for name in re.findall(r"\{(\w+)", door.path) if name in sent} - SAME_FOR_ALL:
        assert answer.status_code == 404, (str(door), who.name, answer.text[:300])


def test_who_may_comes_in(walk: Walk) -> None:
    """Without this, the walk could knock at walls: every door opens for somebody, with the very same knocks."""
    order = ("customer1", "administrator", "fleet_manager", "finance", "technician", "device1")
    closed = []
    for door in sorted(doors_of(walk.app), key=lambda door: (door.method != "GET", door.method == "DELETE")):
        who = next((walk.own.people[name] for name in order if walk.own.people[name].role in (door.roles or ())), None)
        if who is None or door.path in ENDS_THE_LOGIN:
            continue
        answer = walk.knock(door, who, walk.own.first.ids)
        if answer.status_code not in {200, 201, 202, 204, 303, 409}:
            closed.append(f"{door} by {who.name}: {answer.status_code} {answer.text[:400]}")
    assert not closed, "\n".join(closed)
