"""Rules of alerts over HTTP: in versions, tried on 90 days first, scored by what became of their alerts."""

from datetime import timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlmodel import select

from lifecycle.reassess import reassess
from lifecycle.tables import AlertRecord, AuditRecord
from pas import clock
from pas.db import Database
from pas.role import Role
from tests.conftest import ClientOf
from tests.telling.conftest import NOON, Room, heat, room  # noqa: F401 - a fixture


@pytest.fixture(autouse=True)
def _standing_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOON)


@pytest.fixture
def manager(client_of: ClientOf, room: Room) -> TestClient:  # noqa: F811 - the fixture
    return client_of(Role.FLEET_MANAGER, tenant_id=room.tenant_id)


@pytest.fixture
def hot(database: Database, room: Room) -> None:  # noqa: F811 - the fixture
    with database.writing(room.tenant_id) as session:
        heat(session, room.assets, 31.0)
        reassess(session, now=NOON)


def terms_of(manager: TestClient, code: str) -> dict[str, Any]:
    (rule,) = [one for one in manager.get("/api/v1/alert-rules").json()["items"] if one["code"] == code]
    terms: dict[str, Any] = rule["terms"]
    return terms


def test_a_change_is_a_version_that_is_audited_and_the_same_again_is_none(
    manager: TestClient,
    room: Room,  # noqa: F811 - the fixture
    database: Database,
) -> None:
    changed = terms_of(manager, "wear") | {"limit": 45.0, "cause": "Bearings", "review_on": "2027-05-01"}

    for _ in range(2):
        kept = manager.put("/api/v1/alert-rules/wear", json=changed).json()["rule"]
        assert (kept["version"], kept["terms"]["limit"], kept["terms"]["cause"]) == (1, 45.0, "Bearings")

    (version,) = manager.get("/api/v1/alert-rules/wear/versions").json()["items"]
    assert version["made_by"].endswith("@maker.example")
    with database.reading(room.tenant_id) as session:
        actions = session.exec(select(AuditRecord.action)).all()
        assert actions.count("alert-rule-kept") == 1


@pytest.mark.parametrize(
    "wrong",
    [{"clear": 10.0}, {"tell": []}, {"tell": ["everybody"]}, {"limit": "NaN"}, {"on_delay_days": 999}, {"loud": True}],
)
def test_a_rule_that_makes_no_sense_is_refused(manager: TestClient, wrong: dict[str, Any]) -> None:
    refused = manager.put("/api/v1/alert-rules/wear", json=terms_of(manager, "wear") | wrong)

    assert refused.status_code == 422


@pytest.mark.usefixtures("hot")
def test_a_changed_rule_shows_what_it_would_have_told_in_90_days(manager: TestClient) -> None:
    deaf = terms_of(manager, "environment") | {"limit": 20.0, "clear": 0.0}

    tried = manager.post("/api/v1/alert-rules/environment/trial", json=deaf).json()

    assert (tried["now"]["looked_at"], tried["now"]["alerts"], tried["then"]["alerts"]) == (12, 12, 0)
    assert tried["now"]["days"] == 90
    assert manager.put("/api/v1/alert-rules/environment", json=deaf).json()["trial"] == tried


@pytest.mark.usefixtures("hot")
def test_the_trial_counts_what_was_really_raised(manager: TestClient, database: Database, room: Room) -> None:  # noqa: F811
    tried = manager.post("/api/v1/alert-rules/environment/trial", json=terms_of(manager, "environment")).json()

    with database.reading(room.tenant_id) as session:
        assert tried["then"]["alerts"] == len(session.exec(select(AlertRecord)).all())


@pytest.mark.usefixtures("hot")
def test_alerts_called_untrue_make_a_rule_too_loud_and_a_quieter_one_is_proposed(
    manager: TestClient,
    database: Database,
    room: Room,  # noqa: F811 - the fixture
) -> None:
    for alert in manager.get("/api/v1/alerts", params={"limit": 100}).json()["items"]:
        said = {"verdict": "not_true", "reason": "the sensor hangs over the lamp"}
        assert manager.post(f"/api/v1/alerts/{alert['id']}/answer", json=said).status_code == 201
    assert _but_one(database, room) == 11

    (found,) = [
        one for one in manager.get("/api/v1/alert-rules/scores").json()["items"] if one["code"] == "environment"
    ]

    assert (found["raised"], found["false"], found["precision"], found["too_loud"]) == (12, 12, 0.0, True)
    assert found["false_per_asset_month"] > found["budget"] == 0.1
    assert found["proposal"]["trial"]["then"]["alerts"] < found["proposal"]["trial"]["now"]["alerts"]


def _but_one(database: Database, room: Room) -> int:  # noqa: F811 - the value
    """Let one thing be left, so that twelve false alerts are many for an asset in a month."""
    from lifecycle.asset import AssetStatus  # noqa: PLC0415 - only here
    from lifecycle.tables import AssetRecord  # noqa: PLC0415 - only here

    with database.writing(room.tenant_id) as session:
        rest = session.exec(select(AssetRecord)).all()[1:]
        for asset in rest:
            asset.status = AssetStatus.IN_STOCK
        return len(rest)


