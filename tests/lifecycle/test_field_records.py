"""What a technician's device sends is kept once, whatever it says; what is stale or strange waits for a person."""

from collections.abc import Callable
from datetime import timedelta
from io import BytesIO
from typing import Any
from uuid import UUID

import pytest
from fastapi.testclient import TestClient
from PIL import Image
from sqlmodel import Session, func, select

from lifecycle.actor import Actor
from lifecycle.asset import AssetStatus, Move
from lifecycle.field_tables import FieldRecordRecord
from lifecycle.move_asset import move_assets
from lifecycle.open_work import open_work
from lifecycle.tables import AssetEventRecord, AssetRecord, InspectionRecord, SiteRecord
from lifecycle.work_order import NewWork, WorkKind, WorkState
from lifecycle.work_order_tables import WorkOrderRecord
from pas import clock
from pas.db import Database
from pas.role import Role
from telemetry.identity import new_id
from telemetry.keep_metrics import keep_metrics
from telemetry.metric import CATALOGUE
from tests.conftest import ClientOf
from tests.lifecycle.sample_fleet import store_assets, store_product

RECORDS = "/api/v1/field-records"
Noted = Callable[..., dict[str, Any]]


@pytest.fixture
def fleet(database: Database, tenant: int, actor: Actor) -> dict[str, UUID]:
    """Two projectors, two places, one order to repair the light of the first."""
    now = clock.now() - timedelta(days=30)
    with database.writing(tenant) as session:
        sites = [SiteRecord(tenant_id=tenant, code=code, name=code, city="Gent") for code in ("cellar", "attic")]
        session.add_all(sites)
        keep_metrics(session, CATALOGUE)
        session.flush()
        first, second = store_assets(session, store_product(session), now=now, by=actor, count=2)
        here = [Move(asset_id=one.id, at=now, site_id=sites[0].id, place="Room 1") for one in (first, second)]
        move_assets(session, here, now=now, by=actor)
        work = NewWork(id=new_id(), asset_id=first.id, kind=WorkKind.REPAIR, component="light")
        open_work(session, [work], now=now, by=actor)
        return {"first": first.id, "second": second.id, "work": work.id, "cellar": sites[0].id, "attic": sites[1].id}


@pytest.fixture
def technician(client_of: ClientOf) -> TestClient:
    return client_of(Role.TECHNICIAN)


@pytest.fixture
def noted(database: Database, tenant: int, fleet: dict[str, UUID]) -> Noted:
    """Make what a device would send about the first thing, an hour ago."""
    with database.reading(tenant) as session:
        serial = session.exec(select(AssetRecord.serial).where(AssetRecord.id == fleet["first"])).one()

    def make(kind: str = "inspection", *, hours: float = 1, **told: Any) -> dict[str, Any]:
        at = clock.now() - timedelta(hours=hours)
        known = {"id": str(new_id()), "kind": kind, "tag": serial, "asset_id": str(fleet["first"])}
        if kind == "inspection":
            known["seen"] = {"grades": {"light": "B", "housing": "A"}}
        return known | {"captured_at": at.isoformat(), "device": "phone-1"} | told

    return make


def count(session: Session, table: Any) -> int:
    return session.exec(select(func.count()).select_from(table)).one()


def a_photo() -> bytes:
    sink = BytesIO()
    Image.new("RGB", (40, 30), "teal").save(sink, "JPEG")
    return sink.getvalue()


def standing(status: str, site: UUID, place: str = "") -> dict[str, Any]:
    return {"status": status, "site_id": str(site), "holder_id": None, "place": place}


def test_a_record_sent_twice_is_kept_once(
    database: Database, tenant: int, technician: TestClient, noted: Noted
) -> None:
    record = noted()
    key = {"Idempotency-Key": record["id"]}
    first, again = (technician.post(RECORDS, json=record, headers=key) for _ in range(2))
    without_key = technician.post(RECORDS, json=record)
    other = technician.post(RECORDS, json=record | {"note": "other"}, headers=key)

    assert [one.status_code for one in (first, again, without_key)] == [201] * 3
    assert first.json() == again.json()
    assert (other.status_code, other.json()["code"]) == (422, "key-of-another-request")
    assert technician.post(RECORDS, json=record | {"note": "other"}).status_code == 409
    with database.reading(tenant) as session:
        assert count(session, InspectionRecord) == count(session, FieldRecordRecord) == 1


