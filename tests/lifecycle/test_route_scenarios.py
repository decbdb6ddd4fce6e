"""Scenarios of routes: the fleet counted at other prices says what a walk from thing to thing would say."""

from datetime import datetime, timedelta
from decimal import Decimal
from time import perf_counter
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlmodel import Session, select

from lifecycle.actor import Actor
from lifecycle.asset import AssetStatus, StatusChange
from lifecycle.change_status import change_status
from lifecycle.decide_route import decide_route
from lifecycle.grade import GRADES
from lifecycle.log_inspections import log_inspections
from lifecycle.material import Material
from lifecycle.portfolio.forecast import BASE, Setting
from lifecycle.portfolio.route_scenario import Moved, Rows, Stock, lines_of, weigh
from lifecycle.product import Part
from lifecycle.read_scenarios import read_scenarios
from lifecycle.reassess import reassess
from lifecycle.route.costing import cost
from lifecycle.route.economics import parts_worth, scrap_worth
from lifecycle.route.verdict import NewVerdict
from lifecycle.route.work_plan import Bill
from lifecycle.route.worth import worth_of
from lifecycle.tables import AssetRecord
from telemetry.identity import new_id
from tests.lifecycle.sample_fleet import ROUTES, inspection, product, store_assets, store_product

STEEL = Material(code="steel", name="Steel", scrap_price=Decimal("0.2"), recovery_rate=0.9, carbon=2.0)
BILL: Bill = [(Part(code="frame", name="Frame", mass=7, value=Decimal(30), quantity=2, removal_minutes=9), STEEL)]
GREEN: list[dict[str, Any]] = [
    one | {"carbon_saved": 400} if one["route"] == "refurbish" else one for one in ROUTES if one["route"] != "reuse"
]
plain = settings(deadline=None, max_examples=40)
prices = st.builds(Setting, st.just("asked"), st.floats(0, 3), st.floats(0, 2000), st.floats(0, 5))
rows = st.lists(st.tuples(st.sampled_from(GRADES), st.floats(0, 6000), st.integers(1, 50)), min_size=1, max_size=8)


def stock(things: list[tuple[str, float, int]], setting: Setting) -> Stock:
    made = product(routes=GREEN)
    held = Rows(
        np.array([GRADES.index(grade) for grade, _, _ in things]),
        np.array([value for _, value, _ in things]),
        np.array([count for _, _, count in things]),
        np.full(len(things), -1),
    )
    return Stock("LP-1", "EUR", held, lines_of(made, BILL, BASE, None), lines_of(made, BILL, setting, None))


def walked(things: list[tuple[str, float, int]], setting: Setting) -> tuple[float, float]:
    """What the fleet nets and saves at some prices, thing by thing through the plain rule."""
    made, net, carbon = product(routes=GREEN), 0.0, 0.0
    for grade, value, count in things:
        costed = cost(made, BILL, grade=grade, wage=float(made.wage) * setting.wage_factor)
        scrap = (scrap_worth(BILL, currency="EUR") or 0.0) * setting.material_factor
        worth = worth_of(made, grade, value, parts_worth(part for part, _ in BILL), scrap, lesson=None)
        best = max(
            (one for one in costed.takings(worth) if one.barred is None),
            key=lambda one: one.net_at(setting.carbon_price),
        )
        net += count * best.net_at(setting.carbon_price)
        carbon += count * best.carbon
    return net, carbon


@plain
@given(rows, prices)
def test_columns_say_what_a_walk_says(things: list[tuple[str, float, int]], setting: Setting) -> None:
    (total,) = weigh([stock(things, setting)], setting).totals

    assert total.net_now == pytest.approx(walked(things, BASE)[0], abs=0.02)
    assert total.net_then == pytest.approx(walked(things, setting)[0], abs=0.02)
    assert total.of_prices + total.of_flips == pytest.approx(total.net_then - total.net_now, abs=0.03)
    assert total.of_flips >= 0
    assert sum(total.routes_now.values()) == sum(total.routes_then.values()) == sum(count for _, _, count in things)


@plain
@given(rows, prices)
def test_nothing_flips_at_the_prices_of_today(things: list[tuple[str, float, int]], setting: Setting) -> None:
    (total,) = weigh([stock(things, BASE)], BASE).totals
    assert (total.flips, total.of_prices, total.of_flips, total.carbon_change) == (0, 0, 0, 0)


def test_a_price_of_carbon_moves_things_to_the_route_that_saves() -> None:
    things = [("C", 300.0, 10)]
    (total,) = weigh([stock(things, dear := Setting("carbon", carbon_price=345))], dear).totals

    assert list(total.ways.values()) == [10]
    assert set(total.routes_then) == {"refurbish"}
    assert total.carbon_change == pytest.approx(10 * 0.95 * 400)


def test_a_hundred_thousand_things_are_weighed_at_once() -> None:
    some = np.random.default_rng(1)
    things = [
        (GRADES[grade], float(value), 1)
        for grade, value in zip(some.integers(0, 5, 100_000), some.uniform(0, 5000, 100_000), strict=True)
    ]
    cheap = Setting("labour", wage_factor=0.8)
    held = stock(things, cheap)
    began = perf_counter()
    weigh([held], cheap)
    assert perf_counter() - began < 1


def total_of(session: Session, now: datetime, **told: float) -> Moved:
    told_ones = read_scenarios(session, settings=[Setting("asked", **told)], now=now).scenarios
    (total,) = told_ones[0].totals
    return total


def test_the_fleet_is_weighed_as_it_was_assessed(session: Session, now: datetime, actor: Actor) -> None:
    model = store_product(session, routes=GREEN)
    assets = store_assets(session, model, now=now, by=actor, count=4)
    seen = [inspection(one.id, now, grades={"overall": grade}) for one, grade in zip(assets, "BCDD", strict=True)]
    log_inspections(session, seen, now=now, by=actor)
    reassess(session, now=now)
    unseen = store_assets(session, store_product(session, code="LP-2"), now=now, by=actor)[0]

    told = read_scenarios(session, now=now)
    total = total_of(session, now, wage_factor=1.0)

    recorded = sorted(one.route or "" for one in session.exec(select(AssetRecord)).all() if one.id != unseen.id)
    assert sorted(total.routes_now) == sorted(set(recorded))
    assert {route: recorded.count(route) for route in total.routes_now} == total.routes_now
    assert (told.things, told.left_out, len(told.scenarios)) == (5, 1, 4)

    assert total_of(session, now, wage_factor=30.0).ways == {"harvest -> recycle": 2, "refurbish -> recycle": 2}
    kept = next(one for one in assets if one.grade == "D")
    verdict = NewVerdict(id=new_id(), route="recycle", why="no room")
    decide_route(session, asset_id=kept.id, verdict=verdict, now=now, by=actor)
    after = total_of(session, now, wage_factor=1.0)
    assert (after.held, after.routes_then) == (1, {"harvest": 1, "recycle": 1, "refurbish": 2})

    gone = StatusChange(asset_id=kept.id, at=now, status=AssetStatus.RETIRED)
    change_status(session, [gone], now=now + timedelta(minutes=1), by=actor)
    assert total_of(session, now).things == 3
