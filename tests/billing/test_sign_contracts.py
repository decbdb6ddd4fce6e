"""Signing: what a contract may say, and that one asset is never under two at once."""

from datetime import date
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from sqlmodel import Session, select

from billing.contract.contract import LeasedTwice, WrongTerms
from billing.queries import lines_of
from billing.sign_contracts import ContractDiffers, NotAMeter, OtherCurrency, UnknownParty, sign_contracts
from billing.tables import ContractLineRecord, ContractRecord
from billing.vat import BuyerWithoutVatNumber, WrongRate
from lifecycle.site import UnknownZone
from lifecycle.tables import AuditRecord
from telemetry.refusal import Refusal
from tests.billing.billed_fleet import BEGINNING, CLERK, contract, found_fleet, line, sign


def test_a_contract_is_kept_as_signed_and_stands_in_the_audit(session: Session) -> None:
    fleet = found_fleet(session)
    metered = line(fleet.assets[0], meter="lamp_hours", unit_price="0.125", allowance="100")

    (signed,) = sign(session, contract(fleet.customer, "C-1", [metered, line(fleet.assets[1])]))

    kept = lines_of(session, [signed.id])[signed.id]
    assert {one.asset_id for one in kept} == {asset.id for asset in fleet.assets[:2]}
    assert {one.unit_price for one in kept} == {Decimal("0.125"), None}
    assert "contract C-1" in session.exec(select(AuditRecord.subject)).all()


def test_the_same_contract_again_changes_nothing(session: Session) -> None:
    fleet = found_fleet(session)
    same = contract(fleet.customer, "C-1", [line(fleet.assets[0], monthly_fee="50")])
    sign(session, same)

    again = sign_contracts(
        session,
        [contract(fleet.customer, "C-1", [line(fleet.assets[0], monthly_fee="50.00")])],
        now=BEGINNING,
        by=CLERK,
    )

    assert ([one.code for one in again.unchanged], again.new) == (["C-1"], [])
    assert len(session.exec(select(ContractLineRecord)).all()) == 1


def test_other_terms_under_the_same_code_are_refused(session: Session) -> None:
    fleet = found_fleet(session)
    sign(session, contract(fleet.customer, "C-1", [line(fleet.assets[0])]))

    for other in (
        contract(fleet.customer, "C-1", [line(fleet.assets[0], monthly_fee="51")]),
        contract(fleet.customer, "C-1", [line(fleet.assets[0])], payment_days=14),
        contract(fleet.customer, "C-1", [line(fleet.assets[0])], id=uuid4()),
    ):
        with pytest.raises(ContractDiffers):
            sign(session, other)


@pytest.mark.parametrize(
    ("terms", "of_line", "refusal"),
    [
        ({"ends_on": "2026-01-01"}, {}, WrongTerms),
        ({"ends_on": "2200-01-02"}, {}, WrongTerms),
        ({"starts_on": "0001-01-01"}, {}, WrongTerms),
        ({"ends_on": "2026-06-01"}, {"ends_on": "2026-07-01"}, WrongTerms),
        ({}, {"starts_on": "2025-12-31"}, WrongTerms),
        ({}, {"meter": "lamp_hours"}, WrongTerms),
        ({}, {"unit_price": "1"}, WrongTerms),
        ({"zone": "Mars/Olympus"}, {}, UnknownZone),
        ({"zone": "../../etc/passwd"}, {}, UnknownZone),
        ({"vat_rate": "0"}, {}, WrongRate),
        ({"vat_category": "AE"}, {}, WrongRate),
        ({}, {"meter": "ambient_temperature", "unit_price": "1"}, NotAMeter),
        ({}, {"meter": "no_such_thing", "unit_price": "1"}, NotAMeter),
        ({}, {"asset_id": str(uuid4())}, UnknownParty),
        ({"customer_id": str(uuid4())}, {}, UnknownParty),
    ],
)
def test_terms_that_cannot_hold_are_refused(
    session: Session, terms: dict[str, Any], of_line: dict[str, Any], refusal: type[Refusal]
) -> None:
    fleet = found_fleet(session)
    with pytest.raises(refusal):
        sign(session, contract(fleet.customer, "C-1", [line(fleet.assets[0], **of_line)], **terms))
    assert session.exec(select(ContractRecord)).all() == []


def test_vat_is_not_shifted_to_a_customer_without_a_vat_number(session: Session) -> None:
    fleet = found_fleet(session, vat_number=None)
    with pytest.raises(BuyerWithoutVatNumber):
        sign(session, contract(fleet.customer, "C-1", [line(fleet.assets[0])], vat_category="AE", vat_rate=0))


def test_one_asset_is_never_under_two_contracts_on_one_day(session: Session) -> None:
    fleet = found_fleet(session)
    sign(session, contract(fleet.customer, "C-1", [line(fleet.assets[0])], ends_on="2026-07-01"))

    late = {"starts_on": "2026-06-30"}
    with pytest.raises(LeasedTwice):
        sign(session, contract(fleet.customer, "C-2", [line(fleet.assets[0], **late)], **late))
    with pytest.raises(LeasedTwice):
        twice = [line(fleet.assets[1]), line(fleet.assets[1], starts_on="2026-02-01")]
        sign(session, contract(fleet.customer, "C-3", twice))


def test_the_day_of_a_swap_belongs_to_the_new_contract(session: Session) -> None:
    fleet = found_fleet(session)
    sign(session, contract(fleet.customer, "C-1", [line(fleet.assets[0])], ends_on="2026-07-01"))

    next_day = {"starts_on": "2026-07-01"}
    (signed,) = sign(session, contract(fleet.customer, "C-2", [line(fleet.assets[0], **next_day)], **next_day))

    assert signed.starts_on == date(2026, 7, 1)


def test_a_tenant_keeps_to_one_currency(session: Session) -> None:
    fleet = found_fleet(session)
    sign(session, contract(fleet.customer, "C-1", [line(fleet.assets[0])]))
    with pytest.raises(OtherCurrency):
        sign(session, contract(fleet.customer, "C-2", [line(fleet.assets[1])], currency="GBP"))
