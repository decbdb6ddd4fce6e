"""Over HTTP: what a portfolio may net, by group and at other prices; made again, it is the same to the last cent."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from fastapi.testclient import TestClient

from billing.contract.contract import NewContract, NewContractLine
from billing.sign_contracts import sign_contracts
from lifecycle.actor import Actor
from lifecycle.log_inspections import log_inspections
from lifecycle.tables import AssetRecord
from pas.db import Database
from pas.role import Role
from pas.worker import work_once
from tests.conftest import ClientOf
from tests.lifecycle.sample_fleet import inspection, store_assets, store_customer, store_product

PERIOD = {"start": "2026-01-01", "end": "2030-01-01"}
GRADES = ({"light": "A", "housing": "A"}, {"light": "B", "housing": "B"}, {"light": "D", "housing": "C"})
ENDS = (date(2027, 6, 1), date(2027, 6, 1), date(2029, 1, 1))


@pytest.fixture
def fleet(database: Database, tenant: int, now: datetime, actor: Actor) -> list[AssetRecord]:
    """Two projectors of one customer until 2027, a third of another until 2029, seen in three states."""
    with database.writing(tenant) as session:
        assets = store_assets(session, store_product(session), count=3, now=now, by=actor)
        customers = [store_customer(session, code) for code in ("K1", "K1b")]
        lines = [
            NewContractLine(asset_id=one.id, starts_on=date(2025, 1, 1), monthly_fee=Decimal(90)) for one in assets
        ]
        contracts = [
            NewContract(
                code=f"C{at}", customer_id=customers[at == 2].id, starts_on=date(2025, 1, 1), ends_on=ends, lines=[line]
            )
            for at, (ends, line) in enumerate(zip(ENDS, lines, strict=True))
        ]
        sign_contracts(session, contracts, now=now, by=actor)
        log_inspections(
            session,
            [
                inspection(one.id, now - timedelta(days=1), grades=seen)
                for one, seen in zip(assets, GRADES, strict=True)
            ],
            now=now,
            by=actor,
        )
    work_once(database)
    return assets


def asked(client: TestClient, **query: Any) -> dict[str, Any]:
    answer = client.get("/api/v1/portfolio-forecast", params=PERIOD | query)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def group(told: dict[str, Any], kind: str) -> dict[str, dict[str, Any]]:
    return {one["name"]: one for one in told["groups"] if one["kind"] == kind}


@pytest.mark.usefixtures("fleet")
def test_means_and_books_add_up_over_every_grouping_and_quantiles_do_not(client_of: ClientOf) -> None:
    told = asked(client_of(Role.FINANCE))
    whole = group(told, "portfolio")[""]
    assert (whole["things"], told["left_out"]) == (3, 0)
    assert sorted(group(told, "contract")) == ["C0", "C1", "C2"]
    assert {name: one["things"] for name, one in group(told, "customer").items()} == {"K1": 2, "K1b": 1}
    assert sorted(group(told, "maturity")) == ["2027", "2028"]
    for kind in ("customer", "contract", "category", "maturity"):
        parts = group(told, kind).values()
        for adds_up in ("mean", "booked"):
            assert sum(one[adds_up] for one in parts) == pytest.approx(whole[adds_up], abs=0.05)
    assert whole["p10"] > sum(one["p10"] for one in group(told, "contract").values())
    assert whole["p10"] < whole["p50"] < whole["p90"]
    assert whole["expected_shortfall"] >= whole["value_at_risk"]


@pytest.mark.usefixtures("fleet")
def test_the_same_question_gives_the_same_figures_and_later_news_does_not_change_the_past(
    client_of: ClientOf, fleet: list[AssetRecord], database: Database, tenant: int, actor: Actor
) -> None:
    client = client_of(Role.FINANCE)
    today = asked(client)
    assert asked(client) == today
    tomorrow = datetime.fromisoformat(f"{today['known_until']}T12:00:00+00:00") + timedelta(days=1)
    with database.writing(tenant) as session:
        worse = [inspection(one.id, tomorrow - timedelta(hours=2), grades=GRADES[2]) for one in fleet]
        log_inspections(session, worse, now=tomorrow, by=actor)
    work_once(database, now=lambda: tomorrow)

    assert asked(client, as_of=today["known_until"]) == today


@pytest.mark.usefixtures("fleet")
def test_cheaper_labour_never_takes_value_and_every_setting_says_what_flips(client_of: ClientOf) -> None:
    told = asked(client_of(Role.ADMINISTRATOR))
    settings = {one["setting"]: one for one in told["settings"]}
    assert settings["labour_tax_down"]["change"] > 0
    assert settings["material_up"]["change"] >= 0
    whole = group(told, "portfolio")[""]["mean"]
    for one in settings.values():
        assert one["mean"] == pytest.approx(whole + one["change"], abs=0.02)
        assert one["things_that_flip"] == sum(one["flips"].values()) <= 3


def test_nothing_that_ends_is_worth_nothing_and_an_odd_period_is_refused(client_of: ClientOf) -> None:
    client = client_of(Role.FINANCE)
    assert asked(client)["groups"] == []
    turned = client.get("/api/v1/portfolio-forecast", params={"start": "2027-01-01", "end": "2026-01-01"})
    assert turned.status_code == 422
    assert client_of(Role.TECHNICIAN).get("/api/v1/portfolio-forecast", params=PERIOD).status_code == 403
