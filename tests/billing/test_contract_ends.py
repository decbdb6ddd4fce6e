"""After its end a contract is still billed what it owes, and what lies too far back is refused."""

from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any

import pytest
from sqlmodel import Session, col, select

from billing.amend_contract import amend_contract
from billing.bill_month import bill_month
from billing.charge_contract import charge_contract
from billing.contract_life.amendment import AMENDMENT
from billing.contract_life.charge import NewCharge
from billing.contract_life.planned_change import NotPossibleThen
from billing.period import Month
from billing.renew_contracts import renew_contracts
from billing.tables import ContractRecord, InvoiceLineRecord, InvoiceRecord
from tests.billing.billed_fleet import CLERK, contract, found_fleet, line, sign


def after(month: str) -> datetime:
    """The morning on which a month is billed."""
    return datetime.combine(Month(month).end, time(9), tzinfo=UTC)


def amend(session: Session, of: ContractRecord, now: datetime, **asked: Any) -> None:
    amend_contract(session, contract_id=of.id, amendment=AMENDMENT.validate_python(asked), now=now, by=CLERK)


def billed(session: Session, of: ContractRecord, month: str) -> list[InvoiceLineRecord]:
    """Bill a month and give its lines."""
    run = bill_month(session, month=Month(month), now=after(month), by=CLERK)
    assert run.failures == []
    query = (
        select(InvoiceLineRecord)
        .join(InvoiceRecord, col(InvoiceRecord.id) == InvoiceLineRecord.invoice_id)
        .where(InvoiceRecord.contract_id == of.id, InvoiceRecord.period_start == Month(month).start)
    )
    return list(session.exec(query.order_by(col(InvoiceLineRecord.position))))


def test_damage_found_after_the_end_is_billed_once(session: Session) -> None:
    fleet = found_fleet(session)
    (signed,) = sign(session, contract(fleet.customer, "C-1", [line(fleet.assets[0])], ends_on="2026-03-01"))
    billed(session, signed, "2026-02")
    facts = {
        "kind": "damage",
        "on_day": "2026-03-20",
        "name": "Kras",
        "unit_price": "80",
        "asset_id": fleet.assets[0].id,
    }
    charge_contract(
        session, contract_id=signed.id, charge=NewCharge.model_validate(facts), now=after("2026-03"), by=CLERK
    )

    march = billed(session, signed, "2026-03")

    assert [(one.component, one.net) for one in march] == [("charge", Decimal("80.00"))]
    assert billed(session, signed, "2026-04") == []


def test_a_deposit_comes_back_so_many_days_after_the_end_as_agreed(session: Session) -> None:
    fleet = found_fleet(session)
    (signed,) = sign(session, contract(fleet.customer, "C-1", [line(fleet.assets[0])], ends_on="2026-03-01"))
    deposit = {"kind": "deposit", "amount": "250", "return_after_days": 30}
    amend(session, signed, after("2026-01"), kind="agree", from_day="2026-01-01", clause=deposit)

    taken, february = (billed(session, signed, month) for month in ("2026-01", "2026-02"))
    march, april = (billed(session, signed, month) for month in ("2026-03", "2026-04"))

    assert [one.net for one in taken if one.component == "deposit"] == [Decimal("250.00")]
    assert [one.component for one in february] == ["fee"]
    assert [(one.component, one.net, one.period_start) for one in march] == [
        ("deposit_return", Decimal("-250.00"), date(2026, 3, 30))
    ]
    assert april == []


def test_a_pool_that_was_larger_than_billed_is_corrected_in_its_own_month(session: Session) -> None:
    fleet = found_fleet(session)
    (signed,) = sign(session, contract(fleet.customer, "C-1", [line(fleet.assets[0])]))
    pool = {"code": "ANY", "product_id": str(fleet.assets[0].product_id), "count": 10, "monthly_fee": "3"}
    amend(session, signed, after("2026-01"), kind="add_pool", pool=pool | {"starts_on": "2026-02-01"})
    billed(session, signed, "2026-02")
    back = {"kind": "change_pool", "pool": "ANY", "from_day": "2026-02-15", "count": 14}
    amend(session, signed, datetime(2026, 3, 2, tzinfo=UTC), **back)

    march = [one for one in billed(session, signed, "2026-03") if one.component == "correction"]

    assert sorted(one.net for one in march) == [Decimal("-15.00"), Decimal("21.00")]
    assert {one.period_start.month for one in march} == {2}
    assert [one for one in billed(session, signed, "2026-04") if one.component == "correction"] == []


def test_what_was_billed_too_long_ago_is_not_changed(session: Session) -> None:
    fleet = found_fleet(session)
    (signed,) = sign(session, contract(fleet.customer, "C-1", [line(fleet.assets[0])]))
    billed(session, signed, "2026-01")
    late = datetime(2029, 1, 10, tzinfo=UTC)

    with pytest.raises(NotPossibleThen, match="corrected no longer"):
        amend(session, signed, late, kind="change_price", from_day="2026-01-16", monthly_fee="60")
    amend(session, signed, late, kind="agree", from_day="2026-01-01", clause={"kind": "renewal", "months": 12})


def test_a_contract_that_cannot_be_renewed_stops_no_other(session: Session) -> None:
    fleet = found_fleet(session)
    until, since = {"ends_on": "2026-07-01"}, {"starts_on": "2026-07-01"}
    first, second, _next = sign(
        session,
        contract(fleet.customer, "C-1", [line(fleet.assets[0])], **until),
        contract(fleet.customer, "C-2", [line(fleet.assets[1])], **until),
        contract(fleet.customer, "C-3", [line(fleet.assets[0], **since)], **since),
    )
    for one in (first, second):
        clause = {"kind": "renewal", "months": 12, "notice_days": 30}
        amend(session, one, after("2026-01"), kind="agree", from_day="2026-01-01", clause=clause)

    done = renew_contracts(session, now=after("2026-06"))

    assert [one.contract_id for one in done.renewed] == [second.id]
    assert [one.contract for one in done.failed] == ["C-1"]
    assert second.ends_on == date(2027, 7, 1)
