"""What holds of every tariff: parts add up to the whole however they are cut, and nothing is ever a minus nothing."""

from datetime import UTC, date, datetime
from decimal import Decimal
from itertools import accumulate, pairwise
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from billing.contract.contract import Proration, WrongTerms, check_terms
from billing.contract.tariff import CountedOver, Discount, PriceModel, Rounding, Tariff, Tier
from billing.period import Month, Period
from billing.proof import Proof
from billing.rating.cadence import Cadence, months_after, period_of, slot_of, slots_of
from billing.rating.price_use import priced, total
from billing.rating.proration import share
from billing.rating.rate_line import fee_lines, use_lines
from billing.rating.rated import Component, Meter, Policies, RatedLine, Terms
from lifecycle.money import to_cents
from tests.billing.billed_fleet import contract, line

ONE = UUID(int=1)
YEAR = Period(date(2026, 1, 1), date(2027, 1, 1))
MONTHLY = Policies()
days = st.dates(date(1971, 1, 1), date(2190, 1, 1))
by_months = st.builds(Cadence, st.sampled_from([1, 3, 6, 12]), st.none() | days, st.none())
by_weeks = st.builds(Cadence, st.just(1), st.none() | days, st.integers(1, 4))
cadences = by_months | by_weeks
uses = st.lists(st.decimals(0, 500, places=3), min_size=12, max_size=12)
cents = st.decimals(0, 900, places=2)
prices = st.decimals(0, 20, places=4)


@st.composite
def tariffs(draw: st.DrawFn) -> Tariff:
    """A tariff over the year, with or without bounds."""
    model = draw(st.sampled_from(PriceModel))
    low, high = sorted([draw(cents), draw(cents)])
    shape: dict[str, object] = {
        "price_model": model,
        "rounding": draw(st.sampled_from(Rounding)),
        "minimum": draw(st.none() | st.just(low)),
        "maximum": draw(st.none() | st.just(high)),
    }
    if model in {PriceModel.GRADUATED, PriceModel.VOLUME}:
        ends = sorted(draw(st.sets(st.integers(1, 3000), max_size=3)))
        shape["tiers"] = [
            Tier(up_to=end, unit_price=draw(prices), flat_fee=draw(cents)) for end in (*map(Decimal, ends), None)
        ]
    if model is PriceModel.PACKAGE:
        shape["package_size"] = Decimal(draw(st.integers(1, 100)))
    return Tariff(counted_over=CountedOver.YEAR, **shape)  # type: ignore[arg-type]


def terms(tariff: Tariff, price: Decimal, allowance: Decimal) -> Terms:
    meter = Meter("lamp_hours", "hour", price, allowance)
    return Terms(ONE, ONE, "S", "P", YEAR.start, None, Decimal(0), meter, tariff)


def used(amount: Decimal) -> Proof:
    stamp = datetime(2026, 1, 1, tzinfo=UTC)
    return Proof(amount, 1, Decimal(0), stamp, amount, stamp)


def billed(one: Terms, by: Policies, amounts: list[Decimal]) -> list[RatedLine]:
    """Bill the parts of a year one after the other."""
    slots = slots_of(by.cadence, YEAR, since=YEAR.start, until=None, by_year=True)
    before = [None, *accumulate(amounts)]
    return [
        made
        for slot, amount, earlier in zip(slots, amounts, before, strict=False)
        for made in use_lines(one, slot, by, used(amount), earlier)
    ]


@given(tariff=tariffs(), amounts=uses, price=prices, allowance=st.decimals(0, 900, places=2))
@settings(deadline=None, max_examples=150)
def test_the_months_of_a_year_add_up_to_the_year(
    tariff: Tariff, amounts: list[Decimal], price: Decimal, allowance: Decimal
) -> None:
    one = terms(tariff, Decimal(0) if tariff.tiers else price, allowance)
    quarters = [sum(amounts[start : start + 3], Decimal(0)) for start in (0, 3, 6, 9)]

    by_month = billed(one, MONTHLY, amounts)
    by_quarter = billed(one, Policies(cadence=Cadence(3)), quarters)
    at_once = billed(one, Policies(cadence=Cadence(12)), [sum(amounts, Decimal(0))])

    sums = {sum((made.net for made in lines), Decimal(0)) for lines in (by_month, by_quarter, at_once)}
    assert len(sums) == 1
    if tariff.minimum is not None:
        assert sums.pop() >= tariff.minimum
    assert not any(str(made.net).startswith("-0.00") or made.unit_price < 0 for made in by_month)
    assert all(made.net == to_cents(made.quantity * made.unit_price / made.price_base) for made in by_month)


@given(cadence=cadences, day=days)
@settings(deadline=None, max_examples=200)
def test_each_day_lies_in_one_period_and_periods_follow_each_other(cadence: Cadence, day: date) -> None:
    period = period_of(cadence, day)
    assert period.start <= day < period.end
    assert period_of(cadence, period.end).start == period.end
    if cadence.weeks is not None:
        assert (period.end - period.start).days == 7 * cadence.weeks
    elif cadence.anchor is not None:
        assert period.start.day in {cadence.anchor.day, months_after(cadence.anchor, 0).day} or (
            period.start == months_after(cadence.anchor, _months_between(cadence.anchor, period.start))
        )


def _months_between(first: date, second: date) -> int:
    return (second.year - first.year) * 12 + second.month - first.month