def test_a_late_fact_is_kept_and_said_to_be_superseded(technician: TestClient, noted: Noted) -> None:
    newer = technician.post(RECORDS, json=noted(hours=1)).json()
    late = technician.post(RECORDS, json=noted(hours=50, seen={"grades": {"light": "D"}})).json()

    assert (newer["outcome"], newer["flags"]) == ("stored", [])
    assert late["outcome"] == "stored"
    assert "superseded" in late["flags"]


def test_a_counter_that_runs_backwards_is_kept_and_flagged(technician: TestClient, noted: Noted) -> None:
    technician.post(RECORDS, json=noted(hours=9, seen={"readings": {"lamp_hours": 4000}}))
    back = technician.post(RECORDS, json=noted(hours=1, seen={"readings": {"lamp_hours": 3900}})).json()
    on = technician.post(RECORDS, json=noted(hours=0.5, seen={"readings": {"lamp_hours": 4100}})).json()

    assert back["outcome"] == on["outcome"] == "stored"
    assert back["flags"] == ["counter_back"]
    assert on["flags"] == []


@pytest.mark.parametrize("knows", [True, False])
def test_a_clock_that_is_wrong_by_a_day_is_set_right(technician: TestClient, noted: Noted, *, knows: bool) -> None:
    ahead = noted(hours=-22)
    told = ahead | {"clock_offset": 86400.0} if knows else ahead
    tomorrow = (clock.now() + timedelta(days=1)).isoformat()
    taken = technician.post(RECORDS, json=told, headers={} if knows else {"Device-Time": tomorrow}).json()

    assert taken["flags"] == ["clock_corrected"]
    off = clock.now() - clock.now().fromisoformat(taken["captured_at"]) - timedelta(hours=2)
    assert abs(off) < timedelta(minutes=2)


def test_an_unknown_tag_waits_and_is_matched_with_its_photos(
    database: Database, tenant: int, technician: TestClient, client_of: ClientOf, noted: Noted, fleet: dict[str, UUID]
) -> None:
    record = noted(tag="SCRATCHED-77", asset_id=None, seen={"grades": {"overall": "D"}}, note="label is torn")
    taken = technician.post(RECORDS, json=record).json()
    photo = technician.post(f"{RECORDS}/{record['id']}/photos", files={"file": ("p.jpg", a_photo())})
    office = client_of(Role.FLEET_MANAGER)
    waiting = office.get(RECORDS, params={"waiting": True}).json()["items"]
    strange = office.post(f"{RECORDS}/{record['id']}/match", json={"tag": "nothing of ours"})
    matched = office.post(f"{RECORDS}/{record['id']}/match", json={"tag": str(fleet["second"])})
    twice = office.post(f"{RECORDS}/{record['id']}/match", json={"tag": str(fleet["second"])})

    assert (taken["outcome"], taken["asset_id"], photo.status_code) == ("unmatched", None, 201)
    assert [one["id"] for one in waiting] == [record["id"]]
    assert (strange.status_code, twice.status_code) == (404, 409)
    assert matched.json()["decision"]["decision"] == "matched"
    seen = office.get(f"/api/v1/assets/{fleet['second']}/inspections").json()["items"]
    assert [(one["note"], one["grades"], len(one["photos"])) for one in seen] == [
        ("label is torn", {"overall": "D"}, 1)
    ]
    assert office.get(RECORDS, params={"waiting": True}).json()["items"] == []
    assert office.get(photo.json()["address"]).content[:2] == b"\xff\xd8"


def test_a_move_is_followed_where_nothing_changed_meanwhile(
    database: Database, tenant: int, technician: TestClient, noted: Noted, fleet: dict[str, UUID]
) -> None:
    move = noted(
        "move", wanted={"site_id": str(fleet["attic"])}, based_on=standing("in_service", fleet["cellar"], "Room 1")
    )
    with database.reading(tenant) as session:
        asset = session.get_one(AssetRecord, (tenant, fleet["first"]))
        move["based_on"] |= {"place": asset.place, "status": asset.status.value}
        move["based_on"]["holder_id"] = str(asset.holder_id) if asset.holder_id else None
    taken = technician.post(RECORDS, json=move).json()

    assert (taken["outcome"], taken["flags"]) == ("stored", [])
    with database.reading(tenant) as session:
        assert session.get_one(AssetRecord, (tenant, fleet["first"])).site_id == fleet["attic"]
        event = select(AssetEventRecord.kind).where(AssetEventRecord.id == UUID(taken["result_id"]))
        assert session.exec(event).one() == "moved"


