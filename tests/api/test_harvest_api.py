"""Over HTTP: what to take apart, whose part goes where, what it nets; and that nothing is touched by asking."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlmodel import select

from lifecycle.actor import Actor
from lifecycle.asset import AssetStatus
from lifecycle.change_status import StatusChange, change_status
from lifecycle.inspection import Inspection, InspectionSource
from lifecycle.log_inspections import log_inspections
from lifecycle.tables import AssetRecord, MaterialRecord, PartRecord
from pas.db import Database
from pas.role import Role
from pas.worker import work_once
from telemetry.identity import new_id
from tests.conftest import ClientOf
from tests.lifecycle.sample_fleet import ROUTES, store_assets, store_product

DONOR, NEEDY, SOUND = 0, 1, 2
GRADES = ({"light": "A", "housing": "E"}, {"light": "E", "housing": "A"}, {"light": "A", "housing": "A"})


@pytest.fixture
def fleet(database: Database, tenant: int, now: datetime, actor: Actor) -> list[AssetRecord]:
    """A returned projector with a good light in a broken housing, one with a bad light in service, and a sound one."""
    with database.writing(tenant) as session:
        model = store_product(session, routes=[one for one in ROUTES if one["route"] in {"harvest", "recycle"}])
        steel = session.exec(select(MaterialRecord)).first()
        assert steel is not None
        session.add(
            PartRecord(
                tenant_id=tenant,
                product_id=model.id,
                material_id=steel.id,
                code="LASER",
                name="Laser",
                mass=3,
                value=Decimal(1400),
                component="light",
                removal_minutes=25,
            )
        )
        assets = store_assets(session, model, count=3, now=now, by=actor)
        back = StatusChange(asset_id=assets[DONOR].id, at=now - timedelta(days=2), status=AssetStatus.RETURNED)
        change_status(session, [back], now=now, by=actor)
        seen = [
            Inspection(
                id=new_id(),
                asset_id=asset.id,
                inspected_at=now - timedelta(days=1),
                source=InspectionSource.APP,
                inspector="Lotte",
                grades=grades,
            )
            for asset, grades in zip(assets, GRADES, strict=True)
        ]
        log_inspections(session, seen, now=now, by=actor)
    work_once(database)
    return assets


def asked(client: TestClient, **query: Any) -> dict[str, Any]:
    answer = client.get("/api/v1/harvest-plan", params=query)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def test_the_good_light_of_a_broken_thing_goes_to_the_one_that_needs_it(
    fleet: list[AssetRecord], client_of: ClientOf
) -> None:
    plan = asked(client_of(Role.FLEET_MANAGER))

    (line,) = plan["lines"]
    assert (line["donor"], line["part"], line["for_serial"]) == (fleet[DONOR].serial, "LASER", fleet[NEEDY].serial)
    assert line["chance_needed"] > 0.5 < line["chance_good"]
    assert Decimal(line["net"]) == Decimal(line["expected"]) - Decimal(line["labour"]) - Decimal(line["storage"])
    assert line["labour"] == "18.75"

    (donor,) = plan["donors"]
    assert (donor["asset_id"], donor["minutes"], donor["setup"]) == (str(fleet[DONOR].id), 65, "30.00")
    assert Decimal(donor["net"]) == Decimal(line["net"]) - Decimal(donor["setup"]) - Decimal(donor["forgone"])
    assert donor["reasons"][0]["code"] == "harvest.nets_most"

    (total,) = plan["totals"]
    assert (total["donors"], total["opened"], total["parts_kept"], total["gap"]) == (1, 1, 1, 0)
    assert total["net"] == donor["net"]


@pytest.mark.usefixtures("fleet")
def test_where_labour_costs_more_than_the_part_is_worth_nothing_is_opened(client_of: ClientOf) -> None:
    plan = asked(client_of(Role.FINANCE), wage="4000")
    assert (plan["lines"], plan["donors"]) == ([], [])
    assert plan["totals"][0]["net"] == "0.00"


@pytest.mark.usefixtures("fleet")
def test_one_product_may_be_asked_for_and_a_strange_one_gives_an_empty_plan(client_of: ClientOf) -> None:
    client = client_of(Role.ADMINISTRATOR)
    assert asked(client, product="LP-1") == asked(client)
    assert asked(client, product="nothing of ours")["totals"] == []


@pytest.mark.usefixtures("fleet")
def test_asking_twice_gives_the_same_plan_and_changes_nothing(client_of: ClientOf) -> None:
    client = client_of(Role.FLEET_MANAGER)
    before = client.get("/api/v1/assets").json()
    assert asked(client) == asked(client)
    assert client.get("/api/v1/assets").json() == before


@pytest.mark.parametrize("query", [{"horizon_days": 3}, {"wage": "-1"}, {"wage": "NaN"}, {"horizon_days": 10**30}])
def test_an_odd_question_is_refused(client_of: ClientOf, query: dict[str, Any]) -> None:
    assert client_of(Role.FINANCE).get("/api/v1/harvest-plan", params=query).status_code == 422


def test_neither_technician_nor_customer_sees_what_it_nets(client_of: ClientOf) -> None:
    assert client_of(Role.TECHNICIAN).get("/api/v1/harvest-plan").status_code == 403
