"""The rules of routes: figures that add up, gates that hold at any price, and the worked chair."""

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lifecycle.grade import GRADES
from lifecycle.material import Material
from lifecycle.product import Part, Product, RouteTerms
from lifecycle.route.choice import Choice, choose, is_news
from lifecycle.route.economics import Takings, Worth, break_even_wage, parts_worth, scrap_worth, take
from tests.lifecycle.sample_fleet import product

plain = settings(deadline=None, max_examples=60)
worths = st.builds(
    Worth,
    grade=st.sampled_from(GRADES),
    at_grade_a=st.none() | st.floats(0, 1e5),
    grade_factor=st.floats(0, 1),
    parts=st.floats(0, 1e4),
    scrap=st.none() | st.floats(-100, 100),
)


def chosen(worth: Worth, made: Product | None = None) -> Choice:
    choice = choose(made or product(), worth)
    assert choice is not None
    return choice


@plain
@given(worths)
def test_the_figures_of_every_option_add_up(worth: Worth) -> None:
    for option in chosen(worth).options:
        if option.feasible:
            assert option.income is not None
            parts = [option.labour, option.parts, option.logistics, option.warranty]
            assert option.net_value == option.income - sum(part for part in parts if part is not None)


@plain
@given(worths)
def test_nothing_open_nets_more_than_what_is_chosen(worth: Worth) -> None:
    choice = chosen(worth)

    nets = [option.net_value for option in choice.options if option.net_value is not None]

    assert choice.net_value >= max(nets) - Decimal("0.03")


@plain
@given(worths, st.floats(1, 10))
def test_dearer_labour_never_pays(worth: Worth, dearer: float) -> None:
    terms = RouteTerms(route="refurbish", price_fraction=0.8, labour_minutes=60)
    cheap, dear = take(terms, worth, wage=45), take(terms, worth, wage=45 * dearer)

    assert dear.net <= cheap.net


def test_a_gate_bars_at_any_price() -> None:
    worth = Worth(grade="D", at_grade_a=1e9, grade_factor=0.5, parts=0, scrap=0)

    barred = {option.route for option in chosen(worth).options if not option.feasible}

    assert barred == {"reuse", "refurbish"}


def test_without_a_value_only_parts_and_scrap_can_be_sold() -> None:
    choice = chosen(Worth(grade="A", at_grade_a=None, grade_factor=1, parts=100, scrap=5))

    assert choice.route == "harvest"
    codes = {option.route: [reason.code for reason in option.reasons] for option in choice.options}
    assert codes["reuse"] == ["route.barred_without_value"]


def test_what_is_sold_as_it_is_carries_its_grade_and_what_is_mended_does_not() -> None:
    worth = Worth(grade="B", at_grade_a=1000, grade_factor=0.5, parts=0, scrap=0)

    reuse = take(RouteTerms(route="reuse", price_fraction=1), worth, wage=45)
    refurbish = take(RouteTerms(route="refurbish", price_fraction=1), worth, wage=45)

    assert (reuse.income, refurbish.income) == (500, 1000)


def test_the_worked_chair_breaks_even_at_its_wage() -> None:
    refurbish = Takings("refurbish", income=27.70, labour=45 * 53 / 60, hours=53 / 60)
    recycle = Takings("recycle", income=3.3225, logistics=5)

    assert refurbish.net == pytest.approx(-12.05)
    assert recycle.net == pytest.approx(-1.6775)
    assert break_even_wage(refurbish, recycle, wage=45) == pytest.approx(33.257547, abs=1e-6)


def test_no_route_no_choice() -> None:
    assert choose(product(routes=[]), Worth("A", 1, 1, 1, 1)) is None


def test_only_a_material_change_is_written_down_again() -> None:
    choice = chosen(Worth(grade="A", at_grade_a=3000, grade_factor=1, parts=0, scrap=0))
    price = Decimal(5000)

    assert is_news(None, choice, price_new=price)
    assert not is_news((choice.route, choice.net_value + 50), choice, price_new=price)
    assert is_news((choice.route, choice.net_value + 51), choice, price_new=price)
    assert is_news(("recycle", choice.net_value), choice, price_new=price)


def test_scrap_counts_what_is_recovered_and_mixes_no_currencies() -> None:
    frame = Part(code="frame", name="Frame", mass=7, quantity=2, value=Decimal(30))
    steel = Material(code="steel", name="Steel", scrap_price=Decimal("0.2"), recovery_rate=0.9)

    assert scrap_worth([(frame, steel)], currency="EUR") == pytest.approx(2.52)
    assert scrap_worth([(frame, steel)], currency="GBP") is None
    assert parts_worth([frame]) == 60