@pytest.mark.parametrize("day", [29, 30, 31])
def test_an_anniversary_at_the_end_of_a_month_clamps_and_comes_back(day: int) -> None:
    cadence = Cadence(1, date(2023, 1, day))
    starts = [cadence.anchor or YEAR.start]
    while len(starts) < 12:
        starts.append(period_of(cadence, starts[-1]).end)
    assert [one.day for one in starts if one.month != 2] == [
        min(day, 30) if one.month in {4, 6, 9, 11} else day for one in starts if one.month != 2
    ]
    assert starts[1] == date(2023, 2, 28)


@given(cut=days, policy=st.sampled_from([Proration.ACTUAL_DAYS, Proration.FIXED_30]), cadence=by_months)
@settings(deadline=None, max_examples=100)
def test_a_fee_in_two_parts_is_the_fee_within_a_cent(cut: date, policy: Proration, cadence: Cadence) -> None:
    whole, by = period_of(cadence, cut), Policies(cadence=cadence, proration=policy)
    fee = Terms(ONE, ONE, "S", "P", whole.start, None, Decimal("97.31"), None)
    pieces = [fee._replace(ends_on=cut), fee._replace(starts_on=cut, ends_on=whole.end)]

    found = [slot_of(cadence, whole.start, since=one.starts_on, until=one.ends_on, by_year=False) for one in pieces]
    nets = [made.net for one, slot in zip(pieces, found, strict=True) if slot for made in fee_lines(one, slot, by)]

    if share(policy, part=whole, whole=whole).days:
        assert abs(sum(nets) - Decimal("97.31") * cadence.months) <= Decimal("0.01")


@given(parts=st.lists(st.decimals(0, 50, places=3), min_size=1, max_size=6))
@settings(deadline=None, max_examples=50)
def test_use_is_rounded_up_once_on_what_is_counted_together(parts: list[Decimal]) -> None:
    tariff = Tariff(price_model="package", package_size=7)
    steps = [
        total(priced(tariff, Decimal(3), so_far, flat_at_zero=False))
        for so_far in accumulate(parts, initial=Decimal(0))
    ]
    assert sum((later - earlier for earlier, later in pairwise(steps)), Decimal(0)) == steps[-1]


def test_full_months_count_the_months_touched_and_none_the_whole_period() -> None:
    part = Period(date(2026, 2, 20), date(2026, 4, 1))
    quarter = Period(date(2026, 1, 1), date(2026, 4, 1))
    assert share(Proration.FULL_MONTH, part=part, whole=quarter) == (2, 3)
    assert share(Proration.NONE, part=part, whole=quarter) == (1, 1)


def test_a_discount_holds_on_its_days_and_never_makes_a_line_less_than_nothing() -> None:
    cuts = [
        Discount(percent=50, from_day=date(2026, 10, 1), until_day=date(2026, 10, 16)),
        Discount(amount=500, from_day=date(2026, 11, 1)),
    ]
    one = Terms(ONE, ONE, "S", "P", date(2026, 1, 1), None, Decimal(62), None, Tariff(discounts=cuts))
    nets = {}
    for text in ("2026-09", "2026-10", "2026-11"):
        slot = slot_of(Cadence(), Month(text).start, since=one.starts_on, until=None, by_year=False)
        assert slot is not None
        nets[text] = [(made.component, str(made.net)) for made in fee_lines(one, slot, MONTHLY)]

    assert nets["2026-09"] == [(Component.FEE, "62.00")]
    assert nets["2026-10"] == [(Component.FEE, "62.00"), (Component.DISCOUNT, "-15.00")]
    assert nets["2026-11"] == [(Component.FEE, "62.00"), (Component.DISCOUNT, "-62.00")]


@pytest.mark.parametrize(
    "shape",
    [
        {"price_model": "graduated"},
        {"tiers": [{"unit_price": 1}]},
        {"price_model": "volume", "tiers": [{"up_to": 5}]},
        {"price_model": "volume", "tiers": [{"up_to": 5}, {"up_to": 5}, {}]},
        {"price_model": "package"},
        {"minimum": 2, "maximum": 1},
        {"discounts": [{"from_day": "2026-01-01"}]},
        {"discounts": [{"from_day": "2026-01-01", "amount": 1, "on": "both"}]},
        {"installed": [{"from_day": "2026-01-02", "quantity": 1}, {"from_day": "2026-01-01", "quantity": 1}]},
    ],
    ids=str,
)
def test_a_tariff_that_contradicts_itself_does_not_exist(shape: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Tariff.model_validate(shape)


@pytest.mark.parametrize(
    ("own", "of_contract"),
    [
        ({"tariff": {"minimum": 5}}, {}),
        ({"meter": "lamp_hours", "unit_price": "1", "tariff": {"price_model": "volume", "tiers": [{}]}}, {}),
        ({"tariff": {"period_fee": 5}}, {}),
        ({"tariff": {"installed": [{"from_day": "2026-01-01", "quantity": 1}]}}, {"proration": "none"}),
        ({}, {"minimum": "5", "maximum": "1"}),
    ],
    ids=str,
)
def test_terms_that_contradict_themselves_are_refused(own: dict[str, object], of_contract: dict[str, object]) -> None:
    with pytest.raises(WrongTerms):
        check_terms(contract(ONE, "C-1", [line(ONE, **own)], **of_contract))
