"""The published billing cases that this issue's scope covers, each against its own expected numbers."""

import json
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd
import pytest
from sqlmodel import Session, col, select

from billing.bill_month import bill_month
from billing.contract.contract import Proration, VatCategory
from billing.month.bill_run import BillRun
from billing.period import Month, Period, local_day
from billing.rating.proration import share
from billing.tables import InvoiceRecord
from billing.vat import Taxed, vat_shares
from lifecycle.money import to_cents
from telemetry.ingest import ingest
from tests.billing.billed_fleet import CLERK, contract, found_fleet, line, read_meter, sign

pytestmark = pytest.mark.shared

LATER = datetime(2026, 12, 2, 9, tzinfo=UTC)
ACTUAL, THIRTY = Proration.ACTUAL_DAYS, Proration.FIXED_30


@pytest.fixture(scope="session")
def cases(shared_data: Path) -> dict[str, dict[str, Any]]:
    listed = json.loads((shared_data / "billing" / "cases.json").read_text(encoding="utf-8"))
    return {case["id"]: case for case in listed}


def day(text: str) -> date:
    return date.fromisoformat(text)


def part_of(amount: str, part: Period, whole: Period, policy: Proration = ACTUAL) -> Decimal:
    owed = share(policy, part=part, whole=whole)
    return to_cents(Decimal(amount) * owed.days / owed.of)


def vat_of(net: Decimal, rate: str) -> Decimal:
    (one,) = vat_shares([Taxed(VatCategory.STANDARD, Decimal(rate), net)])
    return one.vat


@pytest.mark.parametrize("case", ["TZ-Paris", "TZ-Karachi"])
def test_the_customers_zone_decides_the_first_day(cases: dict[str, dict[str, Any]], case: str) -> None:
    given, expected = cases[case]["given"], cases[case]["expected"]
    first = local_day(datetime.fromisoformat(given["start_utc"]), given["customer_tz"])
    week = Period(day("2023-06-12"), day("2023-06-19"))
    part = Period(first, week.end)
    assert (part.days, part_of("7.00", part, week)) == (expected["days"], Decimal(expected["net"]))


def test_cancelling_on_the_last_day_across_a_clock_change_credits_nothing(cases: dict[str, dict[str, Any]]) -> None:
    given = cases["DST-cancel-no-credit"]["given"]
    month = Month("2015-11")
    first = local_day(datetime.fromisoformat(given["started_utc"]), given["tz"])
    owed = part_of("29.95", Period(first, day(given["cancel_local_date"])), month)
    assert Decimal("29.95") - owed == Decimal(cases["DST-cancel-no-credit"]["expected"]["credit"])


def test_a_first_part_of_january(cases: dict[str, dict[str, Any]]) -> None:
    expected = cases["FIRST-partial-jan"]["expected"]
    january = Month("2023-01")
    net = part_of("50.00", Period(day("2023-01-08"), january.end), january)
    vat = vat_of(net, "20")
    assert [net, vat, net + vat] == [Decimal(expected[key]) for key in ("net", "vat", "gross")]


def test_days_of_a_trial_are_not_billed(cases: dict[str, dict[str, Any]]) -> None:
    month = Month("2023-01")
    part = Period(month.start + timedelta(days=10), month.end)
    assert part_of("35.00", part, month) == Decimal(cases["TRIAL"]["expected"]["net"])


def test_the_denominator_is_the_whole_period(cases: dict[str, dict[str, Any]]) -> None:
    given, expected = cases["WHOLE-period-denominator"]["given"], cases["WHOLE-period-denominator"]["expected"]
    quarter = Period(day("2024-04-01"), day("2024-07-01"))
    part = Period(day(given["start"]), day(given["end_incl"]) + timedelta(days=1))
    assert share(ACTUAL, part=part, whole=quarter) == tuple(map(int, expected["days"].split("/")))
    assert part_of("910.00", part, quarter) == Decimal(expected["net"])


@pytest.mark.parametrize("case", ["FACTOR-may-23", "FACTOR-jun-23", "FACTOR-feb-leap"])
def test_factors_by_days_and_by_thirty(cases: dict[str, dict[str, Any]], case: str) -> None:
    given, expected = cases[case]["given"], cases[case]["expected"]
    part = Period(day(given["from"]), day(given["to_excl"]))
    whole = Period(part.start.replace(day=given["billing_day"]), part.end)
    for policy, factor in ((ACTUAL, expected["factor_actual"]), (THIRTY, expected["factor_fixed30"])):
        owed = share(policy, part=part, whole=whole)
        assert round(Decimal(owed.days) / owed.of, 9) == Decimal(factor)


def test_thirty_days_cost_the_same_in_may_and_june(cases: dict[str, dict[str, Any]]) -> None:
    expected = cases["FIXED30-19.95"]["expected"]
    june, may = Month("2026-06"), Month("2026-05")
    in_june, in_may = (Period(month.start.replace(day=15), month.start.replace(day=23)) for month in (june, may))
    assert part_of("19.95", in_june, june, THIRTY) == Decimal(expected["net_fixed30"])
    assert part_of("19.95", in_may, may, THIRTY) == Decimal(expected["net_fixed30"])


