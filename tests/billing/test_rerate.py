"""A past month rated again gives what was billed, or says why not; what comes too late is listed as refused."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from sqlmodel import Session, col, select

from billing.bill_month import bill_month
from billing.contract_life_tables import ContractAmendmentRecord
from billing.late_use_tables import LateUseRefusedRecord
from billing.period import Month
from billing.rerate_month import Because, rerate_month
from billing.tables import ContractLineRecord, ContractRecord, InvoiceRecord
from tests.billing.billed_fleet import CLERK, contract, found_fleet, line, read_meter, sign

SOON_AFTER = datetime(2026, 11, 2, 9, tzinfo=UTC)
PER_HOUR: dict[str, Any] = {"monthly_fee": "10", "meter": "lamp_hours", "unit_price": "1"}
FIRST = {"2026-05-31T12:00:00Z": 0.0, "2026-06-20T12:00:00Z": 100.0, "2026-07-20T12:00:00Z": 160.0}


def _billed(session: Session, month: str) -> InvoiceRecord:
    """Bill a month and give its one invoice."""
    bill_month(session, month=Month(month), now=SOON_AFTER, by=CLERK)
    return session.exec(select(InvoiceRecord).where(InvoiceRecord.period_start == Month(month).start)).one()


def _lines(invoice: InvoiceRecord) -> list[tuple[str, str, str]]:
    return [(one["component"], one["period_start"], one["net"]) for one in invoice.document["lines"]]


def test_a_month_rated_again_is_the_same(session: Session) -> None:
    fleet = found_fleet(session, assets=1)
    sign(session, contract(fleet.customer, "C-1", [line(fleet.assets[0], **PER_HOUR)], minimum="500"))
    read_meter(session, fleet.assets[0], FIRST, SOON_AFTER)
    for month in ("2026-06", "2026-07"):
        _billed(session, month)

    again = rerate_month(session, month=Month("2026-06"))

    assert (again.contracts, again.held, again.same, again.differences) == (1, 3, 3, [])
    assert (again.was, again.now) == (Decimal("500.00"), Decimal("500.00"))


def test_a_late_reading_is_told_then_corrected_and_then_the_month_is_the_same_again(session: Session) -> None:
    fleet = found_fleet(session, assets=1)
    sign(session, contract(fleet.customer, "C-1", [line(fleet.assets[0], **PER_HOUR)]))
    read_meter(session, fleet.assets[0], FIRST, SOON_AFTER)
    _billed(session, "2026-06")
    read_meter(session, fleet.assets[0], {"2026-06-29T12:00:00Z": 130.0}, SOON_AFTER)

    (told,) = rerate_month(session, month=Month("2026-06")).differences
    july = _billed(session, "2026-07")

    assert (told.because, told.difference, told.was_use, told.now_use) == (
        Because.READINGS, Decimal("30.00"), Decimal(100), Decimal(130),
    )  # fmt: skip
    assert _lines(july) == [
        ("fee", "2026-07-01", "10.00"), ("use", "2026-07-01", "30.00"), ("correction", "2026-06-01", "30.00"),
    ]  # fmt: skip
    assert rerate_month(session, month=Month("2026-06")).differences == []


def test_what_comes_after_the_late_window_is_listed_once_and_never_billed(session: Session) -> None:
    fleet = found_fleet(session, assets=1)
    sign(session, contract(fleet.customer, "C-1", [line(fleet.assets[0], **PER_HOUR)], late_months=1))
    read_meter(session, fleet.assets[0], FIRST, SOON_AFTER)
    for month in ("2026-06", "2026-07", "2026-08"):
        _billed(session, month)
    read_meter(session, fleet.assets[0], {"2026-06-29T12:00:00Z": 130.0}, SOON_AFTER)

    september, october = (_billed(session, month) for month in ("2026-09", "2026-10"))

    assert "correction" not in {component for bill in (september, october) for component, _, _ in _lines(bill)}
    refused = session.exec(select(LateUseRefusedRecord).order_by(col(LateUseRefusedRecord.period_start))).all()
    assert [(str(one.period_start), one.refused_use, one.refused_net) for one in refused] == [
        ("2026-06-01", Decimal(30), Decimal("30.00")), ("2026-07-01", Decimal(-30), Decimal("-30.00")),
    ]  # fmt: skip
    (told, _) = (
        *rerate_month(session, month=Month("2026-06")).differences,
        *rerate_month(session, month=Month("2026-07")).differences,
    )
    assert (told.because, told.difference) == (Because.READINGS, Decimal("30.00"))


def test_a_thing_returned_after_its_fee_was_billed_in_advance_is_credited_the_rest(session: Session) -> None:
    fleet = found_fleet(session, assets=1)
    days = {"starts_on": "2026-06-01"}
    paper = contract(
        fleet.customer, "C-1", [line(fleet.assets[0], monthly_fee="30", **days)], fee_timing="advance", **days
    )
    sign(session, paper)

    june = _billed(session, "2026-06")
    leased = session.exec(select(ContractLineRecord)).one()
    leased.ends_on = datetime(2026, 7, 11, tzinfo=UTC).date()
    session.add(leased)
    amended = session.exec(select(ContractRecord)).one()
    _note_amendment(session, amended)
    july = _billed(session, "2026-07")

    assert _lines(june) == [("fee", "2026-06-01", "30.00"), ("fee", "2026-07-01", "30.00")]
    assert _lines(july) == [("correction", "2026-07-01", "-20.32"), ("carried_over", "2026-07-01", "20.32")]


def _note_amendment(session: Session, amended: ContractRecord) -> None:
    """Note that a contract was amended, as amending it does."""
    session.add(
        ContractAmendmentRecord(
            tenant_id=amended.tenant_id,
            contract_id=amended.id,
            version=2,
            kind="return_asset",
            from_day=datetime(2026, 7, 11, tzinfo=UTC).date(),
            asked={},
            changes={"contract": {}, "lines": [], "pools": [], "pool_of": {}},
            recorded_at=SOON_AFTER,
            actor_kind="person",
            actor="clerk",
        )
    )
    session.flush()


def test_what_comes_after_the_last_bill_of_a_contract_is_listed(session: Session) -> None:
    fleet = found_fleet(session, assets=2)
    days = {"starts_on": "2026-06-01", "ends_on": "2026-07-01"}
    sign(session, contract(fleet.customer, "C-1", [line(fleet.assets[0], **PER_HOUR | days)], **days))
    sign(session, contract(fleet.customer, "C-2", [line(fleet.assets[1])]))
    read_meter(session, fleet.assets[0], FIRST, SOON_AFTER)
    bill_month(session, month=Month("2026-06"), now=SOON_AFTER, by=CLERK)
    read_meter(session, fleet.assets[0], {"2026-06-29T12:00:00Z": 130.0}, SOON_AFTER)

    for month in ("2026-07", "2026-08"):
        bill_month(session, month=Month(month), now=SOON_AFTER, by=CLERK)

    (refused,) = session.exec(select(LateUseRefusedRecord)).all()
    assert (refused.refused_use, refused.refused_net) == (Decimal(30), Decimal("30.00"))
