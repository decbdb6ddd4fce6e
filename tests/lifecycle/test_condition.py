"""The rules of condition: what makes it better or worse, and that its reasons add up for every thing and component."""

from datetime import date, timedelta
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lifecycle.condition.assessment import Assessment
from lifecycle.condition.component import component_of
from lifecycle.condition.remaining_life import Layer
from lifecycle.condition.sight import sight
from lifecycle.condition.terms import Terms, terms_of
from lifecycle.condition.wear_parameters import Outcome, declared
from lifecycle.grade import GRADES
from lifecycle.inspection import InspectionSource
from pas.words import Words, catalogue
from tests.lifecycle.sample_condition import One, Seen, assessed, points_of
from tests.lifecycle.sample_fleet import product

TODAY = date(2026, 11, 1)
LOADED = [
    {"metric": "ambient_temperature", "maximum": 25},
    {"metric": "load", "maximum": 80, "reference": 50, "exponent": 3},
]
PROJECTOR = terms_of(product(ratings=LOADED))
plain = settings(deadline=None, max_examples=60)

grades = st.dictionaries(st.sampled_from(["light", "housing", "overall"]), st.sampled_from(GRADES), max_size=3)


@st.composite
def sights(draw: st.DrawFn) -> Seen:
    told = draw(grades)
    index = draw(st.none() | st.floats(0, 100)) if told else draw(st.floats(0, 100))
    at = draw(st.dates(date(2016, 1, 1), TODAY))
    return Seen(at, told, index, draw(st.sampled_from(list(InspectionSource))), draw(st.floats(0, 1e5)))


@st.composite
def things(draw: st.DrawFn) -> One:
    seen = sorted(draw(st.lists(sights(), max_size=4)), key=lambda one: one.at)
    use = draw(st.none() | st.floats(0, 1e6))
    used = sorted(one.used for one in seen)
    seen = [one._replace(used=min(before, use or 0)) for one, before in zip(seen, used, strict=True)]
    return One(
        since=min([date(2016, 1, 1), *(one.at for one in seen)]),
        seen=seen,
        use=use,
        per_day=draw(st.none() | st.floats(0, 24)),
        heat=draw(st.floats(0.5, 4)),
        load=draw(st.floats(0.5, 4)),
        flagged=draw(st.booleans()),
    )


def one(thing: One, terms: Terms = PROJECTOR) -> Assessment:
    return assessed([thing], terms, today=TODAY)[0]


def seen_at(index: float, at: date = TODAY, **known: Any) -> One:
    return One(at, [Seen(at, index=index)], **known)


def hundredths(effects: Any) -> int:
    return sum(round(effect * 100) for effect in effects if effect is not None)


def ordered(quantiles: tuple[float | None, ...]) -> bool:
    known = [some for some in quantiles if some is not None]
    return known == sorted(known) and all(left >= 0 for left in known)


@plain
@given(things())
def test_reasons_add_up_to_the_index_exactly_for_the_thing_and_for_each_component(thing: One) -> None:
    result = one(thing)

    assert hundredths(reason.effect for reason in result.reasons) == round(result.index_p50 * 100)
    for stored in result.detail["components"]:
        part = component_of(stored, rule=result.rule)
        assert hundredths(reason.effect for reason in part.reasons) == round(part.index_p50 * 100)


@plain
@given(things())
def test_every_reason_can_be_told(thing: One) -> None:
    result = one(thing)
    parts = [component_of(stored, rule=result.rule) for stored in result.detail["components"]]

    told = [reason for part in (result, *parts) for reason in part.reasons]

    for language in ("nl", "fr", "en"):
        assert all("–" not in Words(language).reason(reason) for reason in told if None not in reason.inputs.values())
    assert {f"reason.{reason.code}" for reason in told} <= set(catalogue())


@plain
@given(things())
def test_quantiles_are_ordered_and_within_the_scale(thing: One) -> None:
    result = one(thing)

    for part in (result, *(component_of(stored, rule="") for stored in result.detail["components"])):
        assert 0 <= part.index_p10 <= part.index_p50 <= part.index_p90 <= 100
        assert part.grade in GRADES
    assert ordered(result.remaining_use)
    assert ordered(result.remaining_days)


@plain
@given(things())
def test_chances_add_up_to_one(thing: One) -> None:
    detail = one(thing).detail

    for chances in (detail["grades"], detail["scores"]):
        assert round(sum(chances), 9) == 1
        assert min(chances) >= 0


