"""The published cases of tariffs, each through the doors of the house: signed, read, billed and looked up over HTTP."""

import json
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from pas.db import Database
from tests.billing.maker import API, HOURS, Maker
from tests.conftest import ClientOf, Pas

pytestmark = pytest.mark.shared

GRAD = {
    "price_model": "graduated",
    "tiers": [
        {"up_to": 5, "flat_fee": 100},
        {"up_to": 10, "flat_fee": 50},
        {"up_to": 15, "unit_price": 5},
        {"unit_price": 1},
    ],
}
LAGO = {
    "price_model": "graduated",
    "tiers": [{"up_to": 5, "unit_price": 10, "flat_fee": 100}, {"unit_price": 5, "flat_fee": 50}],
}
VOLUME = {"price_model": "volume", "tiers": [{"up_to": 15, "unit_price": 10}, {"unit_price": 5}]}
PACKAGE = {"price_model": "package", "package_size": 10}
OCTOBER = {"starts_on": "2026-10-01"}
JUNE, LATE_JUNE = ({"starts_on": day, "ends_on": "2026-07-01"} for day in ("2026-06-01", "2026-06-16"))


@pytest.fixture
def cases(shared_data: Path) -> dict[str, dict[str, Any]]:
    listed = json.loads((shared_data / "billing" / "cases.json").read_text(encoding="utf-8"))
    return {case["id"]: case["expected"] for case in listed}


@pytest.fixture
def maker(database: Database, tenant: int, client_of: ClientOf) -> Maker:
    return Maker(database, tenant, client_of)


def test_tiers_packages_and_minimums_of_one_month(maker: Maker, cases: dict[str, dict[str, Any]]) -> None:
    tiered: list[tuple[str, dict[str, Any], dict[str, Any], float]] = [
        ("GRAD-22", {"tariff": GRAD}, {}, 22),
        ("GRAD-lago 3", {"tariff": LAGO}, {}, 3),
        ("GRAD-lago 8", {"tariff": LAGO}, {}, 8),
        ("GRAD-zero lago", {"tariff": LAGO}, {"zero_use": "flat_fee"}, 0),
        ("GRAD-zero openmeter", {"tariff": LAGO}, {}, 0),
        *((f"VOL-cliff {used}", {"tariff": VOLUME}, {}, used) for used in (14, 15, 16)),
        *(
            (f"PKG {used} {free}", {"tariff": PACKAGE, "unit_price": "100", "allowance": free}, {}, used)
            for used, free in ((15, 0), (12, 5), (3, 5))
        ),
        ("MIN-trueup", {"unit_price": "10", "monthly_fee": "50"}, {"minimum": "100"}, 3),
    ]
    for code, terms, of_contract, used in tiered:
        maker.sign(code, HOURS | terms | OCTOBER, **of_contract, **OCTOBER)
        maker.use(used)
    maker.bill("2026-10")

    assert maker.net("GRAD-22") == cases["GRAD-22"]["net"]
    parts = next(why for why in maker.invoice("GRAD-22", "2026-10")["lines"][0]["reasons"] if "parts" in why["inputs"])
    assert parts["inputs"]["parts"] == "100.00 + 50.00 + 5 × 5.00 + 7 × 1.00"
    assert [maker.net(f"GRAD-lago {used}") for used in (3, 8)] == cases["GRAD-lago"]["net"]
    # What no use owes of a flat fee is our customers' choice: `zero_use`. Left out, nothing, as at openmeter.
    zero = {source: maker.net(f"GRAD-zero {source}") for source in ("lago", "openmeter")}
    assert zero == cases["GRAD-zero"]
    assert [maker.net(f"VOL-cliff {used}") for used in (14, 15, 16)] == cases["VOL-cliff"]["net"]
    assert [maker.net(code) for code in ("PKG 15 0", "PKG 12 5", "PKG 3 5")] == cases["PKG"]["net"]
    trued = maker.invoice("MIN-trueup", "2026-10")
    assert (trued["net"], trued["lines"][-1]["net"]) == tuple(cases["MIN-trueup"][key] for key in ("net", "true_up"))


def test_a_year_is_counted_together_over_its_months(maker: Maker, cases: dict[str, dict[str, Any]]) -> None:
    year: dict[str, Any] = {"counted_over": "year"}
    august, september = ({"starts_on": f"2026-{month}-01"} for month in ("08", "09"))
    maker.sign("ALLOW-split", HOURS | august | {"unit_price": "1", "allowance": "500", "tariff": year},
               proration="none", **august)  # fmt: skip
    maker.read(-1, {"2026-07-31T12:00:00Z": 0.0, "2026-08-20T12:00:00Z": 300.0, "2026-09-20T12:00:00Z": 550.0,
                    "2026-10-20T12:00:00Z": 650.0})  # fmt: skip
    maker.sign("GRAD-split", HOURS | september | {"tariff": GRAD | year}, **september)
    maker.read(-1, {"2026-08-31T12:00:00Z": 0.0, "2026-09-20T12:00:00Z": 12.0, "2026-10-20T12:00:00Z": 22.0})
    maker.sign("MIN-zero", HOURS | september | {"unit_price": "1", "tariff": year | {"minimum": "100"}},
               proration="none", anchor_on="2025-11-01", **september)  # fmt: skip
    for month in ("2026-08", "2026-09", "2026-10"):
        maker.bill(month)

    months = ("2026-08", "2026-09", "2026-10")
    lines = [one for month in months for one in maker.invoice("ALLOW-split", month)["lines"]]
    # A month within the allowance owes nothing, so that there is no invoice of it.
    assert [Decimal(0), *(Decimal(one["quantity"]) for one in lines)] == cases["ALLOW-split"]["billed_qty"]
    assert maker.net("GRAD-split") == cases["GRAD-split"]["net"]
    assert [maker.net("MIN-zero", month) for month in months[1:]] == cases["MIN-zero"]["net"]


