"""The harvest plan is the best there is: checked against every plan of small cases."""

from itertools import chain, combinations, product
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lifecycle.harvest.assignment import assign
from lifecycle.harvest.parts import Donor, Need, Offer, Terms, chance_good, margin

TERMS = Terms(wage=45, storage=0.25)

offers = st.builds(
    Offer,
    part=st.sampled_from(["LASER", "LENS"]),
    quantity=st.integers(1, 2),
    good=st.sampled_from([0.2, 0.5, 0.9]),
    minutes=st.sampled_from([5.0, 30.0]),
    worth=st.sampled_from([20.0, 100.0, 900.0]),
)
donors = st.builds(
    Donor,
    asset_id=st.just(UUID(int=1)),
    serial=st.just("D"),
    product=st.sampled_from(["L8", "L20"]),
    offers=st.lists(offers, max_size=2, unique_by=lambda offer: offer.part).map(tuple),
    setup_minutes=st.sampled_from([0.0, 60.0, 200.0]),
    forgone=st.sampled_from([0.0, 15.0, 300.0]),
)
needs = st.builds(
    Need,
    asset_id=st.just(UUID(int=2)),
    serial=st.just("N"),
    product=st.sampled_from(["L8", "L20"]),
    part=st.sampled_from(["LASER", "LENS"]),
    quantity=st.just(1),
    chance=st.sampled_from([0.1, 0.5, 0.5, 0.9]),
    months=st.integers(0, 3),
)


def best_by_trying_all(offered: list[Donor], wanted: list[Need]) -> float:
    """Try every set of donors and every way to give each need one unit or nothing."""
    best = 0.0
    for opened in chain.from_iterable(combinations(range(len(offered)), size) for size in range(len(offered) + 1)):
        units = [(at, offer) for at in opened for offer in offered[at].offers]
        cost = sum(TERMS.wage * offered[at].setup_minutes / 60 + offered[at].forgone for at in opened)
        for choice in product([None, *range(len(units))], repeat=len(wanted)):
            if any(choice.count(at) > offer.quantity for at, (_, offer) in enumerate(units)):
                continue
            gain = 0.0
            for need, at in zip(wanted, choice, strict=True):
                if at is None:
                    continue
                donor, offer = units[at]
                if (offered[donor].product, offer.part) != (need.product, need.part):
                    break
                gain += margin(offer, need, TERMS)
            else:
                best = max(best, gain - cost)
    return best


@settings(deadline=None, max_examples=60)
@given(offered=st.lists(donors, max_size=3), wanted=st.lists(needs, max_size=4))
def test_no_plan_nets_more_than_ours(offered: list[Donor], wanted: list[Need]) -> None:
    plan = assign(offered, wanted, terms=TERMS)
    assert plan.net == pytest.approx(best_by_trying_all(offered, wanted), abs=1e-6)
    assert plan.gap == pytest.approx(0, abs=1e-6)


@settings(deadline=None, max_examples=60)
@given(offered=st.lists(donors, max_size=5), wanted=st.lists(needs, max_size=8))
def test_a_plan_can_be_carried_out_and_adds_up(offered: list[Donor], wanted: list[Need]) -> None:
    plan = assign(offered, wanted, terms=TERMS)
    for at, donor in enumerate(offered):
        for offer in donor.offers:
            assert sum(one.quantity for one in plan.sent if one.donor == at and one.offer is offer) <= offer.quantity
    for at, need in enumerate(wanted):
        got = [one for one in plan.sent if one.need == at]
        assert sum(one.quantity for one in got) <= need.quantity
        assert all(offered[one.donor].product == need.product and one.offer.part == need.part for one in got)
    assert sorted({one.donor for one in plan.sent}) == plan.opened
    cost = sum(TERMS.wage * offered[at].setup_minutes / 60 + offered[at].forgone for at in plan.opened)
    assert plan.net == pytest.approx(sum(one.net for one in plan.sent) - cost, abs=1e-6)


@settings(deadline=None, max_examples=30)
@given(offered=st.lists(donors, max_size=4), wanted=st.lists(needs, max_size=5), useless=donors)
def test_a_part_that_nets_nothing_never_changes_the_plan(
    offered: list[Donor], wanted: list[Need], useless: Donor
) -> None:
    spoilt = useless._replace(offers=tuple(offer._replace(good=0.0) for offer in useless.offers))
    assert assign([*offered, spoilt], wanted, terms=TERMS).net == pytest.approx(
        assign(offered, wanted, terms=TERMS).net, abs=1e-6
    )


def test_dearer_labour_never_makes_a_better_plan() -> None:
    donor = Donor(UUID(int=1), "D1", "L8", (Offer("LASER", 1, 0.9, 30, 1400), Offer("LENS", 1, 0.9, 20, 60)), 60, 0)
    wanted = [Need(UUID(int=2), "N1", "L8", part, 1, 0.5, 2) for part in ("LASER", "LENS")]
    nets = [assign([donor], wanted, terms=TERMS._replace(wage=wage)).net for wage in (0.0, 45.0, 90.0, 400.0, 900.0)]
    assert nets == sorted(nets, reverse=True)
    assert nets[-1] == 0
    assert [one.offer.part for one in assign([donor], wanted, terms=TERMS).sent] == ["LASER", "LENS"]
    assert [one.offer.part for one in assign([donor], wanted, terms=TERMS._replace(wage=90)).sent] == ["LASER"]


def test_a_donor_whose_other_route_nets_more_stays_whole() -> None:
    donor = Donor(UUID(int=1), "D1", "L8", (Offer("LASER", 1, 1.0, 0, 1000),), 0, forgone=600)
    need = Need(UUID(int=2), "N1", "L8", "LASER", 1, 0.5, 0)
    assert assign([donor], [need], terms=TERMS).opened == []
    assert assign([donor._replace(forgone=400)], [need], terms=TERMS).net == pytest.approx(100)


def test_a_certain_index_is_good_or_not() -> None:
    assert chance_good(80, 80, 80, least=50) == 1
    assert chance_good(20, 20, 20, least=50) == 0


def test_a_fleet_of_hundreds_is_planned_to_the_best() -> None:
    offered = [
        Donor(
            UUID(int=at),
            f"D{at}",
            "L8",
            tuple(Offer(part, 1, 0.3 + at % 7 / 10, 20, 400 + at) for part in "ABC"),
            90,
            at % 50,
        )
        for at in range(120)
    ]
    wanted = [
        Need(UUID(int=1_000 + at), f"N{at}", "L8", "ABC"[at % 3], 1, round(0.05 + at % 90 / 100, 2), at % 12)
        for at in range(1_500)
    ]
    plan = assign(offered, wanted, terms=TERMS)
    assert plan.gap < 1e-3
    assert 0 < len(plan.opened) <= 120
