"""Work plans of routes: minutes from the bill of materials, or from the assumption, and which of both is said."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lifecycle.grade import GRADES
from lifecycle.material import Material
from lifecycle.product import Part, RouteTerms
from lifecycle.route.assumptions import assumptions, rung
from lifecycle.route.bench import (
    LessThanNew,
    PerformanceTest,
    StepDone,
    StepLeftOutWithoutReason,
    StepsOpen,
    UnknownStep,
    bench_work,
    refuse_open,
    told_of,
)
from lifecycle.route.choice import choose
from lifecycle.route.costing import cost, frozen, thawed
from lifecycle.route.economics import Takings, Worth
from lifecycle.route.planned import RoutePlan, plan, realised
from lifecycle.route.work_plan import Basis, Bill, StepKind, costed, renewed_by, steps_of
from lifecycle.route_queries import Ended
from tests.lifecycle.sample_fleet import product

plain = settings(deadline=None, max_examples=50)
STEEL = Material(code="steel", name="Steel", scrap_price=Decimal("0.2"), recovery_rate=0.9, carbon=2.0)
COVER = Part(code="COVER", name="Cover", mass=0.5, value=Decimal(4), component="light", removal_minutes=4)
ARMS = Part(
    code="ARM", name="Arm rest", mass=1.0, quantity=2, value=Decimal(6), component="housing", removal_minutes=1.5
)
BOLT = Part(code="BOLT", name="Bolt", mass=0.1, value=Decimal(1), removal_minutes=30)
BILL: Bill = [(COVER, STEEL), (ARMS, STEEL), (BOLT, STEEL)]


def refurbish(**changes: Any) -> RouteTerms:
    told: dict[str, Any] = {
        "route": "refurbish",
        "price_fraction": 0.9,
        "labour_minutes": 99,
        "parts_cost": "50",
        "inspect_minutes": 5,
        "clean_minutes": 10,
        "test_minutes": 3,
        "pack_minutes": 2,
        "replaces": [{"part": "COVER", "from_grade": "C"}, {"part": "ARM", "minutes": 2}],
    }
    return RouteTerms.model_validate(told | changes)


def made(terms: RouteTerms, grade: str = "C", bill: Bill = BILL, wage: float = 60) -> RoutePlan:
    steps = steps_of(terms, bill, grade=grade, wage=wage)
    return plan(
        costed(terms, steps), steps, Takings(terms.route, income=100), [], grade=grade, wage=wage, currency="EUR"
    )


def test_a_plan_lists_every_step_with_its_minutes_parts_and_co2() -> None:
    found = made(refurbish())

    assert [(step.kind, step.part, step.minutes) for step in found.steps] == [
        (StepKind.INSPECT, None, 5),
        (StepKind.CLEAN, None, 10),
        (StepKind.TAKE_OUT, "COVER", 4),
        (StepKind.PUT_IN, "COVER", 4),
        (StepKind.TAKE_OUT, "ARM", 3),
        (StepKind.PUT_IN, "ARM", 4),
        (StepKind.TEST, None, 3),
        (StepKind.PACK, None, 2),
    ]
    assert (found.basis, found.rung, found.minutes) == (Basis.BILL_OF_MATERIALS, "R5", 35)
    assert (found.labour, found.parts_cost, found.cost) == (Decimal("35.00"), Decimal("16.00"), Decimal("51.00"))
    assert found.carbon_process == pytest.approx(0.5 * 2 + 2 * 1.0 * 2)
    assert found.reasons[0].code == "route.costed_by_plan"
    assert renewed_by(found.steps) == ["light", "housing"]


def test_a_better_thing_has_less_replaced() -> None:
    parts = [step.part for step in made(refurbish(), grade="B").steps if step.kind is StepKind.PUT_IN]
    assert parts == ["ARM"]


@plain
@given(st.sampled_from(GRADES), st.sampled_from(GRADES))
def test_a_worse_thing_never_takes_less_work(one: str, other: str) -> None:
    better, worse = sorted((one, other))
    assert made(refurbish(), grade=better).minutes <= made(refurbish(), grade=worse).minutes


def test_where_a_part_has_no_minutes_the_assumption_holds_and_is_named() -> None:
    bill: Bill = [(COVER.model_copy(update={"removal_minutes": None}), STEEL), (ARMS, STEEL)]

    found = made(refurbish(), bill=bill)

    assert (found.basis, found.minutes, found.parts_cost) == (Basis.ASSUMPTION, 99, Decimal("50.00"))
    assert (found.reasons[0].code, found.reasons[0].inputs["part"]) == ("route.minutes_unknown", "COVER")
    assert made(refurbish(replaces=[{"part": "WINGS"}])).basis is Basis.ASSUMPTION
    assert made(RouteTerms(route="reuse", labour_minutes=20)).basis is Basis.ASSUMPTION
    assert made(RouteTerms(route="reuse", labour_minutes=20, clean_minutes=8)).minutes == 8


def test_a_harvest_takes_out_what_is_worth_its_labour() -> None:
    found = made(RouteTerms(route="harvest", yield_fraction=0.5, labour_minutes=40))

    assert [step.part for step in found.steps] == ["ARM"], "60 an hour: the cover brings 2 and takes 4, the bolt 30"
    assert found.minutes == 3


@plain
@given(st.floats(0.01, 5), st.floats(1, 600), st.floats(0, 1), st.floats(1, 100))
def test_a_part_with_a_negative_margin_never_changes_a_harvest(
    value: float, minutes: float, good: float, wage: float
) -> None:
    part = Part(code="X", name="X", mass=0.1, value=Decimal(str(round(value, 4))), removal_minutes=minutes)
    if good * float(part.value) - wage * minutes / 60 > 0:
        return
    made_of = product(routes=[{"route": "harvest", "yield_fraction": good}])
    worth = Worth("C", None, 1, 0, 0)

    without = cost(made_of, [(ARMS, STEEL)], grade="C", wage=wage).takings(worth)
    with_it = cost(made_of, [(ARMS, STEEL), (part, STEEL)], grade="C", wage=wage).takings(worth)

    assert with_it == without


def test_the_costs_of_a_route_come_from_its_plan_and_the_option_says_so() -> None:
    worth = Worth("C", 1000, 0.8, 0, 5)
    terms = [refurbish().written(), {"route": "recycle", "labour_minutes": 6}]

    choice = choose(product(routes=terms, wage=Decimal(60)), worth, BILL)

    assert choice is not None
    options = {one.route: one for one in choice.options}
    assert (options["refurbish"].labour, options["refurbish"].parts) == (Decimal("35.00"), Decimal("16.00"))
    assert options["refurbish"].costs_from is Basis.BILL_OF_MATERIALS
    assert options["recycle"].costs_from is Basis.ASSUMPTION
    assert "route.costed_by_plan" in [reason.code for reason in choice.reasons]


@plain
@given(
    st.sampled_from(GRADES),
    st.none() | st.floats(0, 1e5),
    st.floats(0, 1),
    st.floats(0, 1e4),
    st.none() | st.floats(-100, 100),
)
def test_a_choice_is_made_again_from_its_frozen_inputs(
    grade: str, whole: float | None, factor: float, parts: float, scrap: float | None
) -> None:
    worth = Worth(grade, whole, factor, parts, scrap)
    before = cost(product(routes=[refurbish().written(), *product().routes]), BILL, grade=grade)

    again, kept = thawed(frozen(before, worth))

    assert again.takings(kept) == before.takings(worth)


def test_every_route_has_its_rung_and_disposal_has_none() -> None:
    routes = ("renew", "reuse", "repair", "refurbish", "remanufacture", "harvest", "recycle", "dispose")
    assert [rung(one) for one in routes] == ["R1", "R3", "R4", "R5", "R6", "R6", "R8", None]
    assert assumptions()["ladder"]["why"]


def test_what_was_done_stands_beside_what_was_planned() -> None:
    planned = made(refurbish())
    told = {position: told_of(planned, position, StepDone()) for position in (1, 2)}
    told[3] = told_of(planned, 3, StepDone(minutes=9))
    told[4] = told_of(planned, 4, StepDone(cost=Decimal("5.5")))
    told[5] = told_of(planned, 5, StepDone(left_out=True, note="arms are fine"))

    work = bench_work(planned, told)

    assert (work.minutes, work.open_steps) == (5 + 10 + 9 + 4 + 0, 3)
    assert (work.labour, work.parts_cost, work.cost) == (Decimal("28.00"), Decimal("5.50"), Decimal("33.50"))
    with pytest.raises(StepsOpen, match="put_in ARM"):
        refuse_open(work)
    with pytest.raises(UnknownStep):
        told_of(planned, 9, StepDone())
    with pytest.raises(StepLeftOutWithoutReason):
        told_of(planned, 1, StepDone(left_out=True))


def test_what_such_work_took_before_is_averaged_in_one_currency() -> None:
    before = [Ended(30, 40.0, "EUR"), Ended(None, 60.0, "EUR"), Ended(50, 900.0, "SEK")]
    found = realised(before, currency="EUR")
    assert (found.orders, found.minutes, found.cost) == (3, 40, 50)


def test_remanufactured_is_as_new_or_better() -> None:
    told = {"what": "lumen", "measured": 8000, "original": 8000, "warranty_months": 24, "warranty_months_new": 24}
    PerformanceTest.model_validate(told).refuse_less_than_new()
    for less in ({"measured": 7999.0}, {"warranty_months": 23}):
        with pytest.raises(LessThanNew, match="refurbished"):
            PerformanceTest.model_validate(told | less).refuse_less_than_new()
