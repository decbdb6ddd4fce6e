"""Over HTTP: a wrong reading is corrected with a reason, the thing's history says so, and it is assessed again."""

from datetime import datetime, timedelta

import pandas as pd
import pytest
from sqlmodel import select

from lifecycle.actor import Actor
from lifecycle.tables import AssetRecord, ReassessmentRecord
from pas.db import Database
from pas.role import Role
from telemetry.ingest import ingest
from telemetry.keep_metrics import keep_metrics
from telemetry.metric import CATALOGUE
from tests.conftest import ClientOf
from tests.lifecycle.sample_fleet import store_assets, store_customer, store_product

FROM = datetime.fromisoformat("2026-10-05T06:00:00Z")
WRONG = {"metric": "lamp_hours", "because": "read upside down", "readings": [{"at": FROM.isoformat(), "value": 61}]}


@pytest.fixture
def asset(database: Database, tenant: int, now: datetime, actor: Actor) -> AssetRecord:
    """A lamp whose hours were read twice, first wrong."""
    with database.writing(tenant) as session:
        keep_metrics(session, CATALOGUE)
        holder = store_customer(session)
        made = store_assets(session, store_product(session), now=now, by=actor, holder_id=holder.id)[0]
        rows = [("lamp_hours", FROM, 19.0), ("lamp_hours", FROM + timedelta(hours=20), 70.0)]
        frame = pd.DataFrame(rows, columns=["metric", "at", "value"]).assign(asset_id=str(made.id))
        assert ingest(session, frame=frame, key=None, source="test", now=now).taken == 2
        return made


def test_a_correction_counts_is_listed_and_stands_in_the_history(
    asset: AssetRecord, client_of: ClientOf, database: Database, tenant: int
) -> None:
    client, address = client_of(Role.FLEET_MANAGER), f"/api/v1/assets/{asset.id}"

    told = client.post(f"{address}/reading-corrections", json=WRONG)
    again = client.post(f"{address}/reading-corrections", json=WRONG)

    assert (told.status_code, told.json()) == (201, [{"at": "2026-10-05T06:00:00Z", "was": 19.0, "value": 61.0}])
    assert again.json() == []
    (kept,) = client.get(f"{address}/reading-corrections").json()["items"]
    assert (kept["was"], kept["value"], kept["because"]) == (19.0, 61.0, "read upside down")
    span = {"start": "2026-10-05T00:00:00Z", "end": "2026-10-07T00:00:00Z"}
    assert client.get(f"{address}/meters/lamp_hours", params=span).json()["figure"]["increase"] == 9.0
    events = client.get(f"{address}/history").json()["items"]
    assert [event["facts"]["count"] for event in events if event["kind"] == "readings-corrected"] == [1]
    with database.reading(tenant) as session:
        assert asset.id in session.exec(select(ReassessmentRecord.asset_id)).all()


@pytest.mark.parametrize("role", [Role.TECHNICIAN, Role.CUSTOMER, Role.FINANCE])
def test_only_who_answers_for_the_fleet_corrects(asset: AssetRecord, client_of: ClientOf, role: Role) -> None:
    assert client_of(role).post(f"/api/v1/assets/{asset.id}/reading-corrections", json=WRONG).status_code == 403


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"because": ""}, 422, "invalid-input"),
        ({"readings": []}, 422, "invalid-input"),
        ({"readings": [{"at": FROM.isoformat(), "value": -3}]}, 422, "implausible-correction"),
        ({"readings": [{"at": "2026-10-05T07:00:00Z", "value": 3}]}, 404, "nothing-to-correct"),
        ({"metric": "light"}, 404, "unknown-metric"),
        ({"readings": [{"at": "1969-12-31T23:59:59Z", "value": 3}]}, 404, "nothing-to-correct"),
        ({"readings": [{"at": "9999-01-01T00:00:00Z", "value": 3}]}, 422, "impossible-moment"),
        ({"readings": [{"at": "0001-01-01T00:00:00+14:00", "value": 3}]}, 422, "out-of-range"),
        ({"readings": [{"at": "9999-12-31T23:59:59-14:00", "value": 3}]}, 422, "out-of-range"),
    ],
)
def test_a_wrong_correction_says_what_is_wrong(
    asset: AssetRecord, client_of: ClientOf, change: dict[str, object], status: int, code: str
) -> None:
    told = client_of(Role.FLEET_MANAGER).post(f"/api/v1/assets/{asset.id}/reading-corrections", json=WRONG | change)

    assert (told.status_code, told.json()["code"]) == (status, code)