@pytest.mark.usefixtures("hot")
def test_a_failure_that_was_foretold_gives_lead_time_and_one_that_was_not_costs_recall(
    manager: TestClient,
    room: Room,  # noqa: F811 - the fixture
) -> None:
    alert = manager.get("/api/v1/alerts").json()["items"][0]
    seen = {"asset_id": alert["asset_id"], "rule": "environment", "failed_at": NOON.isoformat()}
    noted = manager.post("/api/v1/alert-outcomes", json=seen | {"alert_id": alert["id"]})
    assert (noted.status_code, noted.json()["rule"]) == (201, "environment")
    assert manager.post("/api/v1/alert-outcomes", json=seen).status_code == 201
    ahead = seen | {"failed_at": (NOON + timedelta(days=1)).isoformat()}
    assert manager.post("/api/v1/alert-outcomes", json=ahead).json()["code"] == "impossible-failure"

    (found,) = [
        one for one in manager.get("/api/v1/alert-rules/scores").json()["items"] if one["code"] == "environment"
    ]

    assert (found["foretold"], found["missed"], found["recall"], found["median_lead_days"]) == (1, 1, 0.5, 0.0)


def test_a_new_class_stays_in_the_shadow_and_no_customer_sees_it(
    manager: TestClient,
    client_of: ClientOf,
    database: Database,
    room: Room,  # noqa: F811 - the fixture
) -> None:
    quiet = terms_of(manager, "environment") | {"stage": "shadow"}
    assert manager.put("/api/v1/alert-rules/environment", json=quiet).status_code == 200
    with database.writing(room.tenant_id) as session:
        heat(session, room.assets, 31.0)
        reassess(session, now=NOON)
    customer = client_of(Role.CUSTOMER, customer_id=room.holder_id, tenant_id=room.tenant_id)

    shadows = manager.get("/api/v1/alerts").json()["items"]
    assert len(shadows) == 12
    assert all(one["shadow"] for one in shadows)
    assert customer.get("/api/v1/alerts").json()["items"] == []

    assert manager.put("/api/v1/alert-rules/environment", json=quiet | {"stage": "live"}).status_code == 200
    with database.writing(room.tenant_id) as session:
        reassess(session, now=NOON, asset_ids=room.assets)
    assert len(customer.get("/api/v1/alerts").json()["items"]) == 12


def test_wishes_are_ones_own_and_kept(manager: TestClient) -> None:
    wishes = manager.get("/api/v1/me/wishes").json()
    assert wishes["mail"] is True

    changed = wishes | {"digest": "daily", "off": ["wear"], "quiet_from": 20}
    assert manager.put("/api/v1/me/wishes", json=changed).json() == changed
    assert manager.get("/api/v1/me/wishes").json() == changed
    assert manager.put("/api/v1/me/wishes", json=wishes | {"zone": "Mars/Olympus"}).status_code == 422


def test_a_webhook_shows_its_secret_once_and_can_be_ended_and_woken(client_of: ClientOf, room: Room) -> None:  # noqa: F811
    admin = client_of(Role.ADMINISTRATOR, tenant_id=room.tenant_id)
    made = admin.post("/api/v1/webhooks", json={"name": "hook", "url": "https://hook.example/x", "kinds": ["wear"]})
    assert made.status_code == 201
    path = f"/api/v1/webhooks/{made.json()['id']}"

    assert made.json()["secret"].startswith("whsec_")
    assert "secret" not in admin.get("/api/v1/webhooks").json()["items"][0]
    assert admin.delete(path).json()["disabled_at"] is not None
    assert admin.post(f"{path}/wake").json()["disabled_at"] is None
    inside = admin.post("/api/v1/webhooks", json={"name": "inside", "url": "https://10.0.0.1/"})
    assert (inside.status_code, inside.json()["code"]) == (422, "unsafe-address")


@pytest.mark.usefixtures("hot")
def test_the_page_shows_alerts_with_who_should_act(manager: TestClient) -> None:
    page = manager.get("/alerts", params={"lang": "en"})

    assert page.status_code == 200
    assert "PAS_SMTP_URL" in page.text
    assert "Improve the surroundings" in page.text


@pytest.mark.usefixtures("hot")
def test_alerts_leave_as_a_file_that_no_spreadsheet_runs(manager: TestClient) -> None:
    alert = manager.get("/api/v1/alerts").json()["items"][0]
    said = {"verdict": "not_true", "reason": "no"}
    assert manager.post(f"/api/v1/alerts/{alert['id']}/answer", json=said).status_code == 201

    sent = manager.get("/api/v1/alerts", headers={"Accept": "text/csv"})

    assert sent.headers["content-type"].startswith("text/csv")
    lines = sent.text.splitlines()
    assert len(lines) == 13
    assert lines[0].startswith("id,asset_id,kind")
    assert "'environment:" not in sent.text