@plain
@given(things(), st.floats(0, 1e5))
def test_more_use_is_never_healthier(thing: One, more: float) -> None:
    used = (thing.use or 0) + 1
    less, harder = (one(thing._replace(use=use, flagged=False)) for use in (used, used + more))

    assert harder.index_p50 <= less.index_p50
    assert harder.remaining_use[1] is not None
    assert less.remaining_use[1] is not None
    if thing.seen:
        assert harder.remaining_use[1] <= less.remaining_use[1] + 0.1


@plain
@given(things())
def test_heat_never_heals(thing: One) -> None:
    cool, hot = (one(thing._replace(heat=heat, seen=thing.seen[:1])) for heat in (1.0, 2.0))

    assert hot.index_p50 <= cool.index_p50


@plain
@given(st.lists(things(), min_size=1, max_size=5))
def test_a_thing_fares_the_same_alone_or_in_the_fleet(fleet: list[One]) -> None:
    together = assessed(fleet, PROJECTOR, today=TODAY)

    for whole, thing in zip(together, fleet, strict=True):
        alone = one(thing)
        assert (whole.index_p50, whole.remaining_days) == (alone.index_p50, alone.remaining_days)
        assert [reason.effect for reason in whole.reasons] == [reason.effect for reason in alone.reasons]


def test_a_rated_life_takes_it_from_new_to_its_end() -> None:
    result = one(seen_at(100, use=20000.0, per_day=10.0))

    assert (result.index_p50, result.grade, result.remaining_use[1]) == (20, "D", 0)


def test_hot_hours_count_more_and_say_so() -> None:
    result = one(seen_at(90, use=2000.0, heat=2**0.6, ambient=31.0))

    assert points_of(result) == {"last_inspection": 90.0, "wear_by_use": -8.0, "heat": -4.13}
    assert result.reasons[2].inputs == {"ambient": 31.0, "rated": 25.0, "factor": 1.52}
    assert result.index_p50 == 77.87


def test_without_a_counter_the_calendar_runs() -> None:
    result = one(seen_at(80, date(2025, 11, 1)))

    assert result.reasons[1].code == "condition.wear_by_age"
    assert result.index_p50 == pytest.approx(80 - 80 / 5, abs=0.05)
    assert result.remaining_use == (None, None, None)
    assert result.remaining_days[1] == pytest.approx(44 / 80 * 5 * 365.25, abs=2)


def test_days_left_are_not_invented_where_nothing_is_used() -> None:
    result = one(seen_at(90, use=100.0, per_day=0.0))

    assert result.remaining_days == (None, None, None)
    assert result.remaining_use[1] is not None
    assert result.reasons[-1].code == "condition.no_recent_use"


def test_each_component_stands_where_it_was_last_seen_and_the_worst_critical_one_is_named() -> None:
    result = one(One(TODAY, [Seen(TODAY, {"light": "C", "housing": "A"})]))

    light, housing = (component_of(stored, rule="") for stored in result.detail["components"])
    assert (light.index_p50, light.critical, housing.index_p50, housing.critical) == (50, True, 90, False)
    assert result.index_p50 == pytest.approx((3 * 50 + 90) / 4)
    assert result.detail["worst"] == "light"


def test_a_component_that_was_not_looked_at_has_worn_since_it_was_new() -> None:
    result = one(One(date(2024, 11, 1), [Seen(TODAY, {"light": "A"})]))

    housing = component_of(result.detail["components"][1], rule="")
    assert (housing.seen_on, housing.index_p50) == (None, pytest.approx(68, abs=0.1))
    assert points_of(result)["components_unseen"] == 25.0


def test_sights_are_weighed_by_how_sure_they_are() -> None:
    surer, vaguer = (
        one(One(TODAY, [Seen(TODAY, index=70), Seen(TODAY, index=80, source=source)])) for source in ("app", "qr")
    )

    assert surer.index_p50 == 75
    assert 70 < vaguer.index_p50 < 72
    assert points_of(surer) == {"last_inspection": 80, "earlier_inspections": -5, "wear_by_age": 0}
    assert surer.index_p90 - surer.index_p10 < vaguer.index_p90 - vaguer.index_p10


@pytest.mark.parametrize(
    ("before", "after", "asked"), [(30, 90, "repair_not_logged"), (90, 30, "sudden_damage")], ids=["up", "down"]
)
def test_a_jump_starts_anew_and_asks_why(before: float, after: float, asked: str) -> None:
    result = one(One(TODAY, [Seen(TODAY, index=before), Seen(TODAY, index=after)]))

    assert result.index_p50 == after
    assert {reason.code for reason in result.jumps} == {f"condition.{asked}"}
    assert result.jumps[0].inputs == {"component": "light", "seen": after, "expected": before}