def test_the_rest_of_a_year(cases: dict[str, dict[str, Any]]) -> None:
    year = Period(day("2013-08-18"), day("2014-08-18"))
    rest = Period(day("2013-09-17"), year.end)
    assert part_of("2399.95", rest, year) == Decimal(cases["YEAR-cancel"]["expected"]["credit"])


@pytest.mark.parametrize(
    ("case", "start", "end", "swap", "fees"),
    [
        ("SWAP-mid-june", "2025-06-01", "2025-07-01", "2025-06-16", ("100", "300")),
        ("SWAP-leap-feb", "2024-02-18", "2024-03-18", "2024-02-25", ("100", "300")),
        ("SWAP-year-2m", "2024-08-01", "2025-08-01", "2024-10-01", ("1000", "3000")),
    ],
)
def test_a_swap_moves_the_rest_to_the_new_one(
    cases: dict[str, dict[str, Any]], case: str, start: str, end: str, swap: str, fees: tuple[str, str]
) -> None:
    whole = Period(day(start), day(end))
    rest = Period(day(swap), whole.end)
    expected = cases[case]["expected"]
    assert [part_of(fee, rest, whole) for fee in fees] == [Decimal(expected["credit"]), Decimal(expected["charge"])]


@pytest.mark.parametrize(
    ("case", "fee", "days", "of", "rate"),
    [("CN-round-2", "200.00", 29, 30, "25"), ("CN-round-3", "29.99", 6, 7, "23.33")],
)
def test_net_first_then_vat_then_gross(
    cases: dict[str, dict[str, Any]], case: str, fee: str, days: int, of: int, rate: str
) -> None:
    net = to_cents(Decimal(fee) * days / of)
    vat = vat_of(net, rate)
    assert [net, vat, net + vat] == [Decimal(cases[case]["expected"][key]) for key in ("net", "vat", "gross")]


def test_thirty_small_lines_are_taxed_as_one_sum(cases: dict[str, dict[str, Any]]) -> None:
    expected = cases["VAT-30-lines"]["expected"]
    (one,) = vat_shares([Taxed(VatCategory.STANDARD, Decimal(21), Decimal("0.33"))] * 30)
    assert [one.taxable, one.vat, one.taxable + one.vat] == [Decimal(expected[key]) for key in ("net", "vat", "gross")]


def test_half_a_cent_is_rounded_up(cases: dict[str, dict[str, Any]]) -> None:
    assert vat_of(to_cents(Decimal("1850.00") * Decimal("0.97")), "21") == Decimal(
        cases["VAT-tie-odoo-258360"]["expected"]["vat"]
    )
    assert vat_of(Decimal("1091.50"), "15") == Decimal(cases["VAT-tie-ksa-174"]["expected"]["vat"])


def test_one_subtotal_for_one_rate(cases: dict[str, dict[str, Any]]) -> None:
    goods, services = Decimal("100.00"), Decimal("50.00")
    shares = vat_shares(Taxed(VatCategory.STANDARD, Decimal(21), net) for net in (goods, services))
    assert len(shares) == cases["UBL-odoo-256608"]["expected"]["tax_subtotals"]


def test_a_quarter_that_starts_late_is_billed_month_by_month(cases: dict[str, dict[str, Any]]) -> None:
    april, may, june = Month("2023-04"), Month("2023-05"), Month("2023-06")
    first = part_of("3950.00", Period(day("2023-04-08"), april.end), april)
    rest = [part_of("3950.00", month, month) for month in (may, june)]
    assert first + sum(rest) == Decimal("10928.33") == Decimal(cases["ERP-3-months"]["expected"]["net"])


def test_a_year_from_the_third_is_twelve_months(cases: dict[str, dict[str, Any]]) -> None:
    given = cases["ERP-12-months"]["given"]
    start, end = day(given["from"]), day(given["to_excl"])
    months = [Month(f"{year}-{month:02}") for year in (2026, 2027) for month in range(1, 13)]
    parts = [(part, month) for month in months if (part := month.meet(start, end))]
    assert sum(part_of("20.00", part, month) for part, month in parts) == Decimal(
        cases["ERP-12-months"]["expected"]["net"]
    )


@pytest.mark.parametrize(("first", "last", "place"), [("2020-02-27", "2020-03-01", 0), ("2025-02-26", "2025-03-01", 1)])
def test_days_of_february_count_by_february(
    cases: dict[str, dict[str, Any]], first: str, last: str, place: int
) -> None:
    part = Period(day(first), day(last))
    owed = share(ACTUAL, part=part, whole=Month(first[:7]))
    expected = cases["BC-leap"]["expected"]["net_unrounded"][place]
    assert round(Decimal(9) * owed.days / owed.of, 5) == Decimal(expected)


def test_the_last_days_of_february_are_a_part(cases: dict[str, dict[str, Any]]) -> None:
    month = Month("2018-02")
    net = part_of("100.00", Period(day("2018-02-24"), month.end), month)
    assert net == Decimal(cases["OCA-prorate"]["expected"]["net"])


