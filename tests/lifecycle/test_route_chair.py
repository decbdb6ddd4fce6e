"""The worked chair of the research, from its product and bill of materials to every figure, to six digits."""

from decimal import Decimal
from typing import Any

import pytest

from lifecycle.material import Material
from lifecycle.product import Part, Product
from lifecycle.route.choice import choose
from lifecycle.route.costing import cost
from lifecycle.route.economics import parts_worth, scrap_worth
from lifecycle.route.outlook import Outlook, Prospect, outlook
from lifecycle.route.work_plan import Basis, Bill
from lifecycle.route.worth import worth_of
from tests.lifecycle.sample_fleet import product

CHANCES = {"A": 0.25, "B": 0.45, "C": 0.20, "D": 0.10}
STEEL = Material(code="steel", name="Steel", scrap_price=Decimal("0.25"), recovery_rate=0.95)
ALUMINIUM = Material(code="aluminium", name="Aluminium", scrap_price=Decimal(1), recovery_rate=0.83)
MIXED = Material(code="mixed", name="Mixed plastics", scrap_price=Decimal(0), recovery_rate=0)
BILL: Bill = [
    (Part(code="FRAME", name="Frame", mass=7), STEEL),
    (Part(code="BASE", name="Base", mass=2), ALUMINIUM),
    (Part(code="COVER", name="Cover", mass=0.864, value=Decimal("5.56"), removal_minutes=5.5), MIXED),
    (Part(code="SEAT", name="Seat", mass=2, value=Decimal("13.74"), removal_minutes=16.5), MIXED),
]
ROUTES: list[dict[str, Any]] = [
    {"route": "reuse", "worst_grade": "B", "price_fraction": 0.9, "logistics_cost": "2.5"},
    {
        "route": "refurbish",
        "worst_grade": "C",
        "price_fraction": 0.96,
        "inspect_minutes": 9,
        "test_cost": "1",
        "carbon_saved": 30.8464,
        "replaces": [{"part": "COVER", "from_grade": "B"}, {"part": "SEAT", "from_grade": "C"}],
    },
    {"route": "recycle", "logistics_cost": "5", "carbon_saved": 14},
    {"route": "dispose", "logistics_cost": "7"},
]


def chair(**changes: Any) -> Product:
    factors = {"A": 1.0, "B": 0.44, "C": 0.2, "D": 0.1, "E": 0.0}
    return product(code="CHAIR", wage=Decimal(45), routes=ROUTES, grade_factors=factors, **changes)


def prospect(grade: str, chance: float, wage: float = 45) -> Prospect:
    apart = parts_worth(part for part, _ in BILL), scrap_worth(BILL, currency="EUR")
    worth = worth_of(chair(), grade, 50.0, *apart, lesson=None)
    return Prospect(grade, chance, tuple(cost(chair(), BILL, grade=grade, wage=wage).takings(worth)))


def weighed(chances: dict[str, float], wage: float = 45, carbon_price: float = 0.0) -> Outlook:
    found = outlook(
        [prospect(grade, chance, wage) for grade, chance in chances.items()], wage=wage, carbon_price=carbon_price
    )
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("grade", "nets"),
    [
        ("A", {"reuse": 42.50, "refurbish": 40.25}),
        ("B", {"reuse": 17.30, "refurbish": 26.44}),
        ("C", {"refurbish": -12.05}),
        ("D", {}),
    ],
)
def test_every_route_nets_what_the_research_says(grade: str, nets: dict[str, float]) -> None:
    told = {one.route: one.net for one in prospect(grade, 1.0).takings if one.barred is None}
    assert told == pytest.approx({**nets, "recycle": -1.6775, "dispose": -7.0}, abs=5e-7)


def test_what_is_expected_and_what_a_look_first_is_worth() -> None:
    found = weighed(CHANCES)

    assert (found.route, found.market_only) == ("refurbish", "refurbish")
    assert found.expected["refurbish"] == pytest.approx(19.38275, abs=5e-7)
    assert found.expected_knowing == pytest.approx(22.01975, abs=5e-7)
    assert found.value_of_inspection == pytest.approx(2.63700, abs=5e-7)
    assert found.rungs == {"reuse": "R3", "refurbish": "R5", "recycle": "R8", "dispose": None}


def test_the_wage_at_which_grade_c_is_refurbished() -> None:
    (at_c,) = weighed({"C": 1.0}).grades
    assert (at_c.route, at_c.runner_up) == ("recycle", "dispose")

    wage = 45 + (-12.05 + 1.6775) / (53 / 60)
    assert wage == pytest.approx(33.257547, abs=5e-7)
    assert weighed({"C": 1.0}, wage=33.257548).route == "recycle"
    assert weighed({"C": 1.0}, wage=33.257546).route == "refurbish"
    (cheap,) = weighed({"C": 1.0}, wage=30).grades
    assert cheap.turning_wage == pytest.approx(33.257547, abs=5e-7)


def test_the_price_of_carbon_at_which_grade_c_is_refurbished() -> None:
    found = weighed({"C": 1.0})

    assert {one.carbon_price: one.flips for one in found.presets} == {345: False, 990: True, 250: False, 800: True}
    (dear,) = weighed({"C": 1.0}, carbon_price=990).grades
    assert (dear.route, dear.runner_up) == ("refurbish", "recycle")
    turns = 1000 * (-1.6775 + 12.05) / (30.8464 - 14)
    assert dear.turning_carbon == pytest.approx(turns, abs=5e-7)
    assert weighed({"C": 1.0}, carbon_price=turns - 1e-6).route == "recycle"


def test_the_choice_at_a_known_grade_says_from_where_its_costs_are() -> None:
    apart = parts_worth(part for part, _ in BILL), scrap_worth(BILL, currency="EUR")
    choice = choose(chair(), worth_of(chair(), "B", 50.0, *apart, lesson=None), BILL)

    assert choice is not None
    assert (choice.route, choice.net_value) == ("refurbish", Decimal("26.44"))
    option = next(one for one in choice.options if one.route == "refurbish")
    assert (option.costs_from, option.labour, option.parts) == (
        Basis.BILL_OF_MATERIALS,
        Decimal("15.00"),
        Decimal("5.56"),
    )
