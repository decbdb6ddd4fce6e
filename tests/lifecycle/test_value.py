"""The rules of value: what moves it, that its reasons add up, and what it says when it knows nothing."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlmodel import Session

from lifecycle.actor import Actor
from lifecycle.asset import Asset
from lifecycle.grade import GRADES
from lifecycle.log_inspections import log_inspections
from lifecycle.product import CurvePoint
from lifecycle.reassess import reassess
from lifecycle.tables import SaleRecord
from lifecycle.valuation.lesson import Lesson
from lifecycle.valuation.use import Use
from lifecycle.valuation.value import AssetValue, Valued, value
from lifecycle.value_assets import value_assets
from telemetry.tables import tenant_of
from tests.lifecycle.sample_fleet import inspection, product, store_assets, store_product

TODAY = date(2026, 11, 1)
SOMETHING = UUID(int=1)
plain = settings(deadline=None, max_examples=60)
ages = st.integers(0, 40 * 365)


def one(days: int, grade: str | None = "B", *, ahead: int = 0, **changes: Any) -> AssetValue:
    as_of = TODAY + timedelta(days=ahead)
    asset = Asset(serial="1", public_id="1", product_id=SOMETHING, made_on=as_of - timedelta(days=days))
    thing = Valued(SOMETHING, asset, SOMETHING, product(**changes), grade, None, 0)
    return value([thing], as_of=as_of, today=TODAY)[0]


def used(share: float, *, days: int = 730, grade: str | None = "B", lesson: Lesson | None = None) -> AssetValue:
    """Value the projector after so much of its usual 4,000 lamp hours a year."""
    asset = Asset(serial="1", public_id="1", product_id=SOMETHING, made_on=TODAY - timedelta(days=days))
    use = Use(share * 4_000 * days / 365.25, TODAY)
    thing = Valued(SOMETHING, asset, SOMETHING, product(), grade, None, 0, lesson, use)
    return value([thing], as_of=TODAY, today=TODAY)[0]


def told(worth: AssetValue) -> tuple[Decimal, Decimal, Decimal]:
    assert worth.p10 is not None
    assert worth.p50 is not None
    assert worth.p90 is not None
    return worth.p10, worth.p50, worth.p90


@plain
@given(ages, st.sampled_from(GRADES) | st.none(), st.integers(0, 3650))
def test_the_waterfall_adds_up_to_the_cent(days: int, grade: str | None, ahead: int) -> None:
    worth = one(days, grade, ahead=ahead)

    cents = sum(round(Decimal(str(reason.effect)) * 100) for reason in worth.reasons if reason.effect is not None)

    assert cents == told(worth)[1] * 100


@plain
@given(ages, st.integers(1, 3650), st.sampled_from(GRADES))
def test_older_is_never_worth_more(days: int, more: int, grade: str) -> None:
    assert told(one(days + more, grade))[1] <= told(one(days, grade))[1]


@plain
@given(ages, st.sampled_from(GRADES) | st.none())
def test_quantiles_are_ordered(days: int, grade: str | None) -> None:
    low, middle, high = told(one(days, grade))

    assert 0 <= low <= middle <= high


@plain
@given(ages)
def test_a_worse_grade_is_never_worth_more(days: int) -> None:
    by_grade = [told(one(days, grade))[1] for grade in GRADES]

    assert by_grade == sorted(by_grade, reverse=True)


def test_the_declared_curve_is_met_at_its_points() -> None:
    low, middle, high = told(one(round(5 * 365.25), "A"))

    assert (float(low), float(middle), float(high)) == pytest.approx((500, 1000, 1500), rel=1e-3)


def test_what_is_told_further_ahead_is_told_more_widely() -> None:
    near, far = one(1000, ahead=0), one(1000, ahead=1500)

    assert told(near)[1] == told(far)[1]
    assert told(far)[0] < told(near)[0]
    assert told(far)[2] > told(near)[2]


def test_an_unknown_condition_widens_and_says_so() -> None:
    known, unknown = one(1000, "A"), one(1000, None)

    assert told(unknown)[0] < told(known)[0]
    assert "value.condition_unknown" in [reason.code for reason in unknown.reasons]


def test_the_textbook_stands_beside_it() -> None:
    worth = one(round(2 * 365.25))

    assert worth.straight_line == pytest.approx(Decimal(3000), abs=2)
    assert worth.declining_balance == pytest.approx(Decimal(3200), abs=2)
    assert worth.evidence == "expert only, 0 sales"


@pytest.mark.parametrize(
    ("worth", "code"),
    [(one(-10), "value.not_yet_made"), (one(10, value_curve=[]), "value.no_curve")],
)
def test_no_value_is_invented(worth: AssetValue, code: str) -> None:
    assert (worth.p10, worth.p50, worth.p90) == (None, None, None)
    assert [reason.code for reason in worth.reasons] == [code]


def test_a_past_date_knows_only_what_was_known_then(session: Session, now: datetime, actor: Actor) -> None:
    (asset,) = store_assets(session, store_product(session), now=now, by=actor)
    for day, grade in ((0, "A"), (10, "D")):
        at = now + timedelta(days=day)
        log_inspections(session, [inspection(asset.id, at, grades={"overall": grade})], now=at, by=actor)
        reassess(session, now=at)
    later = now + timedelta(days=20)

    def grade_on(day: date) -> str | None:
        return value_assets(session, asset_ids=[asset.id], as_of=day, now=later)[0].grade

    assert grade_on((now - timedelta(days=1)).date()) is None
    assert grade_on((now + timedelta(days=5)).date()) == "A"
    assert grade_on(later.date()) == "D"
    assert grade_on(later.date() + timedelta(days=2000)) == "E"


def test_sales_on_record_are_counted_in_the_evidence(session: Session, now: datetime, actor: Actor) -> None:
    (asset,) = store_assets(session, store_product(session), now=now, by=actor)
    for number, sold_on in enumerate((date(2025, 1, 1), date(2027, 1, 1))):
        facts = {"sale_id": str(number), "source": "s", "category": "projectors", "price": Decimal(9)}
        facts |= {"currency": "EUR", "price_kind": "ask", "sold_on": sold_on, "tenant_id": tenant_of(session)}
        session.add(SaleRecord.model_validate(facts))
    session.flush()

    (worth,) = value_assets(session, asset_ids=None, as_of=now.date(), now=now)

    assert worth.asset_id == asset.id
    assert worth.evidence == "expert only, 1 sales seen but not yet used"


def test_far_dates_are_no_accident(session: Session, now: datetime, actor: Actor) -> None:
    (asset,) = store_assets(session, store_product(session), now=now, by=actor)

    for day in (date.min, date.max, datetime(1900, 1, 1, tzinfo=UTC).date()):
        assert len(value_assets(session, asset_ids=[asset.id], as_of=day, now=now)) == 1


@plain
@given(st.floats(0.01, 20), st.floats(1, 3), st.integers(100, 4_000))
def test_more_use_is_never_worth_more(share: float, more: float, days: int) -> None:
    assert told(used(share * more, days=days))[1] <= told(used(share, days=days))[1]


@plain
@given(st.floats(0.01, 20), st.integers(100, 4_000), st.sampled_from(GRADES) | st.none())
def test_use_stands_in_the_waterfall(share: float, days: int, grade: str | None) -> None:
    worth = used(share, days=days, grade=grade)

    cents = sum(round(Decimal(str(reason.effect)) * 100) for reason in worth.reasons if reason.effect is not None)

    assert cents == told(worth)[1] * 100
    assert [reason.code for reason in worth.reasons].count("value.use") == 1


def test_usual_use_changes_nothing() -> None:
    assert told(used(1.0)) == told(one(730))


def test_what_sales_taught_of_use_counts_before_what_is_assumed() -> None:
    points = [CurvePoint(age_years=age, p10=0.4, p50=0.5, p90=0.6) for age in (0, 5)]
    lesson = Lesson(engine="hedonic", sales=50, points=points, use_elasticity=-0.5)
    taught = told(used(4.0, lesson=lesson))[1] / told(used(1.0, lesson=lesson))[1]
    assert float(taught) == pytest.approx(0.5, rel=1e-3)

    theirs = lesson.model_copy(update={"use_a_year": 16_000.0, "usage_unit": "lamp_hours"})
    assert told(used(4.0, lesson=theirs)) == told(used(1.0, lesson=lesson))
