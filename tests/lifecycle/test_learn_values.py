"""Values rest on what was sold, where enough was sold, and say so; what was believed before stays as it was."""

from datetime import date, datetime, timedelta
from decimal import Decimal

import numpy as np
import pytest
from sqlmodel import Session, col, select

from lifecycle.actor import Actor
from lifecycle.keep_sales import ObservedSale, keep_sales
from lifecycle.learn_values import learn_values
from lifecycle.log_inspections import log_inspections
from lifecycle.read_outlook import read_outlook
from lifecycle.reassess import reassess
from lifecycle.tables import RouteDecisionRecord
from lifecycle.valuation.lesson import Lesson
from lifecycle.valuation_tables import ValueLessonRecord
from lifecycle.value_assets import value_assets
from tests.lifecycle.sample_fleet import inspection, store_assets, store_product


def sold(count: int, *, share: float, until: datetime, seed: int = 1, noise: float = 0.1) -> list[ObservedSale]:
    """Make sales of the projector: so much of 5,000 euro when new, and a quarter less each year."""
    chance = np.random.default_rng(seed)
    made = []
    for number in range(count):
        age, grade = float(chance.uniform(0.3, 7)), int(chance.integers(1, 6))
        middle = 5_000 * share * 0.75**age * (1.0 if grade >= 3 else 0.7)
        facts = {
            "source": "auction house",
            "sale_id": f"{seed}-{number}",
            "category": "projectors",
            "model": "LP-1",
            "sold_on": (until - timedelta(days=int(chance.integers(1, 700)))).date(),
            "age_years": age,
            "usage": 3_000 * age,
            "usage_unit": "h",
            "condition_grade": grade,
            "price": Decimal(str(round(middle * float(np.exp(chance.normal(0, noise))), 2))),
            "currency": "EUR",
            "price_kind": "auction",
        }
        made.append(ObservedSale.model_validate(facts))
    return made


def test_a_value_rests_on_what_was_sold_and_says_so(session: Session, now: datetime, actor: Actor) -> None:
    store_assets(session, store_product(session), now=now, by=actor)
    keep_sales(session, sold(150, share=0.4, until=now))
    (before,) = value_assets(session, asset_ids=None, as_of=now.date(), now=now + timedelta(days=1))

    (learned,) = learn_values(session, now=now)

    (worth,) = value_assets(session, asset_ids=None, as_of=now.date(), now=now + timedelta(days=1))
    assert before.p50 is not None
    assert worth.p10 is not None
    assert worth.p50 is not None
    assert worth.p90 is not None
    assert worth.age_years is not None
    truth = 5_000 * 0.4 * 0.75**worth.age_years * np.mean([0.7, 0.7, 1, 1, 1])
    assert float(worth.p50) == pytest.approx(truth, rel=0.15)
    assert worth.p10 < worth.p50 < worth.p90 < before.p50
    assert worth.evidence == f"{learned.engine}, learned from 150 sales"
    assert "value.learned" in [reason.code for reason in worth.reasons]
    assert learned.mdape is not None
    assert learned.mdape < 0.2


def test_learning_the_same_again_writes_nothing(session: Session, now: datetime) -> None:
    store_product(session)
    keep_sales(session, sold(30, share=0.5, until=now))

    first, again = (learn_values(session, now=now + timedelta(days=days)) for days in (0, 1))

    assert [one.is_news for one in first] == [True]
    assert [one.is_news for one in again] == [False]
    assert len(session.exec(select(ValueLessonRecord)).all()) == 1


def test_what_was_told_of_a_past_day_stays_as_it_was(session: Session, now: datetime, actor: Actor) -> None:
    store_assets(session, store_product(session), now=now, by=actor)
    later = now + timedelta(days=400)
    keep_sales(session, sold(40, share=0.5, until=now))
    learn_values(session, now=now)
    day = now.date() + timedelta(days=30)
    (told,) = value_assets(session, asset_ids=None, as_of=day, now=later)
    keep_sales(session, sold(80, share=0.2, until=later, seed=2))
    learn_values(session, now=later)

    (again,) = value_assets(session, asset_ids=None, as_of=day, now=later + timedelta(days=1))

    assert again == told.model_copy(update={"evidence": again.evidence})
    assert again.evidence == told.evidence


@pytest.mark.parametrize("count", [0, 4])
def test_too_few_sales_leave_the_makers_curve(session: Session, now: datetime, actor: Actor, count: int) -> None:
    store_assets(session, store_product(session), now=now, by=actor)
    keep_sales(session, sold(count, share=0.3, until=now))

    assert learn_values(session, now=now) == []

    (worth,) = value_assets(session, asset_ids=None, as_of=now.date(), now=now)
    assert worth.evidence.startswith("expert only, ")


def test_a_curve_that_held_stays(session: Session, now: datetime) -> None:
    curve = [
        {"age_years": 0, "p10": 0.44, "p50": 0.5, "p90": 0.568},
        {"age_years": 8, "p10": 0.04404, "p50": 0.05005646, "p90": 0.0569},
    ]
    store_product(session, value_curve=curve, grade_factors={"A": 1, "B": 1, "C": 1, "D": 0.7, "E": 0.7})
    keep_sales(session, sold(25, share=0.5, until=now))

    (learned,) = learn_values(session, now=now)

    assert learned.engine == "expert_curve"


def test_sales_in_another_currency_teach_nothing(session: Session, now: datetime) -> None:
    store_product(session, currency="USD")
    keep_sales(session, sold(30, share=0.5, until=now))

    assert learn_values(session, now=now) == []


def test_what_was_learned_never_rises_with_age_nor_with_a_worse_grade(session: Session, now: datetime) -> None:
    store_product(session)
    keep_sales(session, sold(60, share=0.5, until=now, noise=0.5))
    learn_values(session, now=now)

    kept = Lesson.model_validate(session.exec(select(ValueLessonRecord)).one().lesson)

    for name in ("p10", "p50", "p90"):
        shares = [getattr(point, name) for point in kept.points]
        assert shares == sorted(shares, reverse=True)
    factors = list(kept.grade_factors.values())
    assert factors == sorted(factors, reverse=True)
    assert all(point.p10 <= point.p50 <= point.p90 for point in kept.points)


def test_odd_sales_and_names_break_nothing(session: Session, now: datetime) -> None:
    store_product(session, code="A|B", name="Name | with  bars", trade="projectors")
    odd = {"model": "a|b", "attributes": {"colour": None, "list": [1, 2], "guide": 7}, "sold_on": date(1, 1, 1)}
    keep_sales(session, [sale.model_copy(update=odd) for sale in sold(9, share=0.5, until=now)])

    (learned,) = learn_values(session, now=now)

    assert learned.sales == 9


def test_the_choice_of_a_route_and_its_outlook_rest_on_what_was_sold(
    session: Session, now: datetime, actor: Actor
) -> None:
    (asset,) = store_assets(session, store_product(session), now=now, by=actor)
    log_inspections(session, [inspection(asset.id, now - timedelta(days=1))], now=now, by=actor)
    reassess(session, now=now, asset_ids=[asset.id])
    believed = read_outlook(session, asset_id=asset.id, now=now).expected["reuse"]
    keep_sales(session, sold(150, share=0.1, until=now))
    learn_values(session, now=now)
    later = now + timedelta(hours=1)

    reassess(session, now=later, asset_ids=[asset.id])

    first, then = session.exec(select(RouteDecisionRecord).order_by(col(RouteDecisionRecord.decided_at))).all()
    assert then.net_value < first.net_value / 2
    assert read_outlook(session, asset_id=asset.id, now=later).expected["reuse"] < believed / 2
