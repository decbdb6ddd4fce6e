"""The outlook of routes: the worked chair to six digits, and break-evens that are where the choice changes."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lifecycle.product import RouteTerms
from lifecycle.route.economics import Takings, Worth, take, waiting_factor
from lifecycle.route.outlook import Outlook, Prospect, outlook, turning_carbon, turning_wage

plain = settings(deadline=None, max_examples=80)
HOURS = 53 / 60
BARRED = "route.barred_by_grade"


def _takings(reuse: float | None, refurbish: float | None, hours: float = 0.0) -> tuple[Takings, ...]:
    """The chair's routes by what they net; the labour of refurbishing stands apart."""
    return (
        Takings("reuse", barred=BARRED) if reuse is None else Takings("reuse", income=reuse),
        Takings("refurbish", barred=BARRED)
        if refurbish is None
        else Takings("refurbish", income=refurbish + 45 * hours, labour=45 * hours, hours=hours),
        Takings("recycle", income=3.3225, logistics=5),
        Takings("dispose", logistics=7),
    )


CHAIR = [
    Prospect("A", 0.25, _takings(42.50, 40.25)),
    Prospect("B", 0.45, _takings(17.30, 26.44)),
    Prospect("C", 0.20, _takings(None, -12.05, HOURS)),
    Prospect("D", 0.10, _takings(None, None)),
]


def _outlook(prospects: list[Prospect], **terms: Any) -> Outlook:
    found = outlook(prospects, **({"wage": 45.0} | terms))
    assert found is not None
    return found


def test_the_worked_chair_to_six_digits() -> None:
    found = _outlook(CHAIR)

    assert found.route == "refurbish"
    assert found.expected["refurbish"] == pytest.approx(19.38275, abs=5e-7)
    assert found.expected_knowing == pytest.approx(22.01975, abs=5e-7)
    assert found.value_of_inspection == pytest.approx(2.63700, abs=5e-7)
    assert [one.route for one in found.grades] == ["reuse", "refurbish", "recycle", "recycle"]
    assert found.grades[2].nets["recycle"] == pytest.approx(-1.6775)
    assert found.expected["dispose"] == pytest.approx(-7)
    assert found.grades[2].runner_up == "dispose"


def test_the_chair_of_grade_c_breaks_even_at_its_wage_and_turns_at_a_carbon_price() -> None:
    refurbish, recycle = CHAIR[2].takings[1], CHAIR[2].takings[2]

    assert turning_wage(recycle, refurbish, wage=45) == pytest.approx(33.257547, abs=5e-7)
    greener = refurbish._replace(carbon=30.8464)  # 2.6 t of CO2e a tonne, WRAP, of its 11.864 kg
    price = turning_carbon(recycle, greener)
    assert price == pytest.approx(1000 * 10.3725 / 30.8464)
    assert price is not None
    assert greener.net_at(990) > recycle.net_at(990)
    assert greener.net_at(price) == pytest.approx(recycle.net_at(price))


def test_published_prices_of_carbon_tell_which_choices_they_turn() -> None:
    dirty, clean = Takings("recycle", income=5.0), Takings("refurbish", income=0.0, carbon=10.0)
    found = _outlook([Prospect("B", 1.0, (dirty, clean))])

    assert (found.route, found.market_only) == ("recycle", "recycle")
    assert {one.carbon_price: one.flips for one in found.presets} == {345: False, 990: True, 250: False, 800: True}
    assert found.grades[0].turning_carbon == pytest.approx(500)


def test_a_likely_grade_without_an_open_route_has_no_outlook() -> None:
    barred = Prospect("E", 0.1, (Takings("reuse", barred=BARRED),))
    assert outlook([CHAIR[0], barred], wage=45) is None
    assert outlook([], wage=45) is None
    assert outlook([CHAIR[0], barred._replace(chance=0.0)], wage=45) is not None


MONEY = ("income", "labour", "parts", "logistics", "warranty", "testing")

takings = st.builds(
    Takings,
    route=st.just(""),
    income=st.floats(-1000, 1000),
    labour=st.floats(0, 500),
    parts=st.floats(0, 100),
    logistics=st.floats(0, 100),
    warranty=st.floats(0, 50),
    testing=st.floats(0, 50),
    hours=st.floats(0, 10),
    carbon=st.floats(-50, 50),
    barred=st.sampled_from([None, None, None, BARRED]),
)


