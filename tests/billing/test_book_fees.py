"""What recurs of a tariff, and what of a contract was served before its bill: quarters, pools, indices, credits."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from sqlmodel import Session

from billing.amend_contract import amend_contract
from billing.bill_month import bill_month
from billing.book_fees import Agreed, fees_of, monthly
from billing.books.group import By
from billing.books.line import BookedLine
from billing.books.revenue import roll_forward
from billing.contract.tariff import Discount, DiscountOn, Installed, Tariff
from billing.contract_life.amendment import AMENDMENT
from billing.contract_life.price_index import IndexFigure
from billing.keep_indices import keep_indices
from billing.period import Month, Period
from billing.read_books import recurring_report, revenue_report
from tests.billing.billed_fleet import CLERK, contract, found_fleet, line, sign

FIRST = date(2026, 1, 1)
PLAIN = Agreed("K-1", "C-1", "chair", "EUR", Decimal(30), 1, FIRST, None)
YEAR = Period(FIRST, date(2027, 1, 1))


def _at(year: int, month: int, day: int) -> datetime:
    return datetime(year, month, day, 9, tzinfo=UTC)


def test_a_fee_of_a_quarter_counts_for_its_months_in_equal_parts() -> None:
    quarter = PLAIN._replace(monthly_fee=Decimal(0), every_months=3, tariff=Tariff(period_fee=Decimal(100)))
    assert monthly(quarter, FIRST) == Decimal("33.33")


def test_what_is_installed_and_what_is_taken_off_counts_from_its_day_on() -> None:
    tariff = Tariff(
        installed=[
            Installed(from_day=date(2026, 2, 1), quantity=Decimal(10)),
            Installed(from_day=date(2026, 6, 1), quantity=Decimal(12)),
        ],
        discounts=[
            Discount(percent=Decimal(10), from_day=date(2026, 4, 1), until_day=date(2026, 5, 1)),
            Discount(amount=Decimal(60), from_day=date(2026, 7, 1)),
            Discount(percent=Decimal(50), on=DiscountOn.USE, from_day=FIRST),
        ],
    )
    pieces = list(fees_of(PLAIN._replace(tariff=tariff, end=date(2026, 9, 1))))

    assert [(piece.start.month, piece.monthly) for piece in pieces] == [
        (1, 0),
        (2, 300),
        (4, 270),
        (5, 300),
        (6, 360),
        (7, 300),
    ]
    assert [piece.end for piece in pieces[:-1]] == [piece.start for piece in pieces[1:]]
    assert pieces[-1].end == date(2026, 9, 1)


def test_a_discount_never_makes_a_fee_less_than_nothing() -> None:
    tariff = Tariff(discounts=[Discount(amount=Decimal(99), from_day=FIRST)])
    assert monthly(PLAIN._replace(tariff=tariff), FIRST) == 0


def test_a_line_that_never_came_into_force_has_no_fee() -> None:
    assert list(fees_of(PLAIN._replace(end=FIRST))) == []


def test_a_credit_that_waits_for_the_next_bill_is_owed_until_then_and_is_no_revenue() -> None:
    def booked(net: str, component: str, month: int) -> BookedLine:
        issued, start = date(2026, month + 1, 2), date(2026, month, 1)
        return BookedLine(f"INV-{month}", issued, "K-1", "C-1", "–", component, start, issued, Decimal(net), "EUR")

    lines = [booked("-50.00", "credit", 1), booked("50.00", "carried_over", 1), booked("-50.00", "carried_over", 2)]
    rows = roll_forward([one._replace(end=one.start.replace(day=28)) for one in lines], period=YEAR, by=By.ALL)

    assert sum(row.recognised for row in rows) == -50
    assert [row.deferred for row in rows[:4]] == [0, 50, 0, 0]
    assert rows[-1].closing == 0


@pytest.fixture
def quarterly(session: Session) -> Any:
    """A contract billed by the quarter, in arrears unless a test says otherwise."""

    def make(**terms: Any) -> None:
        fleet = found_fleet(session)
        sign(session, contract(fleet.customer, "C-1", [line(fleet.assets[0], monthly_fee="90")], **terms))

    return make


def test_a_quarter_under_way_is_accrued_by_the_day(session: Session, quarterly: Any) -> None:
    quarterly(every_months=3)
    day = date(2026, 2, 28)

    report = revenue_report(session, period=YEAR, by=By.ALL, as_of=day, now=_at(2026, 3, 1))

    assert report.unrated == []
    assert report.estimated == {"EUR": Decimal("177.00")}, "59 of 90 days of 270.00"
    assert sum(row.recognised for row in report.months) == Decimal("177.00")


def test_a_quarter_billed_ahead_is_deferred_and_ties_out(session: Session, quarterly: Any) -> None:
    quarterly(every_months=3, fee_timing="advance")
    for month, now in (("2026-01", _at(2026, 2, 1)), ("2026-02", _at(2026, 3, 1)), ("2026-03", _at(2026, 4, 1))):
        assert bill_month(session, month=Month(month), now=now, by=CLERK).failed == 0

    report = revenue_report(session, period=YEAR, by=By.ALL, as_of=date(2026, 4, 1), now=_at(2026, 4, 1))

    rows = {row.month: row for row in report.months}
    assert report.unrated == []
    assert (rows["2026-02"].billed, rows["2026-02"].deferred) == (270, 93), "March of the first quarter"
    assert (rows["2026-04"].billed, rows["2026-04"].recognised, rows["2026-04"].deferred) == (
        270,
        Decimal("89.01"),
        Decimal("180.99"),
    )
    for row in report.months:
        assert row.opening + row.billed - row.recognised == row.closing
    assert rows["2026-12"].closing == 0


def _amend(session: Session, of: Any, **asked: Any) -> None:
    amendment = AMENDMENT.validate_python(asked)
    amend_contract(session, contract_id=of.id, amendment=amendment, now=_at(2026, 1, 10), by=CLERK)


def test_a_new_price_a_pool_and_an_index_move_recurring_revenue(session: Session) -> None:
    fleet = found_fleet(session)
    (signed,) = sign(session, contract(fleet.customer, "C-1", [line(fleet.assets[0], monthly_fee="100")]))
    _amend(session, signed, kind="change_price", from_day="2026-03-16", monthly_fee="120")
    pool = {"code": "P", "product_id": str(fleet.assets[0].product_id), "count": 12, "monthly_fee": "10"}
    _amend(session, signed, kind="add_pool", pool=pool | {"starts_on": "2026-05-01"})
    keep_indices(
        session,
        [
            IndexFigure(source="CPI", month="2025-12", published_on=date(2026, 1, 1), value=Decimal(100)),
            IndexFigure(source="CPI", month="2026-05", published_on=date(2026, 6, 1), value=Decimal(105)),
        ],
        now=_at(2026, 6, 2),
        by=CLERK,
    )
    clause = {"kind": "indexation", "source": "CPI", "base_month": "2025-12", "lag_months": 2, "every_months": 6}
    _amend(session, signed, kind="agree", from_day="2026-01-01", clause=clause)

    rows = {row.month[-2:]: row for row in recurring_report(session, period=YEAR, by=By.ALL).months}

    assert rows["01"].new == 100
    assert (rows["03"].expansion, rows["03"].closing) == (20, 120)
    assert (rows["05"].expansion, rows["05"].closing) == (120, 240)
    assert (rows["07"].expansion, rows["07"].closing) == (12, 252)
    for row in rows.values():
        assert row.opening + row.new + row.expansion - row.contraction - row.churned == row.closing
    assert rows["12"].closing == 252
