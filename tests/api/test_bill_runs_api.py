"""Finance drafts, looks, approves and issues over HTTP and by command; a large month is left to the worker."""

from threading import Event

import pytest
from sqlmodel import select

from billing.tables import InvoiceRecord
from pas.api import bill_runs
from pas.db import Database
from pas.role import Role
from pas.worker import bill_all
from tests.billing.billed_fleet import contract, found_fleet, line, sign
from tests.conftest import ClientOf, Pas

MONTH = {"month": "2026-10"}


@pytest.fixture
def fleet(database: Database, tenant: int) -> int:
    """Three contracts of one projector each; gives how many."""
    with database.writing(tenant) as session:
        found = found_fleet(session)
        sign(session, *(contract(found.customer, f"C-{n}", [line(one)]) for n, one in enumerate(found.assets)))
        return len(found.assets)


def test_finance_drafts_looks_approves_and_issues(fleet: int, client_of: ClientOf) -> None:
    finance = client_of(Role.FINANCE)
    policy = {"sign_off": True, "tell_from_percent": "5"}
    assert finance.put("/api/v1/bill-policy", json=policy).json() == policy
    assert finance.get("/api/v1/bill-policy").json() == policy
    assert finance.post("/api/v1/bill-runs", json=MONTH).json()["code"] == "sign-off-wanted"

    drafted = finance.post("/api/v1/bill-runs", json=MONTH | {"deed": "draft"}).json()
    (first, *_) = finance.get("/api/v1/drafts", params=MONTH).json()["items"]
    lines = finance.get("/api/v1/drafts/lines", params=MONTH | {"contract_id": first["contract_id"]}).json()["lines"]
    report = finance.get("/api/v1/drafts/report", params=MONTH).json()
    assert (drafted["drafted"], drafted["state"], report["drafts"], report["new"]) == (fleet, "done", fleet, fleet)
    assert (first["net"], [one["net"] for one in lines], first["approved"]) == ("50.00", ["50.00"], False)

    wrong = {"month": "2026-10", "shown": "0" * 64}
    assert finance.post("/api/v1/drafts/approvals", json=wrong).json()["code"] == "draft-differs"
    some = {"month": "2026-10", "drafts": [{"contract_id": first["contract_id"], "hash": first["hash"]}]}
    assert finance.post("/api/v1/drafts/approvals", json=some).json() == {"approved": 1, "already_approved": 0}
    every = {"month": "2026-10", "shown": report["hash"]}
    assert finance.post("/api/v1/drafts/approvals", json=every).json() == {"approved": 2, "already_approved": 1}

    issued = finance.post("/api/v1/bill-runs", json=MONTH | {"deed": "issue_approved"})
    assert (issued.status_code, issued.json()["issued"], issued.json()["net"]) == (201, fleet, "150.00")
    assert finance.get(f"/api/v1/bill-runs/{issued.json()['id']}").json() == issued.json()


def test_a_large_month_is_under_way_until_the_worker_ends_it(
    fleet: int, database: Database, tenant: int, client_of: ClientOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bill_runs, "ISSUED_AT_ONCE", 2)
    finance = client_of(Role.FINANCE)

    begun = finance.post("/api/v1/bill-runs", json=MONTH)
    seen = finance.get(f"/api/v1/bill-runs/{begun.json()['id']}").json()
    assert (begun.status_code, seen["state"], seen["done"], seen["to_do"]) == (202, "running", 0, fleet)
    assert bill_all(database, stop=Event()) == 1

    ended = finance.get(f"/api/v1/bill-runs/{begun.json()['id']}").json()
    assert (ended["state"], ended["issued"], ended["done"]) == ("done", fleet, fleet)
    with database.reading(tenant) as session:
        assert len(session.exec(select(InvoiceRecord)).all()) == fleet


def test_missed_months_are_caught_up_each_in_its_own_period(
    fleet: int, database: Database, client_of: ClientOf
) -> None:
    finance = client_of(Role.FINANCE)

    begun = finance.post("/api/v1/bill-runs/catch-up", json={"since": "2026-08"}).json()["runs"]
    bill_all(database, stop=Event())

    assert [one["month"] for one in begun][:3] == ["2026-08", "2026-09", "2026-10"]
    ended = [finance.get(f"/api/v1/bill-runs/{one['id']}").json() for one in begun]
    assert {one["issued"] for one in ended} == {fleet}


def test_the_command_drafts_reports_approves_and_issues(fleet: int, pas: Pas) -> None:
    assert pas("bill-month", "2026-10", "--draft", "--json").json["drafted"] == fleet
    report = pas("drafts", "report", "2026-10", "--json").json
    assert "C-1" in pas("drafts", "report", "2026-10", "--language", "nl").stdout
    assert pas("drafts", "approve", "2026-10", "--shown", report["hash"], "--json").json["approved"] == fleet

    issued = pas("bill-month", "2026-10", "--approved", "--json")

    assert (issued.json["issued"], issued.json["failed"]) == (fleet, 0)
    assert "2026-10: 3 of 3 contracts" in issued.stderr
    assert pas("bill-month", "2026-10", "--retry", "--json").json["to_do"] == 0
    assert pas("bill-month", "2026-10", "--draft", "--approved").exit_code == 2
