"""The same thing seen by every road: conditions that can be compared, with intervals as wide as the road is doubted."""

import io
from datetime import datetime, timedelta
from uuid import UUID

import pytest
from fastapi.testclient import TestClient
from sqlmodel import select

from lifecycle.actor import Actor
from lifecycle.condition_queries import latest_condition
from lifecycle.inspection import InspectionSource
from lifecycle.reassess import reassess
from lifecycle.tables import InspectionRecord
from pas import clock
from pas.db import Database
from pas.exchange import import_file
from pas.role import Role
from telemetry.identity import new_id
from tests.conftest import ClientOf
from tests.lifecycle.sample_fleet import store_assets, store_product
from tests.web.test_public_report import form_of

ROADS = ("offline", "spreadsheet", "call", "qr")


@pytest.fixture
def things(database: Database, tenant: int, now: datetime, actor: Actor) -> dict[str, tuple[UUID, str, str]]:
    """One thing for each road, all alike."""
    with database.writing(tenant) as session:
        made = store_assets(session, store_product(session), now=now, by=actor, count=len(ROADS))
        return {road: (one.id, one.serial, one.public_id) for road, one in zip(ROADS, made, strict=True)}


def seen_by_every_road(
    client_of: ClientOf,
    database: Database,
    tenant: int,
    things: dict[str, tuple[UUID, str, str]],
    actor: Actor,
) -> None:
    """Somebody sees a grade D, and tells it by each road."""
    desk, at = client_of(Role.FLEET_MANAGER), clock.now()
    wrong_clock = timedelta(days=1, hours=3)
    note = {"id": str(new_id()), "asset_id": str(things["offline"][0]), "source": "app", "grades": {"overall": "D"}}
    late = {
        "sent_at": (at + wrong_clock).isoformat(),
        "inspections": [note | {"inspected_at": (at + wrong_clock).isoformat()}],
    }
    assert desk.post("/api/v1/inspections/offline", json=late).json()[0]["outcome"] == "stored"

    call = {"id": str(new_id()), "asset": things["call"][1], "told_by": "Mrs Claes", "score": 4}
    assert desk.post("/api/v1/inspections/calls", json=call).status_code == 201

    row = f"asset,inspected_at,grade.overall\n{things['spreadsheet'][1]},{at.isoformat()},D\n".encode()
    facts = {"file": io.BytesIO(row), "file_name": "a.csv", "dry_run": False, "now": at, "by": actor}
    assert import_file(database, tenant, kind="inspections", **facts).new == 1

    door = things["qr"][2].replace("https://id.gs1.org/", "/p/")
    with TestClient(desk.app, follow_redirects=False) as passer_by:
        assert passer_by.post(door, data=form_of(passer_by.get(door).text)).status_code == 303


def test_every_road_gives_a_condition_whose_interval_is_as_wide_as_its_trust_is_small(
    client_of: ClientOf,
    database: Database,
    tenant: int,
    things: dict[str, tuple[UUID, str, str]],
    actor: Actor,
) -> None:
    seen_by_every_road(client_of, database, tenant, things, actor)

    with database.writing(tenant) as session:
        reassess(session, now=clock.now(), asset_ids=[one for one, _, _ in things.values()])
        found = {road: latest_condition(session, asset_id=one) for road, (one, _, _) in things.items()}
        roads = set(session.exec(select(InspectionRecord.source)))
    conditions = {road: one for road, one in found.items() if one is not None}

    assert set(conditions) == set(ROADS)
    assert roads == {
        InspectionSource.APP,
        InspectionSource.CALL,
        InspectionSource.QR,
        InspectionSource.SPREADSHEET,
    }
    width = {road: one.index_p90 - one.index_p10 for road, one in conditions.items()}
    assert sorted(width, key=lambda road: width[road]) == list(ROADS), width
    low, high = (pick(one.index_p50 for one in conditions.values()) for pick in (min, max))
    assert high - low < 20, {road: one.index_p50 for road, one in conditions.items()}
    assert all(one.index_p10 <= 30 <= one.index_p90 for one in conditions.values())