def test_use_at_the_edge_of_a_month_belongs_to_the_local_month(cases: dict[str, dict[str, Any]]) -> None:
    given, expected = cases["DST-usage-New_York"]["given"], cases["DST-usage-New_York"]["expected"]
    zone = given["tz"]
    moments = [
        datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC) for text in given["usage_local"]
    ]
    for text, count in expected.items():
        start, end = Month(text).instants(zone)
        assert sum(start <= moment < end for moment in moments) == int(count)


def test_an_end_in_a_leap_february_leaves_the_rest_of_its_days(cases: dict[str, dict[str, Any]]) -> None:
    expected = cases["LEAP-feb-2024-end"]["expected"]
    month, swap = Month("2024-02"), day("2024-02-13")
    assert part_of("29.00", Period(swap, month.end), month) == Decimal(expected["credit_note"])
    assert part_of("5.00", Period(month.start, swap), month) == Decimal(expected["usage_net"])


def test_three_more_things_for_half_a_month(cases: dict[str, dict[str, Any]]) -> None:
    given, month = cases["SWAP-qty"]["given"], Month("2025-06")
    more = given["to_qty"] - given["from_qty"]
    rest = Period(day("2025-06-16"), month.end)
    assert more * part_of(given["unit"], rest, month) == Decimal(cases["SWAP-qty"]["expected"]["charge"])


def test_many_things_from_the_fifth_cost_their_days(cases: dict[str, dict[str, Any]]) -> None:
    march = Month("2023-03")
    net = part_of("2500.00", Period(day("2023-03-05"), march.end), march)
    assert net == Decimal(cases["INSTALLED-BASE-start"]["expected"]["net"])


def test_vat_after_a_discount_is_that_of_what_is_left(cases: dict[str, dict[str, Any]]) -> None:
    given, expected = cases["UBL-odoo-259576"]["given"], cases["UBL-odoo-259576"]["expected"]
    listed = [*map(Decimal, given["lines"]), -Decimal(expected["discount"])]
    (one,) = vat_shares([Taxed(VatCategory.STANDARD, Decimal(given["vat"]), net) for net in listed])
    assert [one.taxable, one.vat, one.taxable + one.vat] == [Decimal(expected[key]) for key in ("net", "vat", "gross")]


def test_the_share_of_a_whole_is_one_whenever_it_is_counted(cases: dict[str, dict[str, Any]]) -> None:
    first, last = cases["ERP-advance"]["given"]["period"].split("..")
    whole = Period(day(first), day(last) + timedelta(days=1))
    owed = share(ACTUAL, part=whole, whole=whole)
    assert Decimal(owed.days) / owed.of == Decimal(cases["ERP-advance"]["expected"]["factor"])


def test_three_runs_make_one_invoice(cases: dict[str, dict[str, Any]], session: Session) -> None:
    fleet = found_fleet(session, assets=1)
    sign(session, contract(fleet.customer, "C-1", [line(fleet.assets[0])]))
    runs = [_bill(session, "2026-10") for _ in range(cases["ERP-rerun"]["given"]["runs"])]
    assert sum(run.issued for run in runs) == cases["ERP-rerun"]["expected"]["invoices"]


def test_a_skipped_month_is_billed_later_once_in_its_own_period(
    cases: dict[str, dict[str, Any]], session: Session
) -> None:
    fleet = found_fleet(session, assets=1)
    sign(session, contract(fleet.customer, "C-1", [line(fleet.assets[0])]))
    down = cases["ERP-skipped"]["given"]["job_down"]
    runs = [_bill(session, month) for month in ("2026-11", down, "2026-11", down)]
    assert [run.issued for run in runs] == [1, 1, 0, 0]
    months = session.exec(select(InvoiceRecord.period_start).order_by(col(InvoiceRecord.period_start))).all()
    assert [f"{month:%Y-%m}" for month in months] == [down, "2026-11"]


def test_late_use_is_billed_or_kept_apart_with_a_reason(cases: dict[str, dict[str, Any]], session: Session) -> None:
    assert cases["LATE-window"]["expected"]["rule"]
    fleet = found_fleet(session, assets=1)
    metered = line(fleet.assets[0], monthly_fee="1", meter="lamp_hours", unit_price="1")
    sign(session, contract(fleet.customer, "C-1", [metered]))
    read_meter(session, fleet.assets[0], {"2026-09-30T12:00:00Z": 10.0}, LATER)
    assert _bill(session, "2026-10").net == Decimal("1.00")
    read_meter(session, fleet.assets[0], {"2026-10-20T12:00:00Z": 50.0}, LATER)
    assert _bill(session, "2026-11").net == Decimal("41.00")
    ancient = pd.DataFrame(
        {"asset_id": [str(fleet.assets[0].id)], "metric": "lamp_hours", "at": ["1980-01-01T00:00:00Z"], "value": [1.0]}
    )
    assert ingest(session, frame=ancient, key=None, source="test", now=LATER).reasons == {"ancient": 1}


def _bill(session: Session, month: str) -> BillRun:
    return bill_month(session, month=Month(month), now=LATER, by=CLERK)
