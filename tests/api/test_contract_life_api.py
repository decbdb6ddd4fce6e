"""The life of a contract over HTTP and on the command line: what finance changes, and what customer and clerk see."""

import json
from decimal import Decimal
from pathlib import Path
from uuid import uuid4

import pytest

from tests.api.leased_contract import API, Leased, named
from tests.conftest import Pas


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


@pytest.mark.usefixtures("november")
def test_index_figures_come_in_as_a_file_and_go_out_again(pas: Pas, tmp_path: Path, tenant: int) -> None:
    file = tmp_path / "indices.csv"
    file.write_text("source,month,published_on,value\nCPI,2026-09,2026-10-05,112.50\n", encoding="utf-8")

    assert pas("import", "indices", str(file), "--json").json["new"] == 1
    assert pas("import", "indices", str(file), "--json").json["unchanged"] == 1
    again = tmp_path / "again.csv"
    assert pas("export", "indices", str(again), "--json").exit_code == 0
    assert "CPI,2026-09,2026-10-05,112.5" in again.read_text(encoding="utf-8")