def test_a_repair_starts_its_component_anew_without_a_question() -> None:
    result = one(One(TODAY, [Seen(TODAY, index=30), Seen(TODAY, {"light": "A"}, source="repair")]))

    light, housing = (component_of(stored, rule="") for stored in result.detail["components"])
    assert (light.index_p50, housing.index_p50) == (90, 30)
    assert result.jumps == []


@pytest.mark.parametrize(("surer", "vaguer"), [("app", "spreadsheet"), ("spreadsheet", "call"), ("call", "qr")])
def test_a_longer_road_widens_the_interval(surer: str, vaguer: str) -> None:
    near, far = (one(One(TODAY, [Seen(TODAY, {"overall": "C"}, source=road)])) for road in (surer, vaguer))

    assert near.index_p50 == far.index_p50
    assert near.index_p90 - near.index_p10 < far.index_p90 - far.index_p10


@plain
@given(grades.filter(bool), st.floats(20, 80))
def test_an_index_beside_grades_is_the_level_of_the_whole(told: dict[str, str], index: float) -> None:
    said = sight(PROJECTOR.components, PROJECTOR.weights, grades=told, scores={}, index=index, source="app")

    assert said is not None
    assert np.isfinite(said.points).all()
    if (said.points > 0).all() and (said.points < 100).all():
        assert float(said.points @ PROJECTOR.weights) == pytest.approx(index)


def test_nobody_ever_looked_so_the_life_table_speaks() -> None:
    result = one(One(date(2024, 11, 1)))

    assert result.layer == Layer.LIFE_TABLE
    assert result.reasons[0].code == "condition.never_inspected"


def test_a_pattern_nobody_knows_falls_back_to_the_life_table_and_widens() -> None:
    known, strange = (one(seen_at(80, use=100.0, per_day=5.0, flagged=flagged)) for flagged in (False, True))

    assert (known.layer, strange.layer) == (Layer.FIRST_PASSAGE, Layer.LIFE_TABLE)
    assert "condition.unknown_pattern" in {reason.code for reason in strange.reasons}


def test_outcomes_of_peers_count_from_twelve_on() -> None:
    def among(number: int) -> Assessment:
        outcome = Outcome(things=number, p10=0.1, p50=0.2, p90=0.3)
        return one(
            seen_at(70), PROJECTOR._replace(parameters=declared().model_copy(update={"outcomes": {"B": outcome}}))
        )

    assert (among(11).layer, among(12).layer) == (Layer.FIRST_PASSAGE, Layer.FLEET_PEERS)
    assert among(12).remaining_days[1] == pytest.approx(0.2 * 5 * 365.25, abs=0.1)


def test_what_the_fleet_taught_takes_points_of_its_own() -> None:
    taught = declared().model_copy(update={"pace": (2.0,) * 5, "pairs": (40,) * 5, "coverage": 0.81, "n": 60})
    result = one(seen_at(90, date(2025, 11, 1)), PROJECTOR._replace(parameters=taught))

    assert points_of(result)["fleet_drift"] == pytest.approx(-16, abs=0.1)
    assert result.remaining_days[1] == pytest.approx((90 - 32 - 20) / 160 * 5 * 365.25, rel=0.01)
    coverage = next(reason for reason in result.reasons if reason.code == "condition.coverage")
    assert coverage.inputs == {"coverage": 0.81, "n": 60}


def test_measured_health_counts_only_as_far_as_it_earned() -> None:
    trusted = declared().model_copy(update={"telemetry_weight": 0.5})

    assert one(seen_at(90, health=-10.0)).index_p50 == 90
    assert one(seen_at(90, health=-10.0), PROJECTOR._replace(parameters=trusted)).index_p50 == 85


def test_an_interval_says_that_it_is_not_calibrated() -> None:
    assert "condition.not_calibrated" in {reason.code for reason in one(seen_at(90)).reasons}


def test_it_says_what_an_inspection_would_narrow() -> None:
    long_ago = one(seen_at(90, TODAY - timedelta(days=700)))

    told = next(reason for reason in long_ago.reasons if reason.code == "condition.inspection_narrows_days")
    assert told.inputs["to"] < told.inputs["from"]


def test_same_inputs_same_fingerprint_other_inputs_another() -> None:
    assert one(seen_at(90, use=10.0)).input_hash == one(seen_at(90, use=10.0)).input_hash
    assert one(seen_at(90, use=10.0)).input_hash != one(seen_at(90, use=11.0)).input_hash
