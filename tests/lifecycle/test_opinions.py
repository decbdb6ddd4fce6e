"""Offers, quotes and grades move a value as far as they can be trusted, never further, and say so."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlmodel import Session, col, select

from lifecycle.actor import Actor
from lifecycle.keep_opinions import ToldOpinion, UnfitOpinion, keep_opinions
from lifecycle.keep_sales import ObservedSale, keep_sales
from lifecycle.opinion_tables import PriceOpinionRecord
from lifecycle.tables import AssetRecord
from lifecycle.valuation.opinions import Look, giver, weigh
from lifecycle.valuation.value import AssetValue
from lifecycle.value_assets import value_assets
from tests.lifecycle.sample_fleet import store_assets, store_product

plain = settings(deadline=None, max_examples=60)
looks = st.lists(
    st.builds(Look, st.floats(-0.5, 0.5), st.floats(0.05, 0.5), st.sampled_from(["a", "b", "c"])), max_size=5
)


def opinion(number: int, **facts: Any) -> ToldOpinion:
    told = {"kind": "offer", "given_by": "Reuse Ltd", "given_on": date(2026, 10, 1), "currency": "EUR"}
    return ToldOpinion.model_validate({"source": "mail", "opinion_id": str(number), **told, **facts})


@pytest.fixture
def asset(session: Session, now: datetime, actor: Actor) -> AssetRecord:
    return store_assets(session, store_product(session), now=now, by=actor)[0]


def worth(session: Session, now: datetime, as_of: date | None = None) -> AssetValue:
    return value_assets(session, asset_ids=None, as_of=as_of or now.date(), now=now + timedelta(days=1))[0]


def told(value: AssetValue) -> tuple[float, float, float]:
    assert value.p10 is not None
    assert value.p50 is not None
    assert value.p90 is not None
    return float(value.p10), float(value.p50), float(value.p90)


def test_an_offer_draws_the_value_towards_it_and_the_reasons_add_up(
    session: Session, now: datetime, asset: AssetRecord
) -> None:
    before = told(worth(session, now))

    keep_opinions(session, [opinion(1, asset=asset.serial, price=Decimal(round(before[1] * 0.6)))], now=now)

    after = worth(session, now)
    low, middle, high = told(after)
    assert before[1] * 0.6 < middle < before[1] * 0.95
    assert high / low < before[2] / before[0]
    assert sum(Decimal(str(one.effect)) for one in after.reasons if one.effect is not None) == after.p50
    (said,) = [one for one in after.reasons if one.code == "value.opinions"]
    assert (said.inputs["count"], said.inputs["by"]) == (1, "Reuse Ltd")


def test_a_surer_word_counts_for_more(session: Session, now: datetime, asset: AssetRecord) -> None:
    before = told(worth(session, now))[1]
    price = Decimal(round(before * 0.5))
    keep_opinions(session, [opinion(1, asset=asset.serial, price=price, spread=0.6)], now=now)
    vague = told(worth(session, now))[1]

    keep_opinions(session, [opinion(1, asset=asset.serial, price=price, spread=0.05)], now=now)

    assert told(worth(session, now))[1] < vague < before


def test_an_opinion_on_the_product_moves_all_its_things(session: Session, now: datetime, asset: AssetRecord) -> None:
    before = told(worth(session, now))[1]

    keep_opinions(session, [opinion(1, product="LP-1", age_years=2, price=Decimal(800))], now=now)

    assert told(worth(session, now))[1] < before
    assert asset.serial


def test_a_poor_grade_lowers_the_value_of_its_thing(session: Session, now: datetime, asset: AssetRecord) -> None:
    before = told(worth(session, now))[1]

    keep_opinions(session, [opinion(1, kind="grade", currency=None, asset=asset.serial, condition_grade=1)], now=now)

    assert told(worth(session, now))[1] < before


def test_another_word_stands_from_then_on_and_the_past_stays(
    session: Session, now: datetime, asset: AssetRecord
) -> None:
    keep_opinions(session, [opinion(1, asset=asset.serial, price=Decimal(500))], now=now)
    day = now.date() + timedelta(days=1)
    first = worth(session, now + timedelta(days=9), as_of=day)

    again = keep_opinions(session, [opinion(1, asset=asset.serial, price=Decimal(500))], now=now)
    other = keep_opinions(session, [opinion(1, asset=asset.serial, price=Decimal(900))], now=now + timedelta(days=10))

    assert (again, other) == ((0, 0, 1), (0, 1, 0))
    assert worth(session, now + timedelta(days=20), as_of=day) == first
    assert told(worth(session, now + timedelta(days=20)))[1] > told(first)[1]
    assert len(session.exec(select(PriceOpinionRecord)).all()) == 2


def test_who_was_too_high_before_is_believed_less(session: Session, now: datetime, asset: AssetRecord) -> None:
    keep_opinions(
        session,
        [opinion(n, asset=asset.serial, price=Decimal(900), given_on=date(2026, 6, n)) for n in (1, 2)],
        now=now,
    )
    sale = {"source": "s", "sale_id": "1", "asset_id": asset.serial, "category": "projectors", "price": Decimal(500)}
    sale |= {"currency": "EUR", "price_kind": "auction", "sold_on": date(2026, 8, 1)}
    keep_sales(session, [ObservedSale.model_validate(sale)])

    keep_opinions(session, [opinion(3, asset=asset.serial, price=Decimal(900))], now=now)

    last = session.exec(select(PriceOpinionRecord).order_by(col(PriceOpinionRecord.given_on).desc())).first()
    assert last is not None
    assert last.leaning == pytest.approx(2 * 0.5878 / 5, rel=1e-3)


@pytest.mark.parametrize(
    ("facts", "field"),
    [
        ({"asset": "nothing", "price": Decimal(1)}, "asset"),
        ({"product": "nothing", "price": Decimal(1), "age_years": 1}, "product"),
        ({"price": Decimal(1), "age_years": 1}, "product"),
        ({"product": "LP-1", "price": Decimal(1)}, "age_years"),
        ({"product": "LP-1", "price": Decimal(1), "age_years": 1, "given_on": date(2027, 1, 1)}, "given_on"),
        ({"product": "LP-1", "price": Decimal(1), "age_years": 1, "currency": "USD"}, "currency"),
    ],
)
def test_what_cannot_be_held_against_a_value_is_refused(
    session: Session, now: datetime, asset: AssetRecord, facts: dict[str, Any], field: str
) -> None:
    with pytest.raises(UnfitOpinion) as refused:
        keep_opinions(session, [opinion(1, **facts)], now=now)
    assert refused.value.field == field
    assert asset.id


@plain
@given(looks, looks, st.floats(0.05, 0.8), st.floats(0, 3), st.integers(0, 50))
def test_opinions_never_widen_and_never_carry_further_than_the_farthest(
    product: list[Look], thing: list[Look], spread: float, ahead: float, sold: int
) -> None:
    found = weigh(product, thing, spread=spread, ahead=ahead, sold=sold)

    offs = [0.0, *(look.off for look in (*product, *thing))]
    assert min(offs) - 1e-9 <= found.shift <= max(offs) + 1e-9
    assert found.spread <= spread + 1e-9


@plain
@given(st.floats(-0.5, 0.5), st.integers(0, 30))
def test_own_sales_weigh_more_than_opinions_on_a_product(off: float, sold: int) -> None:
    few, many = (
        weigh([Look(off, 0.22, "a")], [], spread=0.3, ahead=0, sold=count).shift for count in (sold, sold + 10)
    )
    assert abs(many) <= abs(few) + 1e-12


def test_a_giver_is_taken_at_his_word_until_sales_tell() -> None:
    assert giver([], stated=None).noise == 0.22
    assert giver([0.01, -0.01, 0.0], stated=0.3).noise < 0.3
    assert giver([0.3, 0.3, 0.3]).leaning == pytest.approx(0.15)
