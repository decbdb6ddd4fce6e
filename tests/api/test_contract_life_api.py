"""The life of a contract over HTTP and on the command line: what finance changes, and what customer and clerk see."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple
from uuid import uuid4

import pytest
import time_machine
from fastapi.testclient import TestClient

from pas.db import Database
from pas.role import Role
from tests.billing.billed_fleet import contract, found_fleet, line, read_meter
from tests.conftest import ClientOf, Pas

API = "/api/v1"
NOVEMBER = datetime(2026, 11, 11, 9, tzinfo=UTC)


class Leased(NamedTuple):
    """A signed contract of three projectors, and who looks at it."""

    finance: TestClient
    customer: TestClient
    stranger: TestClient
    contract: dict[str, Any]
    assets: list[str]
    product: str
    client_of: ClientOf

    def post(self, path: str, body: dict[str, Any], status: int = 201) -> Any:
        """Ask as finance, with the body given."""
        answer = self.finance.post(f"{API}/contracts/{self.contract['id']}{path}", json=body)
        assert answer.status_code == status, answer.text
        return answer.json()

    def get(self, path: str, **query: Any) -> Any:
        """Read as finance."""
        answer = self.finance.get(f"{API}/contracts/{self.contract['id']}{path}", params=query)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def preview(self, month: str) -> list[dict[str, Any]]:
        """Give the lines that the bill of a month would have."""
        lines: list[dict[str, Any]] = self.get("/preview", month=month)["lines"]
        return lines

    def bill(self, month: str) -> list[dict[str, Any]]:
        """Bill a month and give the lines of the invoice, none where nothing was owed."""
        run = self.finance.post(f"{API}/bill-runs", json={"month": month})
        assert run.status_code == 201, run.text
        assert run.json()["failed"] == 0, run.json()
        found = self.finance.get(f"{API}/invoices", params={"month": month}).json()["items"]
        number = next((one["number"] for one in found if one["contract_id"] == self.contract["id"]), None)
        if number is None:
            return []
        answer = self.finance.get(f"{API}/invoices/{number}")
        assert answer.status_code == 200, answer.text
        lines: list[dict[str, Any]] = answer.json()["document"]["lines"]
        return lines

    @contextmanager
    def december(self) -> Iterator["Leased"]:
        """Log in again a month later."""
        with time_machine.travel(datetime(2026, 12, 2, 9, tzinfo=UTC), tick=False):
            yield self._replace(finance=self.client_of(Role.FINANCE))


@pytest.fixture(autouse=True)
def november() -> Iterator[None]:
    with time_machine.travel(NOVEMBER, tick=False):
        yield


@pytest.fixture
def leased(database: Database, tenant: int, client_of: ClientOf) -> Leased:
    with database.writing(tenant) as session:
        fleet = found_fleet(session, assets=6)
        lines = [line(one, monthly_fee="30", ends_on="2027-01-01") for one in fleet.assets[:2]]
        metered = line(fleet.assets[2], monthly_fee="0", meter="lamp_hours", unit_price="0.10")
        paper = contract(fleet.customer, "C-1", [*lines, metered], ends_on="2027-01-01")
        customer, assets = fleet.customer.id, [str(one.id) for one in fleet.assets]
        product = str(fleet.assets[0].product_id)
        read_meter(session, fleet.assets[2], {"2026-09-30T20:00Z": 100, "2026-11-05T12:00Z": 180}, NOVEMBER)
    finance = client_of(Role.FINANCE)
    signed = finance.post(f"{API}/contracts", json=json.loads(paper.model_dump_json()))
    assert signed.status_code == 201, signed.text
    clients = client_of(Role.CUSTOMER, customer_id=customer), client_of(Role.CUSTOMER, customer_id=None)
    return Leased(finance, *clients, signed.json(), assets, product, client_of)


def agree(leased: Leased, since: str, **clause: Any) -> Any:
    return leased.post("/amendments", {"kind": "agree", "from_day": since, "clause": clause})


def named(lines: list[dict[str, Any]], component: str) -> list[dict[str, Any]]:
    return [one for one in lines if one["component"] == component]


def test_what_was_signed_stays_to_be_read_after_amendments(leased: Leased) -> None:
    leased.post(
        "/amendments",
        {"kind": "change_price", "from_day": "2026-10-16", "monthly_fee": "60", "asset_id": leased.assets[0]},
    )
    leased.post("/amendments", {"kind": "extend", "ends_on": "2027-06-01"})

    assert leased.get("")["ends_on"] == "2027-06-01"
    assert leased.get("", version=1) == leased.contract
    assert [one["monthly_fee"] for one in leased.get("", version=2)["lines"]].count("60") == 1
    assert leased.get("", version=2)["ends_on"] == "2027-01-01"
    assert leased.finance.get(f"{API}/contracts/{leased.contract['id']}", params={"version": 9}).status_code == 404
    assert [one["kind"] for one in leased.get("/amendments")["items"]] == ["change_price", "extend"]


def test_the_same_contract_signed_again_after_an_amendment_is_still_the_same(leased: Leased) -> None:
    leased.post("/amendments", {"kind": "extend", "ends_on": "2027-06-01"})
    again = {name: value for name, value in leased.contract.items() if name not in {"id", "signed_at"}}
    again["lines"] = [{name: value for name, value in one.items() if name != "id"} for one in again["lines"]]

    answer = leased.finance.post(f"{API}/contracts", json=again)

    assert (answer.status_code, answer.json()["ends_on"]) == (201, "2027-06-01")


def test_a_preview_is_exactly_what_the_bill_will_be(leased: Leased) -> None:
    leased.post(
        "/amendments",
        {"kind": "swap_asset", "asset_id": leased.assets[0], "by_asset_id": leased.assets[3], "on": "2026-10-10"},
    )
    leased.post("/charges", {"kind": "transport", "on_day": "2026-10-10", "name": "Levering", "unit_price": "75"})

    seen = leased.get("/preview", month="2026-10")
    billed = leased.bill("2026-10")

    told = ("component", "serial", "period_start", "period_end", "quantity", "unit", "unit_price", "net", "formula")
    assert [[one[name] for name in told] for one in seen["lines"]] == [[one[name] for name in told] for one in billed]
    assert leased.get("/preview", month="2026-10")["invoice"] is not None
    assert leased.get("/preview", month="2026-10")["net"] == seen["net"]


def test_a_customer_sees_use_and_cost_of_the_running_month_and_a_stranger_nothing(leased: Leased) -> None:
    path = f"{API}/contracts/{leased.contract['id']}"
    seen = leased.customer.get(f"{path}/preview", params={"month": "2026-11"}).json()

    assert (seen["is_over"], seen["invoice"]) == (False, None)
    assert [Decimal(one["quantity"]) for one in named(seen["lines"], "use")] == [80]
    assert Decimal(seen["net_so_far"]) == Decimal("8.00") + 2 * Decimal("10.00")
    for what in ("preview?month=2026-11", "amendments", "clauses", "charges", "quotes", "pools"):
        strange, unknown = (
            client.get(f"{API}/contracts/{one}/{what}")
            for client, one in ((leased.stranger, leased.contract["id"]), (leased.finance, uuid4()))
        )
        assert strange.status_code == unknown.status_code == 404
        assert strange.json()["code"] == unknown.json()["code"]
    assert leased.customer.post(f"{path}/amendments", json={"kind": "extend", "ends_on": None}).status_code == 403


def test_an_amendment_is_looked_at_before_it_is_made_and_nothing_of_it_stays(leased: Leased) -> None:
    asked = {"kind": "change_price", "from_day": "2026-11-16", "monthly_fee": "60", "asset_id": leased.assets[0]}
    path = f"{API}/contracts/{leased.contract['id']}/preview"

    answer = leased.finance.post(path, params={"month": "2026-11"}, json=asked)

    assert answer.status_code == 200, answer.text
    assert Decimal(answer.json()["difference"]) == Decimal("15.00")
    assert leased.get("/amendments")["items"] == []
    assert leased.get("") == leased.contract
    wrong = leased.finance.post(path, params={"month": "2026-11"}, json=asked | {"from_day": "2030-01-01"})
    assert wrong.json()["code"] == "not-possible-then"


def test_an_amendment_in_the_past_is_corrected_once_in_the_next_bill_in_its_own_period(leased: Leased) -> None:
    september = leased.bill("2026-09")
    number = leased.finance.get(f"{API}/invoices", params={"month": "2026-09"}).json()["items"][0]["number"]
    before = leased.finance.get(f"{API}/invoices/{number}").json()
    back = {"kind": "change_price", "from_day": "2026-09-16", "monthly_fee": "60", "asset_id": leased.assets[0]}
    leased.post("/amendments", back)

    october = leased.bill("2026-10")

    corrected = named(october, "correction")
    assert sorted(Decimal(one["net"]) for one in corrected) == [Decimal("-15.00"), Decimal("30.00")]
    assert {(one["period_start"][:7], one["reasons"][0]["code"]) for one in corrected} == {("2026-09", "bill.rerated")}
    assert leased.finance.get(f"{API}/invoices/{number}").json() == before
    assert sum(Decimal(one["net"]) for one in september) == Decimal("60.00")
    with leased.december() as later:
        assert named(later.bill("2026-11"), "correction") == []


def test_a_return_that_became_known_late_is_given_back(leased: Leased) -> None:
    leased.bill("2026-09")
    leased.post("/amendments", {"kind": "return_asset", "asset_id": leased.assets[1], "from_day": "2026-09-21"})

    october = leased.bill("2026-10")

    assert [Decimal(one["net"]) for one in named(october, "correction")] == [Decimal("-10.00")]
    assert len(named(october, "fee")) == 1


def test_a_pool_is_charged_by_its_number_and_swaps_within_it_change_nothing(leased: Leased) -> None:
    pool = {"code": "ANY", "product_id": leased.product, "count": 12, "monthly_fee": "10", "starts_on": "2026-10-01"}
    leased.post("/amendments", {"kind": "add_pool", "pool": pool})
    new = {"asset_id": leased.assets[3], "starts_on": "2026-10-01"}
    leased.post("/amendments", {"kind": "add_asset", "pool": "ANY", "line": new})
    agreed = leased.get("/preview", month="2026-10")
    leased.post(
        "/amendments",
        {"kind": "swap_asset", "asset_id": leased.assets[3], "by_asset_id": leased.assets[4], "on": "2026-10-10"},
    )

    assert leased.get("/preview", month="2026-10")["lines"] == agreed["lines"]
    (fee,) = [one for one in agreed["lines"] if one["name"].startswith("ANY")]
    assert (Decimal(fee["quantity"]), fee["unit"], Decimal(fee["net"])) == (12, "MON", Decimal("120.00"))
    leased.post("/amendments", {"kind": "change_pool", "pool": "ANY", "from_day": "2026-10-17", "count": 18})
    assert sum(
        Decimal(one["net"]) for one in leased.get("/preview", month="2026-10")["lines"] if one["name"]
    ) == Decimal("149.04")


def test_a_pool_may_be_charged_by_the_things_that_stood_there(leased: Leased) -> None:
    pool = {"code": "ANY", "product_id": leased.product, "count": 12, "monthly_fee": "31", "starts_on": "2026-10-01"}
    leased.post("/amendments", {"kind": "add_pool", "pool": pool | {"counting": "deployed"}})
    for asset, since in ((leased.assets[3], "2026-10-01"), (leased.assets[4], "2026-10-22")):
        leased.post(
            "/amendments", {"kind": "add_asset", "pool": "ANY", "line": {"asset_id": asset, "starts_on": since}}
        )

    (fee,) = [one for one in leased.preview("2026-10") if one["name"].startswith("ANY")]

    assert (Decimal(fee["quantity"]), fee["unit"], Decimal(fee["net"])) == (41, "DAY", Decimal("41.00"))


def test_an_indexed_fee_shows_its_figures_and_waits_for_them(leased: Leased) -> None:
    terms = {"kind": "indexation", "source": "CPI", "base_month": "2025-12", "every_months": 6, "lag_months": 1}
    agree(leased, "2026-01-01", **terms)
    refused = leased.finance.get(f"{API}/contracts/{leased.contract['id']}/preview", params={"month": "2026-10"})
    assert (refused.status_code, refused.json()["code"]) == (409, "index-not-published")
    for month, published, value in (("2025-12", "2026-01-05", "100.00"), ("2026-06", "2026-07-05", "104.00")):
        figure = {"source": "CPI", "month": month, "published_on": published, "value": value}
        assert leased.finance.post(f"{API}/price-indices", json=figure).status_code == 201

    fees = named(leased.preview("2026-10"), "fee")

    assert [Decimal(one["net"]) for one in fees] == [Decimal("31.20")] * 2
    why = fees[0]["reasons"][-1]
    assert (why["code"], why["inputs"]["value"], why["inputs"]["published_on"]) == ("bill.indexed", "104", "2026-07-05")
    figure = {"source": "CPI", "month": "2026-06", "published_on": "2026-07-05", "value": "105"}
    assert leased.finance.post(f"{API}/price-indices", json=figure).json()["code"] == "figure-differs"


def test_hours_down_are_credited_up_to_the_cap_with_the_spans_that_prove_them(
    leased: Leased, client_of: ClientOf
) -> None:
    level = {"kind": "service_level", "down_statuses": ["in_workshop"], "allowed_hours": "4"}
    agree(leased, "2026-10-01", **level, credit_per_hour="0.50", cap_percent="50")
    manager = client_of(Role.FLEET_MANAGER)
    steps = [(0, "in_workshop", 10, 8), (0, "in_service", 10, 22), (1, "in_workshop", 1, 8), (1, "in_service", 31, 8)]
    for asset, status, day, hour in steps:
        at = datetime(2026, 10, day, hour, tzinfo=UTC).isoformat()
        path = f"{API}/assets/{leased.assets[asset]}/status"
        assert manager.post(path, json={"status": status, "at": at}).status_code < 300

    first, second = named(leased.preview("2026-10"), "credit")

    assert (Decimal(first["quantity"]), first["unit"], Decimal(first["net"])) == (-10, "HUR", Decimal("-5.00"))
    assert first["reasons"][0]["inputs"]["spans"] == [["2026-10-10T08:00:00+00:00", "2026-10-10T22:00:00+00:00"]]
    assert (Decimal(second["quantity"]), Decimal(second["net"])) == (-1, Decimal("-15.00"))


def test_hours_down_may_be_those_of_a_meter_and_lead_to_its_readings(leased: Leased) -> None:
    level = {"kind": "service_level", "down_meter": "lamp_hours", "allowed_hours": "30"}
    agree(leased, "2026-10-01", **level, credit_percent_per_hour="1")
    leased.post(
        "/amendments",
        {"kind": "change_price", "from_day": "2026-10-01", "monthly_fee": "100", "asset_id": leased.assets[2]},
    )

    with leased.december() as later:
        (credit,) = named(later.preview("2026-11"), "credit")

    assert (Decimal(credit["quantity"]), Decimal(credit["net"])) == (-50, Decimal("-50.00"))
    assert (credit["reasons"][0]["inputs"]["meter"], credit["reasons"][0]["inputs"]["readings"]) == ("lamp_hours", 1)


def test_a_charge_is_billed_once_ever_in_its_month_or_the_next_one(leased: Leased) -> None:
    new = {"id": str(uuid4()), "kind": "damage", "on_day": "2026-09-20", "name": "Gebarsten lens", "unit_price": "120"}
    new |= {"asset_id": leased.assets[0]}
    leased.bill("2026-09")
    leased.post("/charges", new)
    leased.post("/charges", new)

    (line_,) = named(leased.bill("2026-10"), "charge")

    assert (line_["name"], line_["serial"], line_["period_start"]) == ("Gebarsten lens", "PRJ-00000", "2026-09-20")
    with leased.december() as later:
        assert named(later.bill("2026-11"), "charge") == []
    assert leased.post("/charges", new | {"unit_price": "1"}, 409)["code"] == "charge-differs"
    assert (
        leased.post("/charges", {**new, "id": None, "asset_id": leased.assets[5]}, 422)["code"] == "not-under-contract"
    )
    assert leased.post("/charges", {**new, "id": None, "inspection_id": str(uuid4())}, 422)["code"] == "unknown-cause"
    assert leased.post("/charges", {**new, "id": None, "kind": "deposit"}, 422)


def test_a_deposit_is_taken_without_vat_and_returned_when_the_contract_has_ended(leased: Leased) -> None:
    agree(leased, "2026-09-01", kind="deposit", amount="500")

    (taken,) = named(leased.bill("2026-09"), "deposit")
    leased.post("/amendments", {"kind": "end", "from_day": "2026-10-16", "by_consent": True})
    october = leased.bill("2026-10")

    assert (Decimal(taken["net"]), Decimal(taken["vat_rate"])) == (Decimal("500.00"), 0)
    (back,) = named(october, "deposit_return")
    assert (Decimal(back["net"]), back["period_start"], Decimal(back["vat_rate"])) == (
        Decimal("-500.00"),
        "2026-10-15",
        0,
    )
    assert {one["period_end"] for one in named(october, "fee")} == {"2026-10-16"}


def test_leaving_early_costs_what_the_clause_says(leased: Leased) -> None:
    end = {"kind": "end", "from_day": "2026-10-16"}
    assert leased.post("/amendments", end, 409)["code"] == "not-agreed"
    agree(leased, "2026-01-01", kind="early_termination", percent="50")
    quoted = [one for one in leased.get("/quotes", day="2026-10-16")["items"] if Decimal(one["amount"])]

    leased.post("/amendments", end)
    lines = named(leased.preview("2026-10"), "termination")

    assert [Decimal(one["net"]) for one in lines] == [Decimal(one["amount"]) for one in quoted]
    assert [Decimal(one["net"]) for one in lines] == [Decimal("37.74")] * 2
    assert lines[0]["reasons"][0]["inputs"]["formula"] == "30.00 × (2 + 16/31) × 50 % = 37.74"
    assert leased.get("/preview", month="2026-11")["lines"] == []


def test_a_thing_is_bought_at_its_value_and_charged_no_longer(leased: Leased) -> None:
    agree(leased, "2026-01-01", kind="buy_out", percent="110", minimum="100")
    worth = leased.finance.get(f"{API}/assets/{leased.assets[0]}/value", params={"as_of": "2026-10-16"}).json()

    leased.post("/amendments", {"kind": "buy_asset", "asset_id": leased.assets[0], "from_day": "2026-10-16"})
    october = leased.preview("2026-10")

    (bought,) = named(october, "buy_out")
    expected = max(
        Decimal("100.00"), (Decimal(worth["p50"]) * Decimal("1.1")).quantize(Decimal("0.01"), "ROUND_HALF_UP")
    )
    assert Decimal(bought["net"]) == expected > 0
    assert bought["reasons"][0]["code"] == "bill.buy_out"
    assert sorted(one["period_end"] for one in named(october, "fee")) == ["2026-10-16", "2026-11-01"]


def test_decisions_are_listed_until_notice_is_given_or_the_contract_is_renewed(leased: Leased, pas: Pas) -> None:
    agree(leased, "2026-01-01", kind="renewal", months=12, notice_days=30)
    listed = leased.finance.get(f"{API}/contracts/decisions", params={"days": 60}).json()["items"]
    assert [(one["contract"], one["decide_by"], one["renews_until"], one["prospect"]) for one in listed] == [
        ("C-1", "2026-12-01", "2028-01-01", "is_renewed")
    ]
    assert leased.finance.get(f"{API}/contracts/decisions", params={"days": 10}).json()["items"] == []
    assert pas("contract", "renew", "--json").json == {"renewed": [], "failed": []}

    with leased.december() as later:
        renewed = pas("contract", "renew", "--json").json["renewed"]
        assert [one["ends_on"] for one in renewed] == ["2028-01-01"]
        assert pas("contract", "renew", "--json").json["renewed"] == []
        assert {one["ends_on"] for one in later.get("")["lines"]} == {"2028-01-01", None}


def test_notice_in_time_ends_a_contract_and_notice_too_late_ends_the_next_term(leased: Leased, pas: Pas) -> None:
    agree(leased, "2026-01-01", kind="renewal", months=12, notice_days=30)
    late = leased.finance.post(
        f"{API}/contracts/{leased.contract['id']}/preview",
        params={"month": "2027-03"},
        json={"kind": "give_notice", "on": "2026-12-20"},
    ).json()
    assert (late["before"]["lines"], len(late["after"]["lines"])) == ([], 3)

    leased.post("/amendments", {"kind": "give_notice", "on": "2026-11-11"})

    assert [one["prospect"] for one in leased.finance.get(f"{API}/contracts/decisions").json()["items"]] == [
        "ends_by_notice"
    ]
    with leased.december():
        assert pas("contract", "renew", "--json").json["renewed"] == []
    assert leased.get("")["ends_on"] == "2027-01-01"


def test_after_a_renewal_the_fee_follows_the_value_where_so_agreed(leased: Leased) -> None:
    agree(leased, "2026-01-01", kind="renewal", months=12, notice_days=30)
    agree(leased, "2026-01-01", kind="renewal_price", percent="24", minimum="5")
    quoted = {one["asset_id"]: one for one in leased.get("/quotes")["items"] if one["kind"] == "renewal_fee"}

    leased.post("/amendments", {"kind": "renew", "months": 12})

    fees = {one["asset_id"]: one["net"] for one in named(leased.get("/preview", month="2027-01")["lines"], "fee")}
    assert fees == {asset: quoted[asset]["amount"] for asset in leased.assets[:2]}


def test_the_command_previews_amends_and_refuses_in_words(leased: Leased, pas: Pas, tmp_path: Path) -> None:
    change = tmp_path / "change.json"
    change.write_text('{"kind": "change_price", "from_day": "2026-11-16", "monthly_fee": "60"}', encoding="utf-8")

    seen = pas("contract", "preview", "C-1", "2026-11", "--json").json
    changed = pas("contract", "preview", "C-1", "2026-11", "--change", str(change), "--json")
    assert changed.exit_code == 1
    change.write_text(
        json.dumps(
            {"kind": "change_price", "from_day": "2026-11-16", "monthly_fee": "60", "asset_id": leased.assets[0]}
        )
    )
    changed = pas("contract", "preview", "C-1", "2026-11", "--change", str(change), "--json")
    assert (changed.json["before"], changed.json["difference"]) == (seen, "15.00")
    assert "formula" in pas("contract", "preview", "C-1", "2026-11").stdout
    assert pas("contract", "amend", "C-1", str(change), "--json").json["version"] == 2
    assert pas("contract", "decisions", "--json").json["decisions"][0]["prospect"] == "ends"
    change.write_text('{"kind": "no_such"}', encoding="utf-8")
    assert pas("contract", "amend", "C-1", str(change), "--json").exit_code == 1
    assert pas("contract", "preview", "NONE", "2026-11", "--json").exit_code == 1


def test_index_figures_come_in_as_a_file_and_go_out_again(pas: Pas, tmp_path: Path, tenant: int) -> None:
    file = tmp_path / "indices.csv"
    file.write_text("source,month,published_on,value\nCPI,2026-09,2026-10-05,112.50\n", encoding="utf-8")

    assert pas("import", "indices", str(file), "--json").json["new"] == 1
    assert pas("import", "indices", str(file), "--json").json["unchanged"] == 1
    again = tmp_path / "again.csv"
    assert pas("export", "indices", str(again), "--json").exit_code == 0
    assert "CPI,2026-09,2026-10-05,112.5" in again.read_text(encoding="utf-8")
