"""The best assignment of parts to needs: which donors to open, and where each part goes."""

from collections import defaultdict
from collections.abc import Sequence
from typing import NamedTuple

from lifecycle.harvest.parts import Donor, Need, Offer, Terms, margin
from lifecycle.harvest.solver_gateway import Flow, open_and_send


class Sent(NamedTuple):
    """So many of a donor's part are kept for one need; `net` is their margin before the donor's setup."""

    donor: int
    offer: Offer
    need: int
    quantity: int
    net: float


class Assignment(NamedTuple):
    """What is sent where, which donors are opened, and what that nets in all; `gap` 0 says that no plan nets more."""

    sent: list[Sent]
    opened: list[int]
    net: float
    gap: float


class _Class(NamedTuple):
    """Needs that no plan can tell apart: the same product, part, chance and month."""

    product: str
    part: str
    chance: float
    months: int


def assign(donors: Sequence[Donor], needs: Sequence[Need], *, terms: Terms, seconds: float = 30.0) -> Assignment:
    """Choose donors and destinations so that the sum of margins less setups is greatest.

    A part goes only to things of the donor's own product, and only where it nets something. Opening a donor costs its
    setup and what its best other route would have netted. The search ends after so many seconds; `gap` then tells how
    far, as a share, the plan may be from the best.
    """
    by_class: defaultdict[_Class, list[int]] = defaultdict(list)
    for at, need in enumerate(needs):
        by_class[_Class(need.product, need.part, need.chance, need.months)].append(at)
    wanted: defaultdict[tuple[str, str], list[_Class]] = defaultdict(list)
    for one in by_class:
        wanted[one.product, one.part].append(one)
    classes = {one: at for at, one in enumerate(by_class)}

    flows: list[Flow] = []
    offered: list[tuple[int, Offer]] = []
    for donor_at, donor in enumerate(donors):
        for offer in donor.offers:
            source = len(offered)
            offered.append((donor_at, offer))
            for one in wanted[donor.product, offer.part]:
                net = margin(offer, needs[by_class[one][0]], terms)
                if net > 0:
                    flows.append(Flow(source, classes[one], net))
    found = open_and_send(
        flows,
        supply=[offer.quantity for _, offer in offered],
        opener=[donor for donor, _ in offered],
        demand=[sum(needs[at].quantity for at in members) for members in by_class.values()],
        opening=[terms.wage * donor.setup_minutes / 60 + donor.forgone for donor in donors],
        seconds=seconds,
    )
    left = {at: need.quantity for at, need in enumerate(needs)}
    members = list(by_class.values())
    sent = []
    for flow, quantity in found.sent:
        donor_at, offer = offered[flow.source]
        for need_at, share in _deal(quantity, members[flow.sink], left):
            sent.append(Sent(donor_at, offer, need_at, share, share * flow.net))
    return Assignment(sent, found.opened, found.net, found.gap)


def _deal(quantity: int, members: Sequence[int], left: dict[int, int]) -> list[tuple[int, int]]:
    """Deal out a quantity among needs that are alike, in their order."""
    dealt = []
    for at in members:
        share = min(quantity, left[at])
        if share:
            left[at] -= share
            quantity -= share
            dealt.append((at, share))
    return dealt
