"""Peers and fit: ranks at equal use, a cause only where the fleet shows one, and a better model only where it pays."""

from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlmodel import Session

from lifecycle.absorb_readings import absorb_readings
from lifecycle.actor import Actor
from lifecycle.compare_peers import _shared, peers_of_product
from lifecycle.fit import Model, Profile, judge, years_of
from lifecycle.log_inspections import log_inspections
from lifecycle.peers import Standing, compare, percentiles, robust_fit, rooms_of, wear_rates
from lifecycle.propose_fit import fits_of
from lifecycle.tables import AssetRecord
from pas.db import Database
from pas.role import Role
from pas.words import LANGUAGES, Words, catalogue
from telemetry.keep_metrics import keep_metrics
from telemetry.metric import CATALOGUE
from tests.conftest import ClientOf
from tests.lifecycle.sample_fleet import inspection, product, store_assets, store_product

HEAT = "ambient_temperature"
DRAW = np.random.default_rng(4)


def fleet(cool: int = 140, hot: int = 6, *, effect: float = 0.06) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """Some stand at about 24 degrees and some at 31, where things wear by `effect` a degree faster."""
    heat = np.concatenate([DRAW.normal(24, 0.8, cool), DRAW.normal(31, 0.4, hot)])
    rate = (1 + effect * (heat - 24)) * DRAW.lognormal(0, 0.1, cool + hot)
    return rate, {HEAT: heat}


def codes(standing: Standing) -> list[str]:
    return [reason.code for reason in standing.reasons]


def test_a_hot_room_is_named_as_the_cause_and_explains_it_away() -> None:
    rate, climate = fleet()
    found = compare(rate, climate, metric="lamp_hours")
    for one in found[-6:]:
        assert one.percentile is not None
        assert one.percentile > 0.9
        assert codes(one) == ["peers.faster", "peers.likely_cause", "peers.at_equal_climate"]
        assert one.reasons[1].inputs["own"] == pytest.approx(31, abs=1.5)
    assert np.mean([one.at_equal_climate for one in found[-6:]]) < 0.85
    assert sum("peers.likely_cause" in codes(one) for one in found[:-6]) == 0


def test_no_cause_is_named_where_the_climate_changes_nothing() -> None:
    rate, climate = fleet(effect=0.0)
    assert not [one for one in compare(rate, climate, metric=None) if "peers.likely_cause" in codes(one)]


def noisy(*, times: float, seed: int) -> tuple[np.ndarray, dict[str, np.ndarray], list[str | None]]:
    """A hundred things of which little is known each, and six in one room at 31 degrees that wear so many times."""
    draw = np.random.default_rng(seed)
    heat = np.concatenate([draw.normal(22, 0.9, 100), draw.normal(31, 0.2, 6)])
    rate = draw.lognormal(0, 0.4, 106) * np.where(heat > 28, times, 1.0)
    return rate, {HEAT: heat}, [*(f"room {place // 5}" for place in range(100)), *["hot"] * 6]


def test_what_one_thing_hides_its_room_shows() -> None:
    rate, climate, rooms = noisy(times=1.7, seed=1)
    alone, together = compare(rate, climate, metric=None), compare(rate, climate, metric=None, rooms=rooms)

    assert sum("peers.likely_cause" in codes(one) for one in alone[-6:]) < 6
    for one in together[-6:]:
        assert {"peers.room", "peers.likely_cause"} <= set(codes(one))
        told = next(reason.inputs for reason in one.reasons if reason.code == "peers.room")
        assert told["share"] > 0.98
    assert [one.percentile for one in alone] == [one.percentile for one in together]


def test_a_room_stands_out_by_chance_as_often_as_it_says() -> None:
    shares = []
    for seed in range(60):
        rate, _, rooms = noisy(times=1.0, seed=seed)
        shares += [room.share for room in rooms_of(rate, rooms).values()]
    assert np.mean(np.array(shares) > 0.95) == pytest.approx(0.05, abs=0.02)


def test_two_in_a_room_are_no_group() -> None:
    rate, _, _ = noisy(times=3.0, seed=1)
    assert rooms_of(rate, [*[None] * 104, "two", "two"]) == {}
    assert set(rooms_of(rate, [*[None] * 103, *["three"] * 3])) == {"three"}


