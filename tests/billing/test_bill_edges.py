"""Bills at the edges: a thing that moves on, a counter that slips or starts anew, readings that come late."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlmodel import Session, col, select

from billing.bill_month import bill_month
from billing.month.bill_run import BillRun
from billing.period import Month
from billing.tables import ContractRecord, InvoiceRecord
from billing.vat import BuyerWithoutVatNumber
from lifecycle.tables import AssetRecord, CustomerRecord
from tests.billing.billed_fleet import CLERK, contract, found_fleet, line, read_meter, sign

SOON_AFTER = datetime(2026, 11, 2, 9, tzinfo=UTC)
PER_HOUR: dict[str, Any] = {"monthly_fee": "0", "meter": "lamp_hours", "unit_price": "1"}


def bill(session: Session, month: str = "2026-10", now: datetime = SOON_AFTER) -> BillRun:
    return bill_month(session, month=Month(month), now=now, by=CLERK)


def documents(session: Session) -> list[dict[str, Any]]:
    found = session.exec(select(InvoiceRecord).order_by(col(InvoiceRecord.number)))
    return [invoice.document for invoice in found]


def metered(session: Session, readings: dict[str, float], **terms: Any) -> AssetRecord:
    """One thing billed by the hour from January on, with its readings."""
    fleet = found_fleet(session, assets=1)
    read_meter(session, fleet.assets[0], readings, SOON_AFTER)
    sign(session, contract(fleet.customer, "C-1", [line(fleet.assets[0], **PER_HOUR | terms)]))
    return fleet.assets[0]


def test_a_thing_that_moves_on_is_billed_to_each_holder_for_its_own_days_and_use(session: Session) -> None:
    fleet = found_fleet(session, assets=1)
    (thing,) = fleet.assets
    use = {"meter": "lamp_hours", "unit_price": "1", "allowance": "62"}
    for code, start, end in (("C-1", "2026-01-01", "2026-10-16"), ("C-2", "2026-10-16", None)):
        days = {"starts_on": start, "ends_on": end}
        sign(session, contract(fleet.customer, code, [line(thing, **days, **use)], **days))
    readings = {"2026-09-30T20:00:00Z": 0.0, "2026-10-15T21:59:00Z": 100.0, "2026-10-16T05:00:00Z": 110.0}
    read_meter(session, thing, readings | {"2026-10-31T20:00:00Z": 210.0}, SOON_AFTER)

    assert bill(session).issued == 2

    first, second = (document["lines"] for document in documents(session))
    assert [one["net"] for one in first] == ["24.19", "70.00"]  # 15 of 31 days; 100 beyond 30
    assert [one["net"] for one in second] == ["25.81", "78.00"]  # 16 of 31 days; 110 beyond 32
    assert first[1]["closing"] == second[1]["opening"] == "100"


@pytest.mark.parametrize(
    ("start", "fees"), [("2026-07-31", ["1.61", "50.00", "50.00"]), ("2026-01-31", ["50.00", "50.00", "50.00"])]
)
def test_a_contract_from_the_31st_owes_its_days_and_then_whole_months(
    session: Session, start: str, fees: list[str]
) -> None:
    fleet = found_fleet(session, assets=1)
    sign(session, contract(fleet.customer, "C-1", [line(fleet.assets[0], starts_on=start)], starts_on=start))

    assert [str(bill(session, f"2026-{month:02}").net) for month in (7, 8, 9)] == fees


def test_a_31st_costs_nothing_where_every_month_has_thirty_days(session: Session) -> None:
    fleet = found_fleet(session, assets=1)
    starts = {"starts_on": "2026-07-31"}
    sign(session, contract(fleet.customer, "C-1", [line(fleet.assets[0], **starts)], proration="fixed_30", **starts))

    assert (bill(session, "2026-07").nothing_owed, str(bill(session, "2026-08").net)) == (1, "50.00")


def test_a_month_without_readings_owes_the_fee_and_says_so(session: Session) -> None:
    metered(session, {}, monthly_fee="50.00")

    assert bill(session).net == Decimal("50.00")

    (document,) = documents(session)
    assert [reason["code"] for reason in document["lines"][1]["reasons"]] == ["bill.no_readings", "bill.price"]
    assert document["lines"][1]["net"] == "0.00"


def test_a_counter_that_starts_anew_at_midnight_is_billed_whole(session: Session) -> None:
    readings = {"2026-08-31T20:00:00Z": 900.0, "2026-09-30T21:00:00Z": 1000.0, "2026-09-30T22:00:00Z": 0.0}
    metered(session, readings | {"2026-09-30T23:00:00Z": 1.0, "2026-10-31T22:00:00Z": 150.0})

    assert [str(bill(session, month).net) for month in ("2026-09", "2026-10")] == ["100.00", "150.00"]


MOMENTS = [
    f"2026-{month:02}-{day:02}T{hour:02}:00:00Z"
    for month, day in ((9, 30), (10, 15), (10, 31))
    for hour in range(20, 24)
]


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(slip=st.integers(1, len(MOMENTS) - 2), low=st.integers(0, 900))
def test_one_low_reading_is_never_billed(session: Session, slip: int, low: int) -> None:
    with session.begin_nested() as trial:
        readings = {at: 1_000.0 + place for place, at in enumerate(MOMENTS)}
        metered(session, readings | {MOMENTS[slip]: float(low)})
        billed = bill(session).net
        trial.rollback()

    assert abs(billed - 9) <= 1  # the slip may itself be the opening or the closing reading


def test_a_billed_month_stays_as_it_is_when_its_readings_come_late(session: Session) -> None:
    thing = metered(session, {"2026-08-31T20:00:00Z": 0.0, "2026-09-20T20:00:00Z": 10.0})
    bill(session, "2026-09")
    (issued,) = documents(session)
    read_meter(session, thing, {"2026-09-29T20:00:00Z": 30.0, "2026-10-30T20:00:00Z": 70.0}, SOON_AFTER)

    again, october = bill(session, "2026-09"), bill(session)

    assert (again.issued, again.already_issued, again.net) == (0, 1, Decimal("0.00"))
    assert documents(session)[0] == issued
    assert october.net == Decimal("60.00")


@pytest.mark.parametrize(
    ("price", "allowance", "net"),
    [("0", "0", "10.00"), ("0.1234", "0", "26.04"), ("0.0001", "0", "10.01"), ("0.1235", "129.5", "10.06"),
     ("1", "500", "10.00")],
)  # fmt: skip
def test_any_price_is_rounded_once_and_nothing_is_never_less_than_nothing(
    session: Session, price: str, allowance: str, net: str
) -> None:
    readings = {"2026-09-30T20:00:00Z": 0.0, "2026-10-31T20:00:00Z": 130.0}
    metered(session, readings, monthly_fee="10.00", unit_price=price, allowance=allowance)

    assert str(bill(session).net) == net
    assert "-0" not in str([(one["net"], one["quantity"]) for one in documents(session)[0]["lines"]])


@pytest.mark.parametrize("category", ["AE", "K"])
def test_vat_that_the_buyer_owes_is_not_charged_and_the_law_is_named(session: Session, category: str) -> None:
    fleet = found_fleet(session, assets=1)
    sign(session, contract(fleet.customer, "C-1", [line(fleet.assets[0])], vat_category=category, vat_rate="0"))

    run = bill(session)

    assert (run.net, run.vat, run.gross) == (Decimal("50.00"), Decimal("0.00"), Decimal("50.00"))
    assert "2006/112/EG" in documents(session)[0]["legal_sentences"][0]


def test_a_buyer_who_lost_the_vat_number_stops_only_the_own_invoice(session: Session) -> None:
    fleet = found_fleet(session, assets=2)
    shifted = contract(fleet.customer, "C-1", [line(fleet.assets[0])], vat_category="AE", vat_rate="0")
    sign(session, shifted, contract(fleet.customer, "C-2", [line(fleet.assets[1])]))
    session.exec(select(CustomerRecord)).one().vat_number = None
    session.flush()

    run = bill(session)

    assert (run.issued, [why.code for why in run.failures]) == (1, [BuyerWithoutVatNumber("x").code()])
    assert documents(session)[0]["buyer"]["vat_number"] is None


def test_a_contract_that_ends_on_the_first_owes_nothing_of_that_month(session: Session) -> None:
    fleet = found_fleet(session, assets=1)
    ends = {"ends_on": "2026-10-01"}
    sign(session, contract(fleet.customer, "C-1", [line(fleet.assets[0], **ends)], **ends))

    assert (bill(session, "2026-09").issued, bill(session).issued) == (1, 0)
    assert session.exec(select(ContractRecord.ends_on)).one() == date(2026, 10, 1)


def test_months_billed_in_any_order_bill_late_readings_once(session: Session) -> None:
    thing = metered(
        session, {"2026-08-31T20:00:00Z": 0.0, "2026-09-20T20:00:00Z": 100.0, "2026-10-20T20:00:00Z": 210.0}
    )
    october = bill(session)
    read_meter(session, thing, {"2026-09-28T20:00:00Z": 150.0}, SOON_AFTER)
    september = bill(session, "2026-09")

    assert (october.net, september.net) == (Decimal("110.00"), Decimal("100.00"))


def test_readings_that_come_after_a_silent_month_are_billed_once(session: Session) -> None:
    thing = metered(session, {}, monthly_fee="1.00")
    october = bill(session)
    later = datetime(2026, 12, 2, 9, tzinfo=UTC)
    readings = {"2026-08-31T20:00:00Z": 0.0, "2026-09-20T20:00:00Z": 100.0, "2026-10-20T20:00:00Z": 210.0}
    read_meter(session, thing, readings | {"2026-11-20T20:00:00Z": 300.0}, later)

    september, november = bill(session, "2026-09", later), bill(session, "2026-11", later)

    assert [run.net for run in (october, september, november)] == [
        Decimal("1.00"),
        Decimal("211.00"),  # its own 100, and the 110 of October, billed before without them
        Decimal("91.00"),
    ]
