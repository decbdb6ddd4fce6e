"""Over HTTP: a report is kept, made again, given as files; its proposals are decided; residuals are set."""

from datetime import datetime
from typing import Any

import pytest
from fastapi.testclient import TestClient

from lifecycle.actor import Actor
from lifecycle.tables import AssetRecord
from pas.db import Database
from pas.role import Role
from tests.billing.ending_fleet import END, START, ending_fleet
from tests.conftest import ClientOf

API = "/api/v1"
ASKED = {"start": str(START), "end": str(END)}


@pytest.fixture
def assets(database: Database, tenant: int, now: datetime, actor: Actor) -> list[AssetRecord]:
    with database.writing(tenant) as session:
        found = ending_fleet(session, now=now, by=actor)
        session.expunge_all()
        return found


def kept(client: TestClient, **differing: Any) -> dict[str, Any]:
    answer = client.post(f"{API}/end-reports", json=ASKED | differing)
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


@pytest.mark.usefixtures("assets")
def test_a_kept_report_is_listed_made_again_and_given_as_files(client_of: ClientOf) -> None:
    client = client_of(Role.FINANCE)
    made = kept(client)
    assert client.get(f"{API}/end-report", params=ASKED).json() == made["report"]
    assert [one["report_sha256"] for one in client.get(f"{API}/end-reports").json()["items"]] == [
        made["report"]["sha256"]
    ]
    again = client.get(f"{API}/end-reports/{made['id']}").json()
    assert again == made
    pdf = client.get(f"{API}/end-reports/{made['id']}/pdf", params={"language": "fr"})
    assert (pdf.status_code, pdf.content[:5]) == (200, b"%PDF-")
    assert client.get(f"{API}/end-reports/{made['id']}/xlsx").content[:2] == b"PK"
    assert client.get(f"{API}/end-reports/{made['id']}/pdf", params={"language": "xx"}).status_code == 422
    assert client.get(f"{API}/end-report", params=ASKED | {"as_of": "9999-12-31"}).status_code == 422


@pytest.mark.usefixtures("assets")
def test_proposals_are_decided_once_by_finance_alone(client_of: ClientOf) -> None:
    client = client_of(Role.FINANCE)
    report = kept(client, premise="forced_liquidation")
    found = client.get(f"{API}/write-downs", params={"report_id": report["id"]}).json()["items"]
    assert found
    address = f"{API}/write-downs/{found[0]['id']}"
    decision = {"verdict": "approved", "reason": "agreed with the auditor"}
    assert client_of(Role.FLEET_MANAGER).put(f"{address}/decision", json=decision).status_code == 403

    decided = client.put(f"{address}/decision", json=decision)

    assert (decided.status_code, decided.json()["verdict"]) == (200, "approved")
    assert client.get(address).json() == decided.json()
    assert client.put(f"{address}/decision", json=decision).status_code == 200
    other = client.put(f"{address}/decision", json=decision | {"verdict": "refused"})
    assert (other.status_code, other.json()["type"].rsplit("/", 1)[-1]) == (409, "already-decided")
    assert client.put(f"{address}/decision", json=decision | {"reason": ""}).status_code == 422


def test_residuals_are_set_all_or_none_and_unsound_ones_are_refused(
    client_of: ClientOf, assets: list[AssetRecord]
) -> None:
    client = client_of(Role.FINANCE)
    sound = {"asset_id": str(assets[0].id), "set_on": "2025-01-01", "currency": "EUR", "residual": "900"}
    unsound = sound | {"asset_id": str(assets[1].id), "guaranteed": "5"}
    assert client.post(f"{API}/residuals", json={"residuals": [sound, unsound]}).status_code == 422
    assert client.get(f"{API}/residuals").json()["items"] == []
    made = client.post(f"{API}/residuals", json={"residuals": [sound]})
    assert (made.status_code, made.json()[0]["residual"]) == (201, "900")
    listed = client.get(f"{API}/residuals", params={"asset_id": str(assets[0].id)}).json()["items"]
    assert [one["id"] for one in listed] == [made.json()[0]["id"]]
    lines = client.get(f"{API}/end-report", params=ASKED).json()["lines"]
    assert [line["residual_set"] for line in lines if line["serial"] == assets[0].serial] == ["900"]
