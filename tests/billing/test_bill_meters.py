"""A line is billed by what its meter counted, and the invoice names the meter, its version and what it means."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pandas as pd
import pytest
from sqlalchemy import update
from sqlmodel import Session, col, select

from billing.bill_month import bill_month
from billing.document.document import view
from billing.period import Month
from billing.sign_contracts import NotAMeter
from billing.tables import InvoiceRecord
from lifecycle.keep_catalogue import keep
from lifecycle.product import Product
from lifecycle.queries import UnknownReference
from lifecycle.tables import AssetRecord, ProductRecord
from pas.words import LANGUAGES, Words
from telemetry.held import Held
from telemetry.ingest import ingest
from telemetry.keep_meters import keep_meter
from telemetry.keep_metrics import keep_metrics
from telemetry.meter import Meter
from telemetry.metric import CATALOGUE
from telemetry.read_meters import meter_figures
from telemetry.tables import SeriesDayRecord, SeriesRecord
from tests.billing.billed_fleet import BEGINNING, CLERK, contract, found_fleet, line, read_meter, sign
from tests.telemetry.conftest import compact_all

SOON_AFTER = datetime(2026, 11, 2, 9, tzinfo=UTC)
NIGHT = datetime(2026, 9, 30, 21, 50, tzinfo=UTC)
"""Ten minutes before October begins in Brussels."""


def _document(session: Session) -> dict[str, Any]:
    found: dict[str, Any] = session.exec(select(InvoiceRecord)).one().document
    return found


def _lit(session: Session, asset: AssetRecord, *, hours: int) -> None:
    """Shine by the minute from ten minutes before the month on."""
    at = [NIGHT + timedelta(minutes=minute) for minute in range(60 * hours + 1)]
    frame = pd.DataFrame({"metric": "illuminance", "at": at, "value": 400.0}).assign(asset_id=str(asset.id))
    frame.loc[len(frame) - 1, "value"] = 0.0
    assert ingest(session, frame=frame, key=None, source="test", now=SOON_AFTER).quarantined == 0


def test_hours_of_light_are_billed_for_the_month_of_the_contract_alone(session: Session) -> None:
    fleet = found_fleet(session, assets=1)
    keep_metrics(session, CATALOGUE)
    _lit(session, fleet.assets[0], hours=3)
    terms = {"meter": "light_hours", "unit_price": "6", "monthly_fee": "0"}
    sign(session, contract(fleet.customer, "C-1", [line(fleet.assets[0], **terms)]))

    assert bill_month(session, month=Month("2026-10"), now=SOON_AFTER, by=CLERK).issued == 1

    (billed,) = _document(session)["lines"]
    assert (billed["meter"], billed["quantity"], billed["unit"], billed["net"]) == (
        "light_hours", "2.833", "HUR", "17.00",
    )  # fmt: skip
    why = {reason["code"]: reason["inputs"] for reason in billed["reasons"]}
    assert list(why) == ["bill.measured", "bill.meter_time_on", "bill.price"]
    assert (why["bill.measured"]["covered"], why["bill.measured"]["readings"]) == ("2.867", 171)
    assert (why["bill.meter_time_on"]["meter"], why["bill.meter_time_on"]["version"]) == ("light_hours", 1)
    assert "above 100 lux" in why["bill.meter_time_on"]["means"]


def test_the_invoice_names_the_version_of_a_counter_in_every_language(session: Session) -> None:
    fleet = found_fleet(session, assets=1)
    readings = {"2026-09-30T20:00:00Z": 0.0, "2026-10-31T20:00:00Z": 12.5}
    read_meter(session, fleet.assets[0], readings, SOON_AFTER)
    sign(session, contract(fleet.customer, "C-1", [line(fleet.assets[0], meter="lamp_hours", unit_price="1")]))

    bill_month(session, month=Month("2026-10"), now=SOON_AFTER, by=CLERK)

    document = _document(session)
    use = document["lines"][1]
    assert Decimal(use["net"]) == Decimal("12.50")
    named = next(reason for reason in use["reasons"] if reason["code"] == "bill.meter_counter")
    assert (named["inputs"]["meter"], named["inputs"]["versions"]) == ("lamp_hours", [1])
    for language in LANGUAGES:
        assert "1" in Words(language).reason(named)
        assert "1)" in view(document, language)["annex"][1]["counted"]


@pytest.mark.parametrize("code", ["bananas", "illuminance"])
def test_a_contract_by_no_meter_is_refused_with_the_list(session: Session, code: str) -> None:
    fleet = found_fleet(session, assets=1)
    keep_metrics(session, CATALOGUE)
    with pytest.raises(NotAMeter, match=r"there are .*lamp_hours.*light_hours"):
        sign(session, contract(fleet.customer, "C-1", [line(fleet.assets[0], meter=code, unit_price="1")]))


def test_a_product_worn_by_no_meter_is_refused_with_the_list(session: Session) -> None:
    found_fleet(session, assets=1)
    product = Product(code="P-2", name="P", trade="projectors", price_new=Decimal(1), rated_years=1)
    for code, refused in (("bananas", True), ("lamp_hours", False), (None, False)):
        worn = product.model_copy(update={"usage_metric": code})
        if refused:
            with pytest.raises(UnknownReference, match="there are lamp_hours"):
                keep(session, ProductRecord, [worn], now=BEGINNING, by=CLERK)
        else:
            keep(session, ProductRecord, [worn], now=BEGINNING, by=CLERK)


def test_a_new_version_leaves_the_past_month_as_it_was_billed(session: Session) -> None:
    fleet = found_fleet(session, assets=1)
    keep_metrics(session, CATALOGUE)
    _lit(session, fleet.assets[0], hours=3)
    brighter = Meter(
        code="light_hours", name="Hours of light", metric="illuminance", way="time_on", unit="hour", threshold=500,
        side="above", longest_gap=120,
    )  # fmt: skip
    keep_meter(session, brighter, valid_from=None, now=SOON_AFTER)
    sign(session, contract(fleet.customer, "C-1", [line(fleet.assets[0], meter="light_hours", unit_price="6")]))

    bill_month(session, month=Month("2026-10"), now=SOON_AFTER, by=CLERK)

    assert _document(session)["lines"][1]["quantity"] == "2.833"


def test_what_was_forgotten_is_not_billed_as_nothing(session: Session) -> None:
    fleet = found_fleet(session, assets=2)
    keep_metrics(session, CATALOGUE)
    for asset in fleet.assets:
        _lit(session, asset, hours=3)
    compact_all(session)
    gone = select(SeriesRecord.number).where(SeriesRecord.asset_id == fleet.assets[0].id)
    forget = update(SeriesDayRecord).where(col(SeriesDayRecord.series) == session.exec(gone).one())
    session.execute(forget.values(held=Held.FORGOTTEN, readings=b""))
    for number, asset in enumerate(fleet.assets):
        terms = line(asset, meter="light_hours", unit_price="6")
        sign(session, contract(fleet.customer, f"C-{number}", [terms]))

    run = bill_month(session, month=Month("2026-10"), now=SOON_AFTER, by=CLERK)

    assert (run.issued, [why.code for why in run.failures]) == (1, ["readings-forgotten"])


@pytest.mark.parametrize("first", ["2026-09", "2026-10"])
def test_light_that_comes_to_be_known_late_is_billed_once(session: Session, first: str) -> None:
    fleet = found_fleet(session, assets=1)
    keep_metrics(session, CATALOGUE)
    terms = {"meter": "light_hours", "unit_price": "6", "monthly_fee": "50"}
    sign(session, contract(fleet.customer, "C-1", [line(fleet.assets[0], starts_on="2026-08-01", **terms)]))
    months = ["2026-08", first, *({"2026-09", "2026-10"} - {first})]
    for place, month in enumerate(months):
        _take_light(session, fleet.assets[0], "2026-08-10T08:00:00+00:00", minutes=60, skip=2 - place)
        _take_light(session, fleet.assets[0], f"{month}-12T08:00:00+00:00", minutes=30)
        assert bill_month(session, month=Month(month), now=SOON_AFTER, by=CLERK).issued == 1

    found = session.exec(select(InvoiceRecord).order_by(col(InvoiceRecord.number))).all()
    billed = [one for invoice in found for one in invoice.document["lines"] if one["meter"]]
    whole = meter_figures(
        session, wanted=[(fleet.assets[0].id, "light_hours")], start=BEGINNING, end=SOON_AFTER
    )[fleet.assets[0].id, "light_hours"]  # fmt: skip
    assert sum(Decimal(one["quantity"]) for one in billed) == pytest.approx(
        Decimal(str(whole.increase)), abs=Decimal("0.004")
    )
    corrected = [(one["period_start"], one["net"]) for one in billed if one["component"] == "correction"]
    assert corrected == [("2026-08-01", "2.00"), ("2026-08-01", "2.00")]  # twenty minutes each


def _take_light(session: Session, asset: AssetRecord, start: str, *, minutes: int, skip: int = 0) -> None:
    """Shine from a moment on; `skip` thirds of it are not sent yet."""
    begin = datetime.fromisoformat(start)
    at = [begin + timedelta(minutes=minute) for minute in range(minutes - skip * minutes // 3)]
    frame = pd.DataFrame({"metric": "illuminance", "at": at, "value": 400.0}).assign(asset_id=str(asset.id))
    assert ingest(session, frame=frame, key=None, source="test", now=SOON_AFTER).quarantined == 0
