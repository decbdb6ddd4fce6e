"""Amending: a contract changes from a day on, what was signed stays to be read, and the month's bill follows."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlmodel import Session, select

from billing.amend_contract import AmendmentDiffers, amend_contract
from billing.contract.contract import LeasedTwice, WrongTerms
from billing.contract_life.amendment import AMENDMENT
from billing.contract_life.planned_change import NotPossibleThen, NotUnderContract
from billing.contract_life_queries import amendments
from billing.contract_life_tables import ContractAmendmentRecord
from billing.load_due import load_due
from billing.period import Month
from billing.plan_way_out import NotAgreed
from billing.queries import lines_of
from billing.rate_contract import rate_contract
from billing.rating.rated import RatedLine
from billing.sign_contracts import NotAMeter, UnknownParty
from billing.tables import ContractRecord
from lifecycle.tables import AuditRecord
from tests.billing.billed_fleet import CLERK, contract, found_fleet, line, read_meter, sign

LATER = datetime(2026, 12, 2, 9, tzinfo=UTC)
SOON = datetime(2026, 1, 10, 9, tzinfo=UTC)


def amend(session: Session, of: ContractRecord, now: datetime = SOON, **asked: Any) -> ContractAmendmentRecord:
    asked = {key: str(value) if isinstance(value, UUID) else value for key, value in asked.items()}
    amendment = AMENDMENT.validate_python(asked)
    return amend_contract(session, contract_id=of.id, amendment=amendment, now=now, by=CLERK)


def bill(session: Session, of: ContractRecord, month: str, now: datetime = LATER) -> list[RatedLine]:
    (due,) = load_due(session, month=Month(month), contracts=[of], now=now)
    return rate_contract(due, month=Month(month))


def nets(lines: list[RatedLine]) -> list[Decimal]:
    return [line.net for line in lines]


def test_a_new_price_holds_from_its_day_on(session: Session) -> None:
    fleet = found_fleet(session)
    (signed,) = sign(session, contract(fleet.customer, "C-1", [line(fleet.assets[0], monthly_fee="30")]))

    amend(session, signed, kind="change_price", from_day="2026-06-16", monthly_fee="60")

    assert nets(bill(session, signed, "2026-05")) == [Decimal("30.00")]
    assert nets(bill(session, signed, "2026-06")) == [Decimal("15.00"), Decimal("30.00")]
    assert nets(bill(session, signed, "2026-07")) == [Decimal("60.00")]


def test_an_amendment_is_kept_before_and_after_and_stands_in_the_audit(session: Session) -> None:
    fleet = found_fleet(session)
    (signed,) = sign(session, contract(fleet.customer, "C-1", [line(fleet.assets[0])]))

    made = amend(session, signed, kind="change_price", from_day="2026-06-01", monthly_fee="60")

    assert (made.version, made.actor, made.from_day) == (2, CLERK.name, date(2026, 6, 1))
    before, after = (made.changes["lines"][1]["before"], made.changes["lines"][1]["after"])
    assert (before, Decimal(after["monthly_fee"])) == (None, 60)
    assert "contract C-1 version 2" in session.exec(select(AuditRecord.subject)).all()


def test_the_same_amendment_again_changes_nothing_and_another_under_its_id_is_refused(session: Session) -> None:
    fleet = found_fleet(session)
    (signed,) = sign(session, contract(fleet.customer, "C-1", [line(fleet.assets[0])]))
    asked: dict[str, Any] = {"id": uuid4(), "kind": "change_price", "from_day": "2026-06-01", "monthly_fee": "60"}

    first = amend(session, signed, **asked)
    again = amend(session, signed, **asked)
    assert again.id == first.id
    assert len(amendments(session, contract_id=signed.id)) == 1
    with pytest.raises(AmendmentDiffers):
        amend(session, signed, **(asked | {"monthly_fee": "61"}))


def test_a_thing_that_comes_in_mid_month_owes_its_days(session: Session) -> None:
    fleet = found_fleet(session)
    (signed,) = sign(session, contract(fleet.customer, "C-1", [line(fleet.assets[0])]))

    new = {"asset_id": str(fleet.assets[1].id), "starts_on": "2026-03-05", "monthly_fee": "31.00"}
    amend(session, signed, kind="add_asset", line=new)

    assert nets(bill(session, signed, "2026-03")) == [Decimal("50.00"), Decimal("27.00")]


def test_a_thing_that_went_back_in_mid_month_owes_its_days_and_may_be_leased_anew(session: Session) -> None:
    fleet = found_fleet(session)
    (signed,) = sign(session, contract(fleet.customer, "C-1", [line(fleet.assets[0]), line(fleet.assets[1])]))

    amend(session, signed, kind="return_asset", asset_id=fleet.assets[0].id, from_day="2026-06-16")

    assert nets(bill(session, signed, "2026-06")) == [Decimal("25.00"), Decimal("50.00")]
    assert nets(bill(session, signed, "2026-07")) == [Decimal("50.00")]
    day = {"starts_on": "2026-06-16"}
    sign(session, contract(fleet.customer, "C-2", [line(fleet.assets[0], **day)], **day))


def test_on_the_day_of_a_swap_the_old_thing_is_charged(session: Session) -> None:
    fleet = found_fleet(session)
    (signed,) = sign(session, contract(fleet.customer, "C-1", [line(fleet.assets[0], monthly_fee="30")]))

    amend(
        session, signed, kind="swap_asset", asset_id=fleet.assets[0].id, by_asset_id=fleet.assets[1].id, on="2026-06-10"
    )

    old, new = bill(session, signed, "2026-06")
    assert (old.serial, old.net, new.serial, new.net) == ("PRJ-00000", Decimal("10.00"), "PRJ-00001", Decimal("20.00"))
    assert old.period_end == new.period_start == date(2026, 6, 11)


@pytest.mark.parametrize(("hour", "first"), [(9, date(2026, 6, 10)), (12, date(2026, 6, 11)), (18, date(2026, 6, 11))])
def test_by_the_hour_the_day_of_a_swap_is_charged_to_what_stood_there_longer(
    session: Session, hour: int, first: date
) -> None:
    fleet = found_fleet(session)
    (signed,) = sign(session, contract(fleet.customer, "C-1", [line(fleet.assets[0])]))
    amend(session, signed, kind="agree", from_day="2026-01-01", clause={"kind": "swap_day", "rule": "by_hour"})
    swap = {"asset_id": fleet.assets[0].id, "by_asset_id": fleet.assets[1].id, "on": "2026-06-10"}

    with pytest.raises(NotPossibleThen):
        amend(session, signed, kind="swap_asset", **swap)
    amend(session, signed, kind="swap_asset", hour=hour, **swap)

    assert [one.starts_on for one in lines_of(session, [signed.id])[signed.id]] == [date(2026, 1, 1), first]


def test_a_metered_price_changes_with_the_month_and_never_within_one(session: Session) -> None:
    fleet = found_fleet(session)
    metered = line(fleet.assets[0], monthly_fee="0", meter="lamp_hours", unit_price="0.10")
    (signed,) = sign(session, contract(fleet.customer, "C-1", [metered]))
    read_meter(session, fleet.assets[0], {"2026-04-30T20:00Z": 100.0, "2026-05-30T12:00Z": 200.0}, LATER)
    read_meter(session, fleet.assets[0], {"2026-06-29T12:00Z": 300.0}, LATER)

    with pytest.raises(NotPossibleThen, match="first day of a month"):
        amend(session, signed, kind="change_price", from_day="2026-06-02", unit_price="0.20")
    amend(session, signed, kind="change_price", from_day="2026-06-01", unit_price="0.20")

    assert nets(bill(session, signed, "2026-05")) == [Decimal("10.00")]
    assert nets(bill(session, signed, "2026-06")) == [Decimal("20.00")]


@pytest.mark.parametrize(
    ("asked", "refusal"),
    [
        ({"kind": "change_price", "from_day": "2025-12-31", "monthly_fee": "1"}, NotPossibleThen),
        ({"kind": "change_price", "from_day": "2026-06-01", "unit_price": "1"}, NotPossibleThen),
        ({"kind": "return_asset", "asset_id": str(uuid4()), "from_day": "2026-06-01"}, NotUnderContract),
        ({"kind": "extend", "ends_on": "2026-12-01"}, NotPossibleThen),
        ({"kind": "extend", "ends_on": "2200-06-01"}, NotPossibleThen),
        ({"kind": "renew", "months": 120}, None),
        ({"kind": "end", "from_day": "2026-06-01"}, NotAgreed),
        ({"kind": "end", "from_day": "2026-01-01", "by_consent": True}, NotPossibleThen),
        ({"kind": "give_notice", "on": "2026-06-01"}, NotAgreed),
        ({"kind": "change_pool", "pool": "P", "from_day": "2026-06-01", "count": 3}, NotUnderContract),
    ],
)
def test_what_cannot_be_is_refused(session: Session, asked: dict[str, Any], refusal: type[Exception] | None) -> None:
    fleet = found_fleet(session)
    (signed,) = sign(session, contract(fleet.customer, "C-1", [line(fleet.assets[0])], ends_on="2027-01-01"))
    if refusal is None:
        amend(session, signed, **asked)
        return
    with pytest.raises(refusal):
        amend(session, signed, **asked)
    assert amendments(session, contract_id=signed.id) == []


@pytest.mark.parametrize(
    ("of_line", "refusal"),
    [
        ({"starts_on": "2026-03-01", "ends_on": "2027-02-01"}, WrongTerms),
        ({"meter": "lamp_hours"}, WrongTerms),
        ({"meter": "no_such", "unit_price": "1"}, NotAMeter),
        ({"asset_id": str(uuid4())}, UnknownParty),
    ],
)
def test_a_line_that_comes_later_is_held_against_the_same_rules(
    session: Session, of_line: dict[str, Any], refusal: type[Exception]
) -> None:
    fleet = found_fleet(session)
    (signed,) = sign(session, contract(fleet.customer, "C-1", [line(fleet.assets[0])], ends_on="2027-01-01"))
    new = {"asset_id": str(fleet.assets[1].id), "starts_on": "2026-03-05", "monthly_fee": "31.00"} | of_line
    with pytest.raises(refusal):
        amend(session, signed, kind="add_asset", line=new)


def test_a_thing_of_another_contract_cannot_come_in(session: Session) -> None:
    fleet = found_fleet(session)
    (signed, _other) = sign(
        session,
        contract(fleet.customer, "C-1", [line(fleet.assets[0])]),
        contract(fleet.customer, "C-2", [line(fleet.assets[1])]),
    )
    with pytest.raises(LeasedTwice):
        swap = {"asset_id": fleet.assets[0].id, "by_asset_id": fleet.assets[1].id, "on": "2026-06-10"}
        amend(session, signed, kind="swap_asset", **swap)


def test_an_extension_cannot_run_into_the_next_lease(session: Session) -> None:
    fleet = found_fleet(session)
    until, since = {"ends_on": "2026-07-01"}, {"starts_on": "2026-07-01"}
    (signed, _next) = sign(
        session,
        contract(fleet.customer, "C-1", [line(fleet.assets[0], **until)], **until),
        contract(fleet.customer, "C-2", [line(fleet.assets[0], **since)], **since),
    )
    with pytest.raises(LeasedTwice):
        amend(session, signed, kind="extend", ends_on="2026-08-01")


def test_lines_that_ran_to_the_end_run_on_with_the_contract(session: Session) -> None:
    fleet = found_fleet(session)
    until = {"ends_on": "2026-07-01"}
    lines = [line(fleet.assets[0], **until), line(fleet.assets[1], ends_on="2026-05-01"), line(fleet.assets[2])]
    (signed,) = sign(session, contract(fleet.customer, "C-1", lines, **until))

    amend(session, signed, kind="extend", ends_on="2026-08-01")

    assert [one.serial for one in bill(session, signed, "2026-07")] == ["PRJ-00000", "PRJ-00002"]
    assert bill(session, signed, "2026-08") == []


def test_a_line_that_is_there_already_is_not_added_twice(session: Session) -> None:
    fleet = found_fleet(session)
    (signed,) = sign(session, contract(fleet.customer, "C-1", [line(fleet.assets[0])]))
    known = str(lines_of(session, [signed.id])[signed.id][0].id)
    new = {"id": known, "asset_id": str(fleet.assets[1].id), "starts_on": "2026-03-05", "monthly_fee": "31.00"}
    with pytest.raises(AmendmentDiffers, match="there already"):
        amend(session, signed, kind="add_asset", line=new)