def test_one_hot_room_says_nothing_of_the_next() -> None:
    places = pd.DataFrame(
        {"room": ["a", "a", "b", "c", "c", "d", "?"], "site": ["one"] * 3 + ["two"] * 4}, dtype=object
    )
    own = np.array([31.0, np.nan, np.nan, 20.0, np.nan, 24.0, np.nan])
    known = np.array([True] * 6 + [False])

    found = _shared(own, places, known, least=2)

    assert found.tolist() == pytest.approx([31, 31, np.nan, 20, 20, 24, 22], nan_ok=True)


def test_one_odd_thing_does_not_move_the_line() -> None:
    heat = np.linspace(20, 30, 60)
    rate = 1 + 0.05 * heat
    rate[7] = 500.0
    fit = robust_fit(rate, heat[:, None])
    assert fit.slopes[0] == pytest.approx(0.05, abs=0.005)


@pytest.mark.parametrize("sisters", [0, 1, 7, 8])
def test_below_eight_sisters_nothing_is_said(sisters: int) -> None:
    found = compare(np.linspace(1, 2, sisters + 1), {}, metric=None)
    assert {one.percentile is None for one in found} == {sisters < 8}
    if sisters < 8:
        assert codes(found[0]) == ["peers.too_few"]
        assert found[0].reasons[0].inputs == {"sisters": sisters, "least": 8}


RATES = st.lists(st.floats(min_value=0.001, max_value=100), min_size=9, max_size=40)


@settings(deadline=None, max_examples=80)
@given(rates=RATES, missing=st.integers(min_value=0, max_value=3))
def test_the_faster_a_thing_wears_the_higher_it_ranks(rates: list[float], missing: int) -> None:
    found = percentiles(np.array([*rates, *[np.nan] * missing]))
    known = found[: len(rates)]
    assert np.isnan(found[len(rates) :]).all()
    assert ((known >= 0) & (known <= 1)).all()
    assert (np.diff(known[np.argsort(rates)]) >= -1e-9).all()
    assert np.isclose(known.mean(), 0.5)


@settings(deadline=None, max_examples=80)
@given(rates=RATES, scale=st.floats(min_value=0.01, max_value=100))
def test_another_unit_of_use_changes_no_rank(rates: list[float], scale: float) -> None:
    one, other = (compare(np.array(rates) * factor, {}, metric=None) for factor in (1.0, scale))
    assert [a.percentile for a in one] == pytest.approx([b.percentile for b in other], abs=0.51)


def test_a_rate_is_drawn_through_the_beginning() -> None:
    rates = wear_rates(np.array([0, 0, 1]), np.array([100.0, 200, 1]), np.array([5.0, 10, 50]), things=3, least_use=10)
    assert rates[0] == pytest.approx(0.05)
    assert np.isnan(rates[1:]).all()


def models() -> list[Model]:
    tropical = product(code="LP-T", name="Tropical", price_new=Decimal(5400), ratings=[{"metric": HEAT, "maximum": 35}])
    other = product(code="XX", trade="other", ratings=[{"metric": HEAT, "maximum": 50}])
    silent = product(code="LP-S", price_new=Decimal(10), ratings=[])
    return [Model(UUID(int=place), one) for place, one in enumerate([product(), tropical, other, silent], start=1)]


def test_a_hot_place_proposes_the_model_that_holds_it_with_what_it_saves() -> None:
    """5,000 for 5 years / 2^0.6 = 3.3 years against 5,400 for 5 years."""
    found = judge(product(), Profile(5.0, {HEAT: 31.0}), models())
    assert found.fits is False
    assert found.years == pytest.approx(5 / 2**0.6)
    assert found.proposal is not None
    assert (found.proposal.code, found.proposal.years_longer) == ("LP-T", pytest.approx(5 - 5 / 2**0.6))
    assert found.proposal.saving_a_year == pytest.approx(Decimal("435.72"), abs=Decimal("0.02"))
    assert [reason.code for reason in found.reasons] == ["fit.outside", "fit.life_here", "fit.better"]


def test_what_fits_is_left_alone_and_what_nobody_measures_is_not_judged() -> None:
    assert judge(product(), Profile(5.0, {HEAT: 24.0}), models()).proposal is None
    assert judge(product(), Profile(5.0, {HEAT: 24.0}), models()).fits is True
    assert judge(product(), Profile(), models()).fits is None
    hot = judge(product(), Profile(5.0, {HEAT: 60.0}), models())
    assert (hot.fits, hot.proposal) == (False, None)
    assert [reason.code for reason in hot.reasons][-1] == "fit.none_better"