@pytest.mark.parametrize("deed", ["accept", "decline"])
def test_a_stale_command_is_decided_by_a_person(
    database: Database,
    tenant: int,
    technician: TestClient,
    client_of: ClientOf,
    noted: Noted,
    fleet: dict[str, UUID],
    deed: str,
) -> None:
    stale = noted("status", wanted={"status": "retired"}, based_on=standing("in_service", fleet["attic"], "gone"))
    taken = technician.post(RECORDS, json=stale).json()
    office = client_of(Role.ADMINISTRATOR)
    with database.reading(tenant) as session:
        before = session.get_one(AssetRecord, (tenant, fleet["first"])).status
    body = {"json": {"why": "still in use"}} if deed == "decline" else {}
    decided = office.post(f"{RECORDS}/{stale['id']}/{deed}", **body)

    assert (taken["outcome"], taken["flags"]) == ("proposed", ["changed_meanwhile"])
    assert taken["stood"]["site_id"] == str(fleet["cellar"])
    assert before is not AssetStatus.RETIRED
    assert decided.status_code == 201, decided.text
    assert technician.post(f"{RECORDS}/{stale['id']}/{deed}", **body).status_code == 403
    with database.reading(tenant) as session:
        after = session.get_one(AssetRecord, (tenant, fleet["first"])).status
    assert (after is AssetStatus.RETIRED) == (deed == "accept")


def test_work_is_done_once_and_done_again_only_if_a_person_says_so(
    database: Database, tenant: int, technician: TestClient, client_of: ClientOf, noted: Noted, fleet: dict[str, UUID]
) -> None:
    done = noted("work_done", work_id=str(fleet["work"]), done={"minutes": 30, "grade": "A"}, note="new lamp")
    second = noted("work_done", work_id=str(fleet["work"]), done={}, note="me too")
    first, again = (technician.post(RECORDS, json=one).json() for one in (done, second))
    assert (first["outcome"], again["outcome"], again["flags"]) == ("stored", "proposed", ["work_ended"])
    with database.reading(tenant) as session:
        assert session.get_one(WorkOrderRecord, (tenant, fleet["work"])).outcome == "new lamp"

    accepted = client_of(Role.FLEET_MANAGER).post(f"{RECORDS}/{second['id']}/accept")

    assert accepted.status_code == 201, accepted.text
    with database.reading(tenant) as session:
        orders = session.exec(select(WorkOrderRecord).where(WorkOrderRecord.asset_id == fleet["first"])).all()
        assert sorted((one.state, one.outcome) for one in orders) == [
            (WorkState.DONE, "me too"),
            (WorkState.DONE, "new lamp"),
        ]


def test_what_is_impossible_is_refused_and_leaves_no_trace(
    database: Database, tenant: int, technician: TestClient, noted: Noted
) -> None:
    record = noted(seen={"grades": {"wings": "A"}})
    refused = technician.post(RECORDS, json=record, headers={"Idempotency-Key": "k"})
    mended = technician.post(
        RECORDS, json=record | {"seen": {"grades": {"light": "A"}}}, headers={"Idempotency-Key": "k"}
    )

    assert (refused.status_code, refused.json()["code"]) == (422, "impossible-inspection")
    assert mended.status_code == 201
    assert technician.post(RECORDS, json=noted(tag="", asset_id=str(new_id()))).status_code == 404
    with database.reading(tenant) as session:
        assert count(session, FieldRecordRecord) == 1


def test_the_days_work_holds_all_that_is_needed_without_network(
    technician: TestClient, client_of: ClientOf, fleet: dict[str, UUID]
) -> None:
    work = technician.get("/api/v1/field-work").json()

    assert [one["id"] for one in work["work"]] == [str(fleet["work"])]
    assert {one["id"] for one in work["things"]} == {str(fleet["first"]), str(fleet["second"])}
    assert [item["component"] for item in work["products"][0]["items"]] == ["light", "housing"]
    assert work["products"][0]["meter"]["metric"] == "lamp_hours"
    assert [one["name"] for one in work["sites"]] == ["cellar"]
    assert client_of(Role.CUSTOMER).get("/api/v1/field-work").status_code == 403
