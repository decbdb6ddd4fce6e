"""Inspections teach how fast a product wears; what few of them say counts little, and nothing judges itself."""

from datetime import date, datetime, timedelta

import numpy as np
import pytest
from sqlmodel import Session, select

from lifecycle.actor import Actor
from lifecycle.condition.learned_wear import Ended, Pairs, Seen, learned, outcomes_of
from lifecycle.condition.terms import terms_of
from lifecycle.condition.wear_parameters import WearParameters, declared
from lifecycle.grade import BAND_SPREAD
from lifecycle.learn_wear import learn_wear, products_to_learn
from lifecycle.log_inspections import log_inspections
from lifecycle.reassess import reassess
from lifecycle.tables import AssetRecord, ConditionRecord
from lifecycle.wear_tables import WearParametersRecord
from tests.lifecycle.sample_fleet import inspection, product, store_assets, store_product

CHAIR = terms_of(product(usage_metric=None, rated_usage=None))


def series(count: int, *, pace: float, scatter: float = 100.0, health: float | None = None, seed: int = 1) -> Pairs:
    """Draw pairs of sights half a life apart of things that wear so fast."""
    chance = np.random.default_rng(seed)
    noise = BAND_SPREAD**2
    before, lives = chance.uniform(60, 100, count), np.full(count, 0.25)
    off = chance.normal(0, np.sqrt(scatter * lives + 2 * noise))
    after = np.clip(before - pace * 80 * lives + off, 0, 100)
    measured = np.full(count, np.nan) if health is None else off / health
    return Pairs(before, after, lives, np.full(count, noise), np.full(count, noise), np.arange(count), measured)


def of(pairs: Pairs) -> WearParameters:
    return learned(CHAIR, pairs)


def test_a_fleet_that_wears_twice_as_fast_is_found_out() -> None:
    known = of(series(2000, pace=2.0))

    assert known.pace[1:3] == pytest.approx((2.0, 2.0), abs=0.15)
    assert known.pace[4] == 1.0
    assert sum(known.pairs) > 1900


def test_few_pairs_say_little() -> None:
    few, many = (of(series(count, pace=2.0)).pace[1] for count in (8, 2000))

    assert 1 < few < 1.4 < many


def test_a_lucky_first_sight_is_no_fast_wear() -> None:
    """Eyes that differ make the best grade fall back and the others rise; that is no wear."""
    slow = of(series(4000, pace=0.2))

    assert slow.pace[:2] == pytest.approx((0.2, 0.2), abs=0.15)


def test_nothing_was_seen_so_what_is_declared_stays() -> None:
    known = of(series(0, pace=2.0))

    assert (known.pace, known.scatter, known.coverage, known.n) == (declared().pace, declared().scatter, None, 0)


@pytest.mark.parametrize("scatter", [50.0, 900.0], ids=["calm", "wild"])
def test_intervals_hold_eight_in_ten_on_later_pairs(scatter: float) -> None:
    known = of(series(3000, pace=1.5, scatter=scatter))

    assert known.coverage == pytest.approx(0.8, abs=0.05)
    assert known.n == 500
    assert known.is_calibrated


def test_below_thirty_outcomes_nothing_is_calibrated() -> None:
    known = of(series(60, pace=1.0))

    assert (known.n, known.widening, known.is_calibrated) == (20, 1.0, False)


def test_measured_health_earns_its_weight_only_where_it_explains_errors() -> None:
    useful, noise = of(series(300, pace=1.0, health=1.0)), series(300, pace=1.0)
    useless = of(noise._replace(health=np.random.default_rng(7).normal(0, 5, 300)))

    assert useful.telemetry_weight > 0.9
    assert useless.telemetry_weight == 0
    assert of(series(20, pace=1.0, health=1.0)).telemetry_weight == 0


def test_outcomes_of_peers_count_those_that_still_serve() -> None:
    left, ended = np.array([1.0, 2.0] * 20), np.array([True, False] * 20)
    biased = outcomes_of(Seen(["B"] * 20, left[ended], ended[ended]))

    assert biased["B"].p50 == 1.0
    assert outcomes_of(Seen(["B"] * 40, left, ended)) == {}
    assert outcomes_of(Seen(["B"] * 11, left[:11], np.ones(11, dtype=bool))) == {}


def test_ten_things_that_ended_make_a_life_table() -> None:
    lives = np.random.default_rng(3).weibull(4.0, 400) * 2
    ended = Ended(lives, np.ones(400, dtype=bool), np.zeros(400), Seen(["A"] * 400, lives, np.ones(400, dtype=bool)))

    found, usual = (learned(CHAIR, series(0, pace=1.0), some).life for some in (ended, None))

    assert (found.shape, found.scale, found.ended) == (pytest.approx(4, rel=0.15), pytest.approx(2, rel=0.05), 400)
    assert usual == declared().life


@pytest.fixture
def fleet(session: Session, now: datetime, actor: Actor) -> list[AssetRecord]:
    """Forty chairs that lost two grades within a year, where one a year is declared, and one seen as good."""
    chair = store_product(session, usage_metric=None, rated_usage=None)
    assets = store_assets(session, chair, now=now, by=actor, count=41, in_service_on=date(2023, 11, 1))
    then = now - timedelta(days=365)
    seen = [inspection(one.id, now, grades={"overall": "C"}) for one in assets[1:]]
    seen += [inspection(one.id, then, grades={"overall": "A"}) for one in assets[1:]]
    seen += [inspection(assets[0].id, now, grades={"overall": "B"})]
    log_inspections(session, seen, now=now, by=actor)
    return assets


def test_what_was_learned_is_kept_once_and_moves_the_conditions(
    session: Session, fleet: list[AssetRecord], now: datetime
) -> None:
    reassess(session, now=now)
    (product_id,) = products_to_learn(session, now=now)

    first = learn_wear(session, product_id=product_id, now=now)
    again = learn_wear(session, product_id=product_id, now=now + timedelta(minutes=1))

    assert (first.fresh, first.assets, again.fresh) == (1, 41, 0)
    assert products_to_learn(session, now=now + timedelta(days=1)) == []
    kept = session.exec(select(WearParametersRecord)).one()
    assert kept.figures["pace"][1] > 1.5
    later = now + timedelta(days=90)
    reassess(session, now=later)
    fresh = session.exec(select(ConditionRecord).where(ConditionRecord.assessed_at == later)).all()
    assert len(fresh) == 41
    assert {one.detail["parameters"] for one in fresh if one.detail} == {kept.fingerprint}
    good = next(one for one in fresh if one.asset_id == fleet[0].id)
    assert "condition.fleet_drift" in {reason["code"] for reason in good.reasons}
