"""What a contract agrees beside its fees, over HTTP: index, service level, deposit, leaving, buying, renewal."""

from datetime import UTC, datetime
from decimal import Decimal
from uuid import uuid4

from pas.role import Role
from tests.api.leased_contract import API, Leased, agree, named
from tests.conftest import ClientOf, Pas


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
