"""A harvest plan: which things to take apart, where each part goes, what it nets, and why."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import NamedTuple
from uuid import UUID

from sqlmodel import SQLModel

from lifecycle.harvest.assignment import Assignment, Sent
from lifecycle.harvest.assumptions import rule
from lifecycle.harvest.parts import Donor, Need, Terms
from lifecycle.money import to_cents
from lifecycle.reason import Reason

NOTHING = Decimal("0.00")


class Field(NamedTuple):
    """What is planned of one product: its donors, the needs of its things, and in what money."""

    product: str
    currency: str
    donors: list[Donor]
    needs: list[Need]
    terms: Terms


class HarvestLine(SQLModel):
    """So many of one part, taken from a donor and kept for one thing.

    `net = expected - labour - storage`: `expected` is chance of need x chance that it is good x worth x quantity.
    """

    donor_id: UUID
    donor: str
    product: str
    part: str
    quantity: int
    for_id: UUID
    for_serial: str
    needed_in_months: int
    chance_needed: float
    chance_good: float
    worth: Decimal
    expected: Decimal
    labour: Decimal
    storage: Decimal
    net: Decimal
    currency: str


class HarvestDonor(SQLModel):
    """A thing to take apart: `net` is what its parts net less the setup and what its best other route would net."""

    asset_id: UUID
    serial: str
    product: str
    parts: int
    setup: Decimal
    forgone: Decimal
    net: Decimal
    currency: str
    minutes: float
    reasons: list[Reason]


class HarvestTotal(SQLModel):
    """One product: how many donors there were and are to be opened, how many parts are needed and found."""

    product: str
    currency: str
    donors: int
    opened: int
    needs: int
    parts_kept: int
    expected_needs: float
    net: Decimal
    gap: float


class HarvestPlan(SQLModel):
    """The plan as of a day: it proposes, and changes nothing. `gap` 0 in a total: no plan nets more."""

    as_of: date
    horizon_days: int
    rule: str
    donors: list[HarvestDonor]
    lines: list[HarvestLine]
    totals: list[HarvestTotal]


def draw_up(planned: Sequence[tuple[Field, Assignment]], *, as_of: date, horizon_days: int) -> HarvestPlan:
    """Put the assignments of several products into words and cents; products in which nobody offers are left out."""
    told = [(field, found) for field, found in planned if field.donors]
    return HarvestPlan(
        as_of=as_of,
        horizon_days=horizon_days,
        rule=rule(),
        donors=[_donor(field, found, at) for field, found in told for at in found.opened],
        lines=[_line(field, sent) for field, found in told for sent in found.sent],
        totals=[_total(field, found) for field, found in told],
    )


def _line(field: Field, sent: Sent) -> HarvestLine:
    donor, need, offer = field.donors[sent.donor], field.needs[sent.need], sent.offer
    expected = _cents(need.chance * offer.good * offer.worth * sent.quantity)
    labour = _cents(field.terms.wage * offer.minutes / 60 * sent.quantity)
    storage = _cents(field.terms.storage * offer.worth * need.months / 12 * sent.quantity)
    return HarvestLine(
        donor_id=donor.asset_id,
        donor=donor.serial,
        product=field.product,
        part=offer.part,
        quantity=sent.quantity,
        for_id=need.asset_id,
        for_serial=need.serial,
        needed_in_months=need.months,
        chance_needed=need.chance,
        chance_good=offer.good,
        worth=_cents(offer.worth),
        expected=expected,
        labour=labour,
        storage=storage,
        net=expected - labour - storage,
        currency=field.currency,
    )


def _donor(field: Field, found: Assignment, at: int) -> HarvestDonor:
    donor = field.donors[at]
    sent = [one for one in found.sent if one.donor == at]
    setup, forgone = _cents(field.terms.wage * donor.setup_minutes / 60), _cents(donor.forgone)
    net = sum((_line(field, one).net for one in sent), NOTHING) - setup - forgone
    parts = sum(one.quantity for one in sent)
    inputs = {"parts": parts, "for": len({one.need for one in sent}), "setup": str(setup), "forgone": str(forgone)}
    return HarvestDonor(
        asset_id=donor.asset_id,
        serial=donor.serial,
        product=field.product,
        parts=parts,
        setup=setup,
        forgone=forgone,
        net=net,
        currency=field.currency,
        minutes=donor.setup_minutes + sum(one.quantity * one.offer.minutes for one in sent),
        reasons=[Reason(code="harvest.nets_most", rule=rule(), inputs=inputs, effect=float(net))],
    )


def _total(field: Field, found: Assignment) -> HarvestTotal:
    return HarvestTotal(
        product=field.product,
        currency=field.currency,
        donors=len(field.donors),
        opened=len(found.opened),
        needs=len(field.needs),
        parts_kept=sum(one.quantity for one in found.sent),
        expected_needs=round(sum(need.chance * need.quantity for need in field.needs), 2),
        net=_cents(found.net),
        gap=found.gap,
    )


def _cents(amount: float) -> Decimal:
    return to_cents(Decimal(repr(round(amount, 6))))