def test_discounts_quantities_and_minimums_of_a_part_of_a_month(maker: Maker, cases: dict[str, dict[str, Any]]) -> None:
    for code, fee, off in (("old", "100", 25), ("new", "1000", 50)):
        discount = {"amount": off, "from_day": "2026-01-01"}
        maker.sign(f"SWAP-discount {code}", {"monthly_fee": fee, "tariff": {"discounts": [discount]}} | LATE_JUNE,
                   **LATE_JUNE)  # fmt: skip
    steps = [{"from_day": "2026-06-01", "quantity": 5}, {"from_day": "2026-06-16", "quantity": 8}]
    maker.sign("SWAP-qty", {"monthly_fee": "10", "tariff": {"installed": steps}} | JUNE, **JUNE)
    july = {"starts_on": "2026-07-01", "ends_on": "2026-08-01"}
    base = [{"from_day": "2026-07-05", "quantity": 2500}]
    maker.sign("INSTALLED-BASE-start", {"monthly_fee": "1", "tariff": {"installed": base}} | july, **july)
    february = {"starts_on": "2026-02-04", "ends_on": "2026-03-01"}
    maker.sign(
        "MIN-prorated-2", *[HOURS | february | {"unit_price": "1"}] * 2, minimum="100", vat_rate="20", **february
    )
    maker.use(20, month=2, place=-2)
    maker.use(50, month=2)
    for month in ("2026-02", "2026-06", "2026-07"):
        maker.bill(month)

    nets = [maker.net(f"SWAP-discount {code}", "2026-06") for code in ("old", "new")]
    assert nets == [cases["SWAP-discount"][key] for key in ("credit", "charge")]
    # The source charges the three units more; we charge all units for their days: 5 of them cost 50.00.
    assert Decimal(maker.net("SWAP-qty", "2026-06")) - 50 == Decimal(cases["SWAP-qty"]["charge"])
    # The source counts March; July has as many days.
    assert maker.net("INSTALLED-BASE-start", "2026-07") == cases["INSTALLED-BASE-start"]["net"]
    least = maker.invoice("MIN-prorated-2", "2026-02")
    assert (least["lines"][-1]["net"], least["net"], least["vat"]) == tuple(
        cases["MIN-prorated-2"][key] for key in ("true_up", "net", "vat")
    )


def test_periods_from_the_30th_clamp_and_come_back(maker: Maker, cases: dict[str, dict[str, Any]]) -> None:
    since = {"starts_on": "2024-01-30", "ends_on": "2024-06-30"}
    maker.sign("ANNIV-30-advance", {"monthly_fee": "10"} | since, anchor_on="2024-01-30", fee_timing="advance", **since)
    for month in ("2024-01", "2024-02", "2024-03"):
        maker.bill(month)

    billed = [one for month in ("2024-01", "2024-02") for one in maker.invoice("ANNIV-30-advance", month)["lines"]]
    assert [f"{one['period_start']}..{_last(one)}" for one in billed] == cases["ANNIV-30-advance"]["periods"]
    assert {one["net"] for one in billed} == {"10.00"}


def test_late_use_flips_the_tier_and_the_header_spans_its_days(
    maker: Maker, cases: dict[str, dict[str, Any]], pas: Pas, tmp_path: Path
) -> None:
    september = {"starts_on": "2026-09-01"}
    maker.sign("VOL-late", HOURS | september | {"tariff": VOLUME, "monthly_fee": "100"}, **september)
    maker.read(-1, {"2026-08-31T12:00:00Z": 0.0, "2026-09-20T12:00:00Z": 15.0})
    maker.bill("2026-09")
    maker.read(-1, {"2026-09-28T12:00:00Z": 16.0})
    maker.bill("2026-10")

    bill = maker.invoice("VOL-late", "2026-10")
    late = bill["lines"][-1]
    assert (late["component"], late["net"], late["period_start"]) == (
        "correction", cases["VOL-late"]["delta"], "2026-09-01",
    )  # fmt: skip
    assert late["formula"] == "16 = 16; 16 × 5.00 = 80.00; 80.00 − 150.00 = -70.00"
    written = maker.finance.get(f"{API}/invoices/{bill['number']}/ubl")
    starts = etree.fromstring(written.content).xpath(
        "*[local-name()='InvoicePeriod']/*[local-name()='StartDate']/text()"
    )
    assert starts == ["2026-09-01"]
    narrow = tmp_path / "narrow.xml"
    narrow.write_bytes(written.content.replace(b"2026-09-01</cbc:StartDate>", b"2026-10-01</cbc:StartDate>", 1))
    refused = pas("einvoice", "check", str(narrow), "--json")
    assert (refused.exit_code, refused.json["fatal"]) == (1, cases["UBL-line-period"]["fatal"])


def _last(one: dict[str, Any]) -> str:
    """Give the last day of a line, as the source counts."""
    return str(date.fromisoformat(one["period_end"]) - timedelta(days=1))
