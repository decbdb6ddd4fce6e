"""The rules of condition: what makes it better or worse, and that its reasons add up."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lifecycle.asset import Asset
from lifecycle.condition.anchor import Anchor, seen, unseen
from lifecycle.condition.assessment import Assessment, Subject, assess
from lifecycle.condition.assumptions import assumptions
from lifecycle.grade import GRADES
from lifecycle.inspection import InspectionSource
from tests.lifecycle.sample_fleet import inspection, product

TODAY = date(2026, 11, 1)
SOMETHING = UUID(int=1)
PROJECTOR = product()
plain = settings(deadline=None, max_examples=60)

anchors = st.builds(
    Anchor,
    at=st.dates(date(2016, 1, 1), TODAY),
    points=st.floats(0, 100),
    spread=st.floats(0, 30),
    inspection_id=st.sampled_from([None, SOMETHING]),
    source=st.just("app"),
)
measures = st.fixed_dictionaries(
    {
        "use": st.none() | st.floats(0, 1e6),
        "use_per_day": st.none() | st.floats(0, 24),
        "ambient": st.none() | st.floats(-20, 80),
    }
)


def one(anchor: Anchor, **measured: Any) -> Assessment:
    return assess([Subject(SOMETHING, PROJECTOR, anchor, **measured)], today=TODAY)[0]


def points(*, at: date = TODAY, index: float = 90, spread: float = 5) -> Anchor:
    return Anchor(at, index, spread, SOMETHING, "app")


@plain
@given(anchors, measures, st.floats(0, 1e5))
def test_more_use_is_never_healthier(anchor: Anchor, measured: dict[str, Any], more: float) -> None:
    used = measured | {"use": measured["use"] or 0.0}

    less, harder = one(anchor, **used), one(anchor, **(used | {"use": used["use"] + more}))

    assert harder.index_p50 <= less.index_p50
    assert harder.remaining_use[1] is not None
    assert less.remaining_use[1] is not None
    assert harder.remaining_use[1] <= less.remaining_use[1]


@plain
@given(anchors, measures)
def test_reasons_add_up_to_the_index_exactly(anchor: Anchor, measured: dict[str, Any]) -> None:
    result = one(anchor, **measured)

    hundredths = [round(reason.effect * 100) for reason in result.reasons if reason.effect is not None]

    assert sum(hundredths) == round(result.index_p50 * 100)


@plain
@given(anchors, measures)
def test_quantiles_are_ordered_and_within_the_scale(anchor: Anchor, measured: dict[str, Any]) -> None:
    result = one(anchor, **measured)

    assert 0 <= result.index_p10 <= result.index_p50 <= result.index_p90 <= 100
    assert result.grade in GRADES
    for quantiles in (result.remaining_use, result.remaining_days):
        known = [some for some in quantiles if some is not None]
        assert known == sorted(known)
        assert all(left >= 0 for left in known)


@plain
@given(st.sampled_from(list(InspectionSource)), st.floats(0, 100), st.integers(0, 3000), st.floats(0, 20000))
def test_an_inspection_narrows(source: InspectionSource, index: float, days: int, use: float) -> None:
    then = TODAY - timedelta(days=days)
    nobody_looked = one(Anchor(then, 100, assumptions()["unseen_spread"]["points"]), use=use)
    look = inspection(SOMETHING, datetime(2026, 11, 1, tzinfo=UTC), index=index, source=source)
    anchor = seen(look, PROJECTOR)
    assert anchor is not None

    somebody_looked = one(anchor, use=0.0)

    assert somebody_looked.index_p90 - somebody_looked.index_p10 <= 2 * 1.29 * 20
    assert anchor.spread < assumptions()["unseen_spread"]["points"]
    if 30 < index < 70 and 30 < nobody_looked.index_p50 < 70:
        assert somebody_looked.index_p90 - somebody_looked.index_p10 < nobody_looked.index_p90 - nobody_looked.index_p10


@plain
@given(anchors, measures)
def test_heat_never_heals(anchor: Anchor, measured: dict[str, Any]) -> None:
    cool, hot = one(anchor, **(measured | {"ambient": 20.0})), one(anchor, **(measured | {"ambient": 31.0}))

    assert hot.index_p50 <= cool.index_p50


@plain
@given(st.lists(st.tuples(anchors, measures), min_size=1, max_size=5))
def test_a_thing_fares_the_same_alone_or_in_the_fleet(fleet: list[tuple[Anchor, dict[str, Any]]]) -> None:
    together = assess([Subject(SOMETHING, PROJECTOR, anchor, **measured) for anchor, measured in fleet], today=TODAY)

    assert together == [one(anchor, **measured) for anchor, measured in fleet]


def test_a_rated_life_takes_it_from_new_to_its_end() -> None:
    result = one(points(index=100), use=20000.0, use_per_day=10.0)

    assert result.index_p50 == 20
    assert result.grade == "D"
    assert result.remaining_use[1] == 0


def test_hot_hours_count_more_and_say_so() -> None:
    result = one(points(index=90), use=2000.0, ambient=31.0)

    assert [(reason.code, reason.effect) for reason in result.reasons][:3] == [
        ("condition.last_inspection", 90.0),
        ("condition.wear_by_use", -8.0),
        ("condition.heat", -4.13),
    ]
    assert result.reasons[2].inputs == {"ambient": 31.0, "rated": 25.0, "factor": 1.52}
    assert result.index_p50 == 77.87


def test_without_a_counter_the_calendar_runs() -> None:
    result = one(points(at=date(2025, 11, 1), index=80))

    assert result.reasons[1].code == "condition.wear_by_age"
    assert result.index_p50 == pytest.approx(80 - 80 / 5, abs=0.05)
    assert result.remaining_use == (None, None, None)
    assert result.remaining_days[1] == pytest.approx(44 / 80 * 5 * 365.25, abs=2)


def test_days_left_are_not_invented_where_nothing_is_used() -> None:
    result = one(points(), use=100.0, use_per_day=0.0)

    assert result.remaining_days == (None, None, None)
    assert result.remaining_use[1] is not None
    assert result.reasons[-1].code == "condition.no_recent_use"


def test_nothing_is_concluded_where_nothing_is_known() -> None:
    assert unseen(Asset(serial="1", public_id="1", product_id=SOMETHING)) is None


def test_grades_weigh_as_the_checklist_says() -> None:
    look = inspection(SOMETHING, datetime(2026, 11, 1, tzinfo=UTC), grades={"light": "C", "housing": "A"})

    anchor = seen(look, PROJECTOR)

    assert anchor is not None
    assert anchor.points == pytest.approx((3 * 50 + 90) / 4)


@pytest.mark.parametrize(("surer", "vaguer"), [("app", "spreadsheet"), ("spreadsheet", "call"), ("call", "qr")])
def test_a_longer_road_widens_the_interval(surer: str, vaguer: str) -> None:
    at = datetime(2026, 11, 1, tzinfo=UTC)
    near, far = (seen(inspection(SOMETHING, at, index=50.0, source=road), PROJECTOR) for road in (surer, vaguer))

    assert near is not None
    assert far is not None
    assert near.spread < far.spread


def test_same_inputs_same_fingerprint_other_inputs_another() -> None:
    assert one(points(), use=10.0).input_hash == one(points(), use=10.0).input_hash
    assert one(points(), use=10.0).input_hash != one(points(), use=11.0).input_hash