@st.composite
def prospects(draw: st.DrawFn) -> list[Prospect]:
    weights = draw(st.lists(st.integers(1, 10), min_size=1, max_size=5))
    routes = ("reuse", "refurbish", "recycle")
    return [
        Prospect(
            grade,
            weight / sum(weights),
            (*(draw(takings)._replace(route=route) for route in routes), Takings("dispose", logistics=9)),
        )
        for grade, weight in zip("ABCDE", weights, strict=False)
    ]


@plain
@given(prospects(), st.floats(0, 1000))
def test_an_inspection_is_never_worth_less_than_nothing_and_knowing_is_never_worse(
    some: list[Prospect], carbon_price: float
) -> None:
    found = _outlook(some, carbon_price=carbon_price)

    assert found.value_of_inspection >= 0
    assert all(found.expected_knowing >= net - 1e-6 for net in found.expected.values())
    assert found.expected[found.route] == max(found.expected.values())
    if len(some) == 1:
        assert found.value_of_inspection == pytest.approx(0, abs=1e-6)


@plain
@given(prospects(), st.floats(0.01, 100))
def test_the_choice_does_not_depend_on_the_currency(some: list[Prospect], rate: float) -> None:
    def exchanged(one: Takings) -> Takings:
        money = {name: getattr(one, name) * rate for name in MONEY}
        return one._replace(**money)

    there = [one._replace(takings=tuple(map(exchanged, one.takings))) for one in some]
    here, abroad = _outlook(some), _outlook(there)

    assert abroad.value_of_inspection == pytest.approx(here.value_of_inspection * rate, abs=1e-6)
    assert abroad.expected[here.route] == pytest.approx(abroad.expected[abroad.route], abs=1e-6)


@plain
@given(takings, takings, st.floats(0, 200))
def test_at_the_turning_wage_both_net_the_same(one: Takings, other: Takings, wage: float) -> None:
    turns = turning_wage(one, other, wage=wage)
    if turns is None or abs(one.hours - other.hours) < 1e-3:
        return
    more = turns - wage
    assert one.net - more * one.hours == pytest.approx(other.net - more * other.hours, abs=1e-4)


@plain
@given(takings, takings)
def test_at_the_turning_carbon_price_both_net_the_same(one: Takings, other: Takings) -> None:
    turns = turning_carbon(one, other)
    if turns is not None and abs(one.carbon - other.carbon) > 1e-2:
        assert one.net_at(turns) == pytest.approx(other.net_at(turns), abs=1e-4)


@plain
@given(st.floats(0, 200), st.floats(0, 200), st.floats(0, 1))
def test_a_route_is_linear_in_the_wage_and_in_the_price_of_carbon(low: float, high: float, share: float) -> None:
    terms = RouteTerms(
        route="refurbish", price_fraction=0.8, labour_minutes=53, yield_fraction=0.9, carbon_saved=30, carbon_process=4
    )
    worth = Worth("B", 100.0, 0.8, 0, 0)
    middle = low + share * (high - low)

    nets = [take(terms, worth, wage=wage).net for wage in (low, middle, high)]
    taken = take(terms, worth, wage=45)
    priced = [taken.net_at(price) for price in (low, middle, high)]

    for three in (nets, priced):
        assert three[1] == pytest.approx(three[0] + share * (three[2] - three[0]), abs=1e-6)
    assert taken.carbon == pytest.approx(0.9 * 30 - 4)


def test_what_fails_brings_its_salvage_and_what_is_paid_later_is_worth_less() -> None:
    worth = Worth("B", 100.0, 1.0, 0, 0)
    terms = RouteTerms.model_validate(
        {"route": "reuse", "price_fraction": 1, "yield_fraction": 0.75, "salvage": 8, "days": 365.25, "test_cost": 3}
    )

    taken = take(terms, worth, wage=45)

    assert waiting_factor(365.25) == pytest.approx(0.923116, abs=1e-6)
    assert taken.income == pytest.approx(0.75 * 100 * 0.923116 + 0.25 * 8, abs=1e-4)
    assert taken.net == pytest.approx(taken.income - 3)


def test_terms_that_name_nothing_seldom_are_kept_as_they_were() -> None:
    assert "salvage" not in RouteTerms(route="reuse").written()
    assert RouteTerms.model_validate({"route": "reuse", "salvage": "2.5"}).written()["salvage"] == "2.5"
