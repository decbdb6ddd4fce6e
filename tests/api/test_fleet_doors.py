"""Views, deeds on many things and labels over HTTP: whose they are, and what they show."""

from datetime import datetime
from uuid import uuid4

import pypdfium2

from lifecycle.actor import Actor
from pas import clock
from pas.db import Database
from pas.role import Role
from tests.conftest import ClientOf, add_tenant
from tests.lifecycle.sample_fleet import store_assets, store_customer, store_product


def things(database: Database, tenant: int, now: datetime, count: int = 3) -> list[str]:
    by = Actor(kind="person", name="an")
    with database.writing(tenant) as session:
        return [str(one.id) for one in store_assets(session, store_product(session), count=count, now=now, by=by)]


def test_a_view_is_ones_own_until_it_is_shared(client_of: ClientOf, database: Database, tenant: int) -> None:
    with database.writing(tenant) as session:
        customer = store_customer(session).id
    manager, colleague = client_of(Role.FLEET_MANAGER), client_of(Role.TECHNICIAN)
    contact = client_of(Role.CUSTOMER, customer_id=customer)
    kept = manager.post("/api/v1/views", json={"name": "Worn", "query": "?cursor=x&sort=index&grade=D"})

    assert kept.status_code == 201, kept.text
    assert kept.json()["query"] == "grade=D&sort=index"
    assert colleague.get("/api/v1/views").json()["items"] == []

    again = manager.post("/api/v1/views", json={"name": "Worn", "query": "grade=E", "shared": True}).json()
    [seen] = colleague.get("/api/v1/views").json()["items"]

    assert (again["id"], seen["query"], seen["own"]) == (kept.json()["id"], "grade=E", False)
    assert contact.get("/api/v1/views").json()["items"] == []
    assert not contact.post("/api/v1/views", json={"name": "Mine", "query": "", "shared": True}).json()["shared"]
    assert colleague.delete(f"/api/v1/views/{seen['id']}").status_code == 404
    assert manager.delete(f"/api/v1/views/{seen['id']}").status_code == 200
    assert manager.get("/api/v1/views").json()["items"] == []


def test_many_things_are_changed_and_changed_back(
    client_of: ClientOf, database: Database, tenant: int, now: datetime
) -> None:
    ids, client = things(database, tenant, now), client_of(Role.FLEET_MANAGER)
    at = clock.now().isoformat()

    done = client.post("/api/v1/bulk-changes", json={"assets": ids, "move": {"at": at, "place": "Hall 2"}})
    places = {client.get(f"/api/v1/assets/{one}").json()["place"] for one in ids}
    undone = client.post(f"/api/v1/bulk-changes/{done.json()['id']}/undo").json()

    assert done.status_code == 201, done.text
    assert (sorted(done.json()["changed"]), done.json()["refused"]) == (sorted(ids), [])
    assert places == {"Hall 2"}
    assert undone["undone_at"] is not None
    assert undone["left"] == []
    assert {client.get(f"/api/v1/assets/{one}").json()["place"] for one in ids} == {""}


def test_what_is_anothers_is_neither_changed_nor_labelled(
    client_of: ClientOf, database: Database, tenant: int, now: datetime
) -> None:
    foreign = things(database, add_tenant(database, "stranger"), now, count=1)
    own, client = things(database, tenant, now, count=1), client_of(Role.ADMINISTRATOR)
    step = {"at": clock.now().isoformat(), "status": "in_transit"}

    for ids in (foreign, [str(uuid4())], [*own, *foreign]):
        assert client.post("/api/v1/bulk-changes", json={"assets": ids, "step": step}).status_code == 404
        assert client.get("/api/v1/labels", params={"asset_id": ids}).status_code == 404
    assert client.get(f"/api/v1/assets/{own[0]}").json()["status"] == "in_service"


def test_labels_are_a_sheet_or_orders_to_a_printer(
    client_of: ClientOf, database: Database, tenant: int, now: datetime
) -> None:
    ids, client = things(database, tenant, now), client_of(Role.TECHNICIAN)

    paper = client.get("/api/v1/labels", params={"asset_id": ids, "stock": "roll"})
    printer = client.get("/api/v1/labels", params={"asset_id": ids, "format": "zpl"})

    assert len(pypdfium2.PdfDocument(paper.content)) == len(ids)
    assert printer.text.count("^XA") == len(ids)
    assert client.get("/api/v1/labels").json()["code"] == "no-labels"
    assert client.get("/api/v1/labels", params={"asset_id": ids, "first": 22}).json()["code"] == "beyond-sheet"
