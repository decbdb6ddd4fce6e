"""The published cases with a history, each by the doors of the house: signed, amended, read and billed over HTTP."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import time_machine
from lxml import etree

from pas.db import Database
from tests.billing.maker import API, HOURS, Maker
from tests.conftest import ClientOf

pytestmark = [pytest.mark.shared, pytest.mark.parametrize("database", ["sqlite"], indirect=True)]

Cases = dict[str, dict[str, Any]]
ADVANCE: dict[str, Any] = {"fee_timing": "advance", "late_months": 12, "negative_month": "credit_note"}


@pytest.fixture
def cases(shared_data: Path) -> Cases:
    listed = json.loads((shared_data / "billing" / "cases.json").read_text(encoding="utf-8"))
    return {case["id"]: case["expected"] for case in listed}


@pytest.fixture
def maker(database: Database, tenant: int, client_of: ClientOf) -> Iterator[Maker]:
    with time_machine.travel(datetime(2025, 8, 2, 9, tzinfo=UTC), tick=False):
        yield Maker(database, tenant, client_of)


def nets(maker: Maker, code: str, month: str, component: str = "correction") -> set[tuple[str, str]]:
    """Give the lines of one kind on the bill of a month: first day and net of each."""
    lines = maker.invoice(code, month)["lines"]
    return {(one["period_start"], one["net"]) for one in lines if one["component"] == component}


def price(maker: Maker, code: str, day: str, fee: str) -> None:
    maker.amend(code, kind="change_price", from_day=day, monthly_fee=fee)


def test_what_changes_after_it_was_billed_in_advance_is_credited_and_charged_by_its_days(
    maker: Maker, cases: Cases
) -> None:
    """YEAR-cancel, LEAP-feb-2024-end, SWAP-leap-feb, SWAP-year-2m and SWAP-mid-june."""
    cancelled: dict[str, Any] = {"starts_on": "2013-08-18"}
    maker.sign("YEAR-cancel", {"monthly_fee": "0", "tariff": {"period_fee": "2399.95"}} | cancelled,
               every_months=12, anchor_on="2013-08-18", **ADVANCE, **cancelled)  # fmt: skip
    maker.bill("2013-08")
    maker.amend("YEAR-cancel", kind="end", from_day="2013-09-17", by_consent=True)
    maker.bill("2013-09")
    assert maker.net("YEAR-cancel", "2013-08") == "2399.95"
    assert maker.net("YEAR-cancel", "2013-09") == f"-{cases['YEAR-cancel']['credit']}"

    january: dict[str, Any] = {"starts_on": "2024-01-01"}
    maker.sign("LEAP fee", {"monthly_fee": "29.00"} | january, **ADVANCE, **january)
    units = {"installed": [{"from_day": "2024-01-01", "quantity": 5}]}
    maker.sign("LEAP units", {"monthly_fee": "1.00", "tariff": units} | january, late_months=12, **january)
    maker.bill("2024-01")
    for code in ("LEAP fee", "LEAP units"):
        maker.amend(code, kind="end", from_day="2024-02-13", by_consent=True)
    february: dict[str, Any] = {"starts_on": "2024-02-18", "ends_on": "2024-07-01"}
    maker.sign("SWAP-leap-feb", {"monthly_fee": "100"} | february, anchor_on="2024-02-18", **ADVANCE, **february)
    maker.bill("2024-02")
    leap = cases["LEAP-feb-2024-end"]
    # The source nets its credit note with the last invoice, so that nothing is due on it. When fees are billed is one
    # policy of a contract here, so that fee and units are two contracts: each bill stands, and the customer's account
    # takes one off the other.
    assert (maker.net("LEAP fee", "2024-02"), maker.net("LEAP units", "2024-02")) == (
        f"-{leap['credit_note']}", leap["usage_net"],
    )  # fmt: skip

    price(maker, "SWAP-leap-feb", "2024-02-25", "300")
    maker.bill("2024-03")
    swap = cases["SWAP-leap-feb"]
    assert {("2024-02-18", f"-{swap['credit']}"), ("2024-02-25", swap["charge"])} <= nets(
        maker, "SWAP-leap-feb", "2024-03"
    )

    august: dict[str, Any] = {"starts_on": "2024-08-01", "ends_on": "2025-08-01"}
    yearly = {"monthly_fee": "0", "tariff": {"period_fee": "1000"}}
    maker.sign("SWAP-year-2m", yearly | august, every_months=12, anchor_on="2024-08-01", **ADVANCE, **august)
    maker.bill("2024-08")
    old, new = str(maker.assets[len(maker.assets) - len(maker.free) - 1].id), str(maker.free.pop(0).id)
    dearer = {"asset_id": new, "starts_on": "2024-10-01", "ends_on": "2025-08-01", "tariff": {"period_fee": "3000"}}
    maker.amend("SWAP-year-2m", kind="return_asset", asset_id=old, from_day="2024-10-01")
    maker.amend("SWAP-year-2m", kind="add_asset", line=dearer)
    maker.bill("2024-09")
    year = cases["SWAP-year-2m"]
    assert nets(maker, "SWAP-year-2m", "2024-09") == {("2024-08-01", f"-{year['credit']}")}
    maker.bill("2024-10")  # what begins is billed with its own month
    assert nets(maker, "SWAP-year-2m", "2024-10", "fee") == {("2024-10-01", year["charge"])}

    june: dict[str, Any] = {"starts_on": "2025-06-01"}
    maker.sign("SWAP-mid-june", {"monthly_fee": "100"} | june, **ADVANCE, **june)
    maker.bill("2025-06")
    price(maker, "SWAP-mid-june", "2025-06-16", "300")
    maker.bill("2025-07")
    half = cases["SWAP-mid-june"]
    assert {("2025-06-01", f"-{half['credit']}"), ("2025-06-16", half["charge"])} <= nets(
        maker, "SWAP-mid-june", "2025-07"
    )


def test_runs_that_are_repeated_forgotten_or_late_bill_each_month_once(maker: Maker, cases: Cases) -> None:
    """ERP-rerun, ERP-skipped and LATE-window."""
    may: dict[str, Any] = {"starts_on": "2025-05-01"}
    hourly = HOURS | {"monthly_fee": "1", "unit_price": "1"} | may
    maker.sign("open", hourly, late_months=3, **may)
    maker.sign("closed", hourly, late_months=0, **may)
    for place in (0, 1):
        maker.read(place - 2, {"2025-04-30T12:00:00Z": 0.0, "2025-05-20T12:00:00Z": 10.0})

    runs = [maker.bill("2025-05")["issued"] for _ in range(3)]
    assert (runs, _count(maker, "2025-05")) == ([2, 0, 0], 2 * cases["ERP-rerun"]["invoices"])

    maker.bill("2025-07")
    assert _count(maker, "2025-06") == 0
    # The source counts October and November; here June is the month that was forgotten.
    assert cases["ERP-skipped"]["invoices_after_recovery"] == "2026-10 and 2026-11, one each"
    for place in (0, 1):
        maker.read(place - 2, {"2025-05-28T12:00:00Z": 15.0})
    maker.bill("2025-06")
    assert [_count(maker, month) for month in ("2025-06", "2025-07")] == [2, 2]
    june = maker.invoice("open", "2025-06")
    assert (june["period_start"], june["period_end"]) == ("2025-06-01", "2025-07-01")

    assert cases["LATE-window"]["rule"] == "billed as a correction line or listed as rejected with a reason"
    assert nets(maker, "open", "2025-06") == {("2025-05-01", "5.00")}
    assert nets(maker, "closed", "2025-06") == set()
    (told,) = maker.finance.get(f"{API}/late-use-refused").json()["items"]
    assert (told["contract_id"], told["refused_use"], told["refused_net"], told["late_months"]) == (
        maker.ids["closed"], "5", "5.00", 0,
    )  # fmt: skip


def test_totals_carry_one_vat_of_one_rate_and_one_discount_of_the_document(maker: Maker, cases: Cases) -> None:
    """UBL-odoo-259576 and UBL-odoo-256608."""
    may: dict[str, Any] = {"starts_on": "2025-05-01", "ends_on": "2025-06-01"}
    expected = cases["UBL-odoo-259576"]
    maker.sign("total", *({"monthly_fee": net} | may for net in ("97.59", "95.34", "88.21")), **may)
    # An amount off the whole document is a charge below nothing, here under a tax code of its own: 21 % all the same.
    off = {"kind": "other", "on_day": "2025-05-31", "name": "Korting 3 %", "quantity": "-1"}
    off |= {"unit_price": expected["discount"], "vat_category": "S", "vat_rate": "21.00"}
    answer = maker.finance.post(f"{API}/contracts/{maker.ids['total']}/charges", json=off)
    assert answer.status_code == 201, answer.text

    maker.bill("2025-05")

    bill = maker.invoice("total", "2025-05")
    assert [bill[key] for key in ("net", "vat", "gross")] == [expected[key] for key in ("net", "vat", "gross")]
    written = etree.fromstring(maker.finance.get(f"{API}/invoices/{bill['number']}/ubl").content)
    assert len(written.findall(".//{*}TaxSubtotal")) == cases["UBL-odoo-256608"]["tax_subtotals"]


def test_use_at_the_edge_of_a_month_belongs_to_the_local_month(maker: Maker, cases: Cases, shared_data: Path) -> None:
    """DST-usage-New_York."""
    listed = json.loads((shared_data / "billing" / "cases.json").read_text(encoding="utf-8"))
    given = next(case["given"] for case in listed if case["id"] == "DST-usage-New_York")
    spring: dict[str, Any] = {"starts_on": "2023-03-01", "ends_on": "2023-06-01"}
    maker.sign("DST", HOURS | {"unit_price": "1"} | spring, zone=given["tz"], **spring)
    moments = [datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(given["tz"])) for text in given["usage_local"]]
    # The source counts events. A counter shows what was used up to its moment: each is read a second after its event.
    seen = [moment.astimezone(UTC) + timedelta(seconds=1) for moment in moments]
    counted = {moment.isoformat(): float(place) for place, moment in enumerate(seen, start=1)}
    maker.read(-1, {"2023-02-28T12:00:00Z": 0.0} | counted)

    for month, used in cases["DST-usage-New_York"].items():
        maker.bill(month)
        assert Decimal(maker.invoice("DST", month)["lines"][0]["quantity"]) == Decimal(used), month


def test_a_fee_follows_its_index_from_the_base_each_year(maker: Maker, cases: Cases) -> None:
    """CPI, by both methods."""
    since: dict[str, Any] = {"starts_on": "2023-01-01"}
    for month, value in (("2022-12", "105.65"), ("2023-12", "110.50"), ("2024-12", "114.25")):
        figure = {"source": "CPI", "month": month, "published_on": f"{int(month[:4]) + 1}-01-05", "value": value}
        assert maker.finance.post(f"{API}/price-indices", json=figure).status_code == 201
    for method in ("base", "chained"):
        maker.sign(method, {"monthly_fee": "1000.00"} | since, **since)
        clause = {"kind": "indexation", "source": "CPI", "base_month": "2022-12", "method": method}
        maker.amend(method, kind="agree", from_day="2023-01-01", clause=clause)
        years = [
            maker.finance.get(f"{API}/contracts/{maker.ids[method]}/preview", params={"month": month}).json()["net"]
            for month in ("2024-01", "2025-01")
        ]
        assert years == [cases["CPI"]["year1"], cases["CPI"]["year2"]]


def _count(maker: Maker, month: str) -> int:
    return len(maker.finance.get(f"{API}/invoices", params={"month": month, "limit": 100}).json()["items"])
