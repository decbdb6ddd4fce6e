"""Whoever doubts an invoice can have every line worked out anew from the readings, and its digests checked."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlmodel import Session, select

from billing.bill_month import bill_month
from billing.document.credit_note import CreditWanted
from billing.document.formula import holds
from billing.document.recheck import Found
from billing.issue_credit_note import issue_credit_note
from billing.period import Month
from billing.recheck_invoice import recheck_invoice, recheck_series
from billing.tables import InvoiceRecord, NumberSeriesRecord
from lifecycle.tables import AssetRecord
from telemetry.correct_readings import correct_readings
from telemetry.correction import Correction
from telemetry.ingest import ingest
from telemetry.keep_metrics import keep_metrics
from telemetry.metric import CATALOGUE
from tests.billing.billed_fleet import CLERK, contract, found_fleet, line, read_meter, sign

OCTOBER = Month("2026-10")
NOW = datetime(2026, 11, 2, 9, tzinfo=UTC)


def billed(session: Session) -> InvoiceRecord:
    """An invoice with fees, a counter beyond an allowance, and hours of light."""
    fleet = found_fleet(session)
    keep_metrics(session, CATALOGUE)
    readings = {"2026-09-30T21:30:00Z": 1000.0, "2026-10-15T12:00:00Z": 1100.5, "2026-10-31T22:59:00Z": 1345.5}
    read_meter(session, fleet.assets[0], readings, NOW)
    _lit(session, fleet.assets[1])
    lines = [
        line(fleet.assets[0], meter="lamp_hours", unit_price="0.125", allowance="100"),
        line(fleet.assets[1], meter="light_hours", unit_price="6", starts_on="2026-10-08"),
        line(fleet.assets[2], meter="lamp_hours", unit_price="1"),
    ]
    sign(session, contract(fleet.customer, "C-1", lines))
    bill_month(session, month=OCTOBER, now=NOW, by=CLERK)
    return session.exec(select(InvoiceRecord)).one()


def _lit(session: Session, asset: AssetRecord) -> None:
    since = datetime(2026, 10, 9, 8, tzinfo=UTC)
    at = [since + timedelta(minutes=minute) for minute in range(200)]
    frame = pd.DataFrame({"metric": "illuminance", "at": at, "value": 400.0}).assign(asset_id=str(asset.id))
    assert ingest(session, frame=frame, key=None, source="test", now=NOW).quarantined == 0


def test_each_line_is_counted_from_its_readings_to_the_cent(session: Session) -> None:
    invoice = billed(session)

    found = recheck_invoice(session, invoice=invoice)

    assert found.equal
    assert found.document == []
    assert [one.found for one in found.lines] == [Found.EQUAL] * len(invoice.document["lines"])
    assert found.from_readings == 3
    (series,) = recheck_series(session)
    assert (series.documents, series.differences) == (1, [])


def test_a_reading_put_right_after_the_bill_shows_which_line_differs_and_by_how_much(session: Session) -> None:
    invoice = billed(session)
    use = next(one for one in invoice.document["lines"] if one["opening"] == "1000")
    right = [Correction(at=datetime(2026, 10, 31, 22, 59, tzinfo=UTC), value=1340.5)]
    correct_readings(
        session,
        asset_id=UUID(use["asset_id"]),
        code="lamp_hours",
        corrections=right,
        because="misread",
        now=NOW,
        by="clerk",
    )

    found = recheck_invoice(session, invoice=invoice)

    assert not found.equal
    (differing,) = [one for one in found.lines if one.found is Found.DIFFERENT]
    assert differing.position == use["position"]
    told = {one.what: (one.told, one.found) for one in differing.differences}
    assert told == {"use": ("345.5", "340.5"), "closing": ("1345.5", "1340.5")}


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ({"net": "60.00"}, "net"),
        ({"formula": "50.00 × 2 = 50.00"}, "formula"),
        ({"quantity": "2"}, "net"),
    ],
)
def test_a_changed_document_is_found_out(session: Session, change: dict[str, Any], what: str) -> None:
    invoice = billed(session)
    lines = [one | (change if place == 0 else {}) for place, one in enumerate(invoice.document["lines"])]
    if "net" in change or "quantity" in change:
        with pytest.raises(ValueError, match="do not add up"):
            recheck_invoice(session, invoice=_copy(invoice, lines))
        return

    found = recheck_invoice(session, invoice=_copy(invoice, lines))

    assert what in [one.what for one in found.lines[0].differences]
    assert "hash" in [one.what for one in found.document]
    assert "pdf_sha256" in [one.what for one in found.document]


def _copy(invoice: InvoiceRecord, lines: list[dict[str, Any]]) -> InvoiceRecord:
    return InvoiceRecord(**invoice.model_dump() | {"document": invoice.document | {"lines": lines}})


def test_credit_notes_are_followed_in_their_own_series(session: Session) -> None:
    invoice = billed(session)
    wanted = CreditWanted.model_validate({"why": "goodwill", "lines": [{"position": 1, "amount": "1.00"}]})
    note = issue_credit_note(session, number=invoice.number, wanted=wanted, now=NOW, by=CLERK)

    assert recheck_invoice(session, invoice=note).equal
    assert [(one.series, one.documents, one.differences) for one in recheck_series(session)] == [
        ("CN", 1, []),
        ("INV", 1, []),
    ]


def test_a_series_with_a_document_taken_off_its_end_does_not_come_to_its_head(session: Session) -> None:
    billed(session)
    series = session.exec(select(NumberSeriesRecord)).one()
    series.last, series.head = 2, "0" * 64

    (found,) = recheck_series(session)

    assert [one.what for one in found.differences] == ["last", "head of the chain"]


@given(a=st.decimals(0, 10**6, places=3), b=st.decimals(0, 10**4, places=4), cents=st.integers(1, 99))
@settings(deadline=None, max_examples=80)
def test_a_printed_sum_holds_only_where_it_is_right(a: Decimal, b: Decimal, cents: int) -> None:
    right = (a * b).quantize(Decimal("0.01"), "ROUND_HALF_UP")
    assert holds(f"{a:f} × {b:f} = {right:f}")
    assert not holds(f"{a:f} × {b:f} = {right + Decimal(cents) / 100:f}")


@given(st.text(max_size=60))
@settings(deadline=None)
def test_any_text_may_stand_where_a_sum_is_expected(text: str) -> None:
    assert holds(text) in {True, False, None}
    assert holds(f"{text} = 1") in {True, False, None}


def test_sums_of_any_size_are_worked_out_exactly() -> None:
    nines = "9" * 40
    assert holds(f"{nines} × 1 = {nines}.00")
    assert not holds(f"{nines} × 1 = {nines}.01")
    assert holds("−2.345 = -2.35")
