"""Rate a line: its fee and its use in one slot of its contract, each with what comes off and what bounds it."""

from collections.abc import Iterator
from decimal import Decimal

from billing.contract.charging import FeeTiming
from billing.period import LAST_DAY, Period, months_later
from billing.proof import Proof
from billing.rating.cadence import Slot, slots_of
from billing.rating.proration import share
from billing.rating.rate_bounds import rate_bounds
from billing.rating.rate_discount import rate_discount
from billing.rating.rate_fee import rate_fee
from billing.rating.rate_use import rate_use
from billing.rating.rated import Policies, RatedLine, Terms


def fee_slots(terms: Terms, policies: Policies, month: Period) -> Iterator[Slot]:
    """Give the slots whose fee the bill of a month holds.

    In arrears those that end in it. In advance those that begin in the month after it; of a line that begins in the
    month itself, its first ones too.
    """
    if policies.fee_timing is FeeTiming.ARREARS:
        yield from ended_slots(terms, policies, month)
        return
    if terms.starts_on >= month.end:
        return
    since = month.start if terms.starts_on >= month.start else month.end
    ahead = Period(since, min(months_later(month.end, 1), LAST_DAY)) if since < LAST_DAY else month
    for slot in _slots(terms, policies, ahead, by_year=False):
        if since <= slot.part.start < ahead.end:
            yield slot


def ended_slots(terms: Terms, policies: Policies, month: Period, *, by_year: bool = False) -> Iterator[Slot]:
    """Give the slots that end in a month."""
    for slot in _slots(terms, policies, month, by_year=by_year):
        if slot.part.end <= month.end:
            yield slot


def use_slots(terms: Terms, policies: Policies, month: Period) -> Iterator[Slot]:
    """Give the slots whose use the bill of a month holds: those that end in it."""
    if terms.meter is not None:
        yield from ended_slots(terms, policies, month, by_year=terms.by_year)


def _slots(terms: Terms, policies: Policies, within: Period, *, by_year: bool) -> Iterator[Slot]:
    return slots_of(policies.cadence, within, since=terms.starts_on, until=terms.ends_on, by_year=by_year)


def fee_lines(terms: Terms, slot: Slot, policies: Policies) -> list[RatedLine]:
    """Give the fee of a slot and what comes off it."""
    owed = share(policies.proration, part=slot.part, whole=slot.whole)
    fee = rate_fee(terms, slot, policies)
    return [*fee, *(off for line in fee for off in rate_discount(terms.tariff, line, owed))]


def use_lines(terms: Terms, slot: Slot, policies: Policies, proof: Proof, before: Decimal | None) -> list[RatedLine]:
    """Give the use of a slot, what comes off it, and what its minimum and maximum do.

    Raises MeterRanBack, ReadingsForgotten and NoUnitCode.
    """
    owed = share(policies.proration, part=slot.part, whole=slot.whole)
    use = rate_use(terms, slot, policies, proof, before)
    lines = [*use, *(off for line in use for off in rate_discount(terms.tariff, line, owed))]
    return [*lines, *rate_bounds(terms, slot, policies, lines, before)]
