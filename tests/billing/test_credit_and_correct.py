"""What a credit note gave back is not given back once more by the correction of the same thing, nor billed again."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlmodel import Session, select

from billing.bill_month import bill_month
from billing.document.credit_note import CreditWanted
from billing.document.formula import holds
from billing.issue_credit_note import issue_credit_note
from billing.period import Month
from billing.rating.granted import GOODWILL, NOTHING, Booked, still_owed
from billing.rerate_month import rerate_month
from billing.tables import InvoiceRecord
from telemetry.correct_readings import correct_readings
from telemetry.correction import Correction
from tests.billing.billed_fleet import CLERK, contract, found_fleet, line, read_meter, sign

START = datetime(2026, 11, 2, 9, tzinfo=UTC)
PER_HOUR: dict[str, Any] = {"monthly_fee": "10", "meter": "lamp_hours", "unit_price": "1"}
READ = {"2026-06-30T12:00:00Z": 100.0, "2026-07-20T12:00:00Z": 200.0}

AMOUNTS = st.decimals(min_value=0, max_value=500, places=2)
STEPS = st.lists(
    st.tuples(AMOUNTS, st.integers(0, 100), st.sampled_from([None, "wrong_reading", GOODWILL])), max_size=6
)


def _stands(booked: list[Booked]) -> Decimal:
    return sum((one.net for one in booked), NOTHING)


def _correct(booked: list[Booked], now: Decimal) -> None:
    booked.append(Booked(still_owed(now, booked) - _stands(booked)))


@given(first=AMOUNTS, steps=STEPS, last=AMOUNTS, detour=AMOUNTS)
@settings(deadline=None, max_examples=200)
def test_any_row_of_credits_and_corrections_leaves_what_is_owed_and_no_more(
    first: Decimal, steps: list[tuple[Decimal, int, str | None]], last: Decimal, detour: Decimal
) -> None:
    booked, known = [Booked(first)], first
    for now, percent, why in steps:
        if why is not None:
            booked.append(Booked(-(_stands(booked) * percent / 100).quantize(Decimal("0.01")), why))
            granted = _stands(booked)
            _correct(booked, known)
            assert _stands(booked) == granted  # nothing new is known, so that nothing is billed again
        _correct(booked, now)
        known = now
    straight, round_about = [*booked], [*booked]
    _correct(straight, last)
    _correct(round_about, detour)
    _correct(round_about, last)

    assert _stands(straight) == _stands(round_about)  # it does not matter what was believed in between
    assert NOTHING <= _stands(straight) <= last  # never more than it comes to, never less than nothing
    before = len(straight)
    _correct(straight, last)
    assert straight[before].net == 0


def billed(session: Session, month: str, now: datetime = START) -> dict[str, Any]:
    """Bill a month and give its document."""
    bill_month(session, month=Month(month), now=now, by=CLERK)
    query = select(InvoiceRecord).where(InvoiceRecord.period_start == Month(month).start, InvoiceRecord.revision == 0)
    return session.exec(query).one().document


@pytest.mark.parametrize(
    ("why", "correction"), [("wrong_reading", "-10.00"), ("not_delivered", "-10.00"), ("goodwill", "-30.00")]
)
def test_a_reading_that_was_credited_by_hand_and_corrected_later_is_credited_once(
    session: Session, why: str, correction: str
) -> None:
    fleet = found_fleet(session, assets=1)
    sign(session, contract(fleet.customer, "C-1", [line(fleet.assets[0], **PER_HOUR)]))
    read_meter(session, fleet.assets[0], READ, START)
    july = billed(session, "2026-07")
    assert july["net"] == "110.00"

    wanted = CreditWanted.model_validate({"why": why, "lines": [{"position": 2, "amount": "20.00"}]})
    issue_credit_note(session, number=july["number"], wanted=wanted, now=START + timedelta(hours=1), by=CLERK)
    same = rerate_month(session, month=Month("2026-07"))
    assert (same.was, same.now, same.differences) == (Decimal("90.00"), Decimal("90.00"), [])

    right = [Correction(at=datetime(2026, 7, 20, 12, tzinfo=UTC), value=170.0)]
    now = START + timedelta(hours=2)
    correct_readings(
        session, asset_id=fleet.assets[0].id, code="lamp_hours", corrections=right, because="misread", now=now, by="A"
    )
    (told,) = rerate_month(session, month=Month("2026-07")).differences
    august = billed(session, "2026-08", now)

    (made,) = (one for one in august["lines"] if one["component"] == "correction")
    assert (made["net"], str(told.difference), holds(made["formula"])) == (correction, correction, True)
    assert [one["code"] for one in made["reasons"]] == ["bill.rerated", "bill.granted"]
    assert rerate_month(session, month=Month("2026-07")).differences == []