@settings(deadline=None, max_examples=60)
@given(pace=st.floats(min_value=0.1, max_value=24), level=st.floats(min_value=-20, max_value=60))
def test_a_proposal_always_saves_money_and_harder_use_never_lasts_longer(pace: float, level: float) -> None:
    found = judge(product(), Profile(pace, {HEAT: level}), models())
    assert found.proposal is None or found.proposal.saving_a_year > 0
    assert years_of(product(), Profile(pace * 1.1, {HEAT: level + 1})) <= years_of(
        product(), Profile(pace, {HEAT: level})
    )


def test_every_reason_of_peers_and_fit_is_told_in_every_language() -> None:
    told = [code.removeprefix("reason.") for code in catalogue() if code.startswith(("reason.peers.", "reason.fit."))]
    assert len(told) == 14
    rate, climate = fleet()
    found = compare(rate, climate, metric="lamp_hours", rooms=["room"] * len(rate[:-6]) + ["hot"] * 6)
    reasons = [reason for one in found for reason in one.reasons]
    reasons += judge(product(), Profile(20.0, {HEAT: 31.0}), models()).reasons
    for language in LANGUAGES:
        sentences = {Words(language).reason(reason) for reason in reasons}
        assert not [sentence for sentence in sentences if "{" in sentence or "– " in sentence]


@pytest.fixture
def room(session: Session, now: datetime, actor: Actor) -> list[AssetRecord]:
    """Twenty projectors, the last four of them at 31 degrees, where they lose twice as much for as many hours."""
    keep_metrics(session, CATALOGUE)
    made = store_product(session)
    tropical = {"code": "LP-T", "price_new": Decimal(5400), "ratings": [{"metric": HEAT, "maximum": 35}]}
    store_product(session, **tropical)
    began = now - timedelta(days=600)
    assets = store_assets(session, made, now=now, by=actor, count=20, in_service_on=began.date())
    rows = []
    for place, asset in enumerate(assets):
        for day in (*range(0, 540, 30), *range(540, 600)):
            at = began + timedelta(days=day)
            heat = (31.0 if place >= 16 else 23.0) + place % 3 * 0.2
            rows += [(str(asset.id), "lamp_hours", at, day * 8.0, "hour"), (str(asset.id), HEAT, at, heat, "degC")]
    frame = pd.DataFrame(rows, columns=["asset", "metric", "at", "value", "unit"])
    absorb_readings(session, frame=frame, key=None, source="test", now=now, by=actor)
    sights = [
        inspection(asset.id, now - timedelta(days=300), index=100 - (28.0 if place >= 16 else 14.0) - place % 4)
        for place, asset in enumerate(assets)
    ]
    log_inspections(session, sights, now=now, by=actor)
    return assets


def test_the_hot_room_is_found_among_what_was_read_and_seen(
    session: Session, room: list[AssetRecord], now: datetime
) -> None:
    found = peers_of_product(session, product_id=room[0].product_id, now=now)
    hot, cool = [found[one.id] for one in room[16:]], [found[one.id] for one in room[:16]]
    assert {one.sisters for one in hot} == {19}
    assert all("peers.likely_cause" in codes(one) for one in hot)
    assert not any("peers.likely_cause" in codes(one) for one in cool)
    assert hot[0].rate == pytest.approx(2 * cool[0].rate, rel=0.1)


def test_peers_and_fit_are_told_over_http(
    session: Session, client_of: ClientOf, database: Database, room: list[AssetRecord], now: datetime
) -> None:
    fits = fits_of(session, [room[-1], room[0]], now=now)
    assert fits[room[-1].id].proposal is not None
    assert fits[room[0].id].proposal is None
    session.commit()
    manager = client_of(Role.FLEET_MANAGER)
    peers = manager.get(f"/api/v1/assets/{room[-1].id}/peers")
    assert (peers.status_code, peers.json()["sisters"]) == (200, 19)
    assert manager.get(f"/api/v1/assets/{room[-1].id}/fit").status_code == 200
    assert client_of(Role.CUSTOMER).get(f"/api/v1/assets/{room[-1].id}/peers").status_code == 404
