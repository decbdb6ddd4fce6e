"""The newest values of a page of the fleet in one question: to whom they belong, in every form, in few statements."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from io import BytesIO, StringIO
from uuid import uuid4

import pandas as pd
import pyarrow as pa
import pytest
from fastapi.testclient import TestClient
from sqlalchemy import event

from lifecycle.absorb_readings import absorb_readings
from lifecycle.actor import Actor
from lifecycle.tables import AssetRecord, CustomerRecord
from pas.db import Database
from pas.role import Role
from telemetry.keep_metrics import keep_metrics
from telemetry.metric import CATALOGUE
from tests.conftest import ClientOf
from tests.lifecycle.sample_fleet import store_assets, store_customer, store_product


@pytest.fixture
def holder(database: Database, tenant: int) -> CustomerRecord:
    with database.writing(tenant) as session:
        keep_metrics(session, CATALOGUE)
        return store_customer(session)


@pytest.fixture
def fleet(database: Database, tenant: int, holder: CustomerRecord, now: datetime, actor: Actor) -> list[AssetRecord]:
    """Twelve things, of which the first five are with a customer, and all but the last were measured."""
    with database.writing(tenant) as session:
        first, second = (store_product(session, code=code) for code in ("A", "B"))
        fleet = store_assets(session, first, now=now, by=actor, count=5, holder_id=holder.id)
        fleet += store_assets(session, second, now=now, by=actor, count=7)
        rows = [
            (asset.serial, metric, now - timedelta(hours=hour), number + hour / 4, "")
            for number, asset in enumerate(fleet[:-1])
            for metric in ("lamp_hours", "co2")
            for hour in (3, 1, 2)
        ]
        frame = pd.DataFrame(rows, columns=["asset", "metric", "at", "value", "unit"])
        absorb_readings(session, frame=frame, key=None, source="test", now=now, by=actor)
        return fleet


@pytest.fixture
def technician(client_of: ClientOf) -> TestClient:
    return client_of(Role.TECHNICIAN)


@contextmanager
def statements_of(database: Database) -> Iterator[list[str]]:
    """Write down what is asked of the database."""
    asked: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        asked.append(statement)

    event.listen(database.engine, "before_cursor_execute", note)
    yield asked
    event.remove(database.engine, "before_cursor_execute", note)


def test_a_page_of_the_fleet_is_read_to_its_end(fleet: list[AssetRecord], technician: TestClient) -> None:
    found, cursor = [], None
    while True:
        asked = {"limit": 5, "metric": "lamp_hours"} | ({"cursor": cursor} if cursor else {})
        part = technician.get("/api/v1/latest", params=asked).json()
        found += part["items"]
        if not (cursor := part["next_cursor"]):
            break

    assert [one["asset_id"] for one in found] == [str(asset.id) for asset in fleet]
    assert [one["readings"][0]["value"] for one in found[:-1]] == [number + 0.25 for number in range(11)]
    assert found[0]["readings"][0] | {"value": 0.25, "unit": "hour", "metric": "lamp_hours"} == found[0]["readings"][0]
    assert found[-1]["readings"] == []


def test_filters_narrow_each_other(fleet: list[AssetRecord], holder: CustomerRecord, technician: TestClient) -> None:
    named = [str(fleet[2].id), str(fleet[7].id), str(uuid4())]

    both = technician.get("/api/v1/latest", params={"asset_id": named}).json()["items"]
    held = technician.get("/api/v1/latest", params={"asset_id": named, "holder": str(holder.id)}).json()["items"]
    none = technician.get("/api/v1/latest", params={"metric": "light"}).json()["items"]

    assert [one["serial"] for one in both] == ["A-0002", "B-0002"]
    assert [one["serial"] for one in held] == ["A-0002"]
    assert [one["readings"] for one in none] == [[]] * 12


def test_a_customer_sees_its_own_whatever_it_names(
    fleet: list[AssetRecord], holder: CustomerRecord, client_of: ClientOf
) -> None:
    customer, nobody = (client_of(Role.CUSTOMER, customer_id=some) for some in (holder.id, None))
    named = [str(asset.id) for asset in fleet]

    for asked in ({}, {"asset_id": named}):
        seen = customer.get("/api/v1/latest", params=asked).json()["items"]
        assert [one["serial"] for one in seen] == [f"A-{number:04}" for number in range(5)]
        assert nobody.get("/api/v1/latest", params=asked).json()["items"] == []


def test_as_csv_and_arrow_a_reading_is_a_row_and_a_link_leads_on(
    fleet: list[AssetRecord], technician: TestClient
) -> None:
    first = technician.get("/api/v1/latest", params={"limit": 10, "format": "csv"})
    rest = technician.get(first.links["next"]["url"])
    packed = technician.get(
        "/api/v1/latest", params={"limit": 500}, headers={"Accept": "application/vnd.apache.arrow.stream"}
    )

    tables = [pd.read_csv(StringIO(part.text)) for part in (first, rest)]
    assert [len(table) for table in tables] == [20, 2]
    assert list(tables[0].columns) == ["asset", "metric", "at", "value", "unit"]
    assert "next" not in rest.links
    values = pa.ipc.open_stream(BytesIO(packed.content)).read_all()["value"].to_pylist()
    assert pd.concat(tables)["value"].tolist() == values


def test_more_assets_need_no_more_statements(
    fleet: list[AssetRecord], technician: TestClient, database: Database
) -> None:
    counts = []
    for limit in (1, 3, 12):
        technician.get("/api/v1/latest", params={"limit": limit})
        with statements_of(database) as asked:
            assert len(technician.get("/api/v1/latest", params={"limit": limit}).json()["items"]) == limit
        counts.append(sum(statement.lstrip().upper().startswith("SELECT") for statement in asked))

    assert len(set(counts)) == 1, counts
