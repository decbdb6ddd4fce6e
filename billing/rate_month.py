"""Rate a month: what the tariff of a contract charges in it, fees and use of each line, then the contract's bounds."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from billing.due import UNREAD, Due
from billing.period import Month, Period
from billing.rating.billed import CHARGED, BilledAs, Of
from billing.rating.cadence import Slot, slot_of, slots_of
from billing.rating.proration import share
from billing.rating.rate_bounds import over, under
from billing.rating.rate_line import fee_lines, fee_slots, use_lines, use_slots
from billing.rating.rated import RatedLine, Terms

NOTHING = Decimal("0.00")


class Beside(NamedTuple):
    """What a bill charges for some days beside the tariff of the lines, such as a pool."""

    start: date
    net: Decimal


def beside_of(charges: Iterable[RatedLine]) -> list[Beside]:
    """Give of some charges those that count for the bounds of the contract: fees and use, not deposits and the like."""
    return [Beside(line.period_start, line.net) for line in charges if line.component in CHARGED]


def rate_month(due: Due, month: Period, beside: Sequence[Beside] = ()) -> list[RatedLine]:
    """Give what the tariff charges in the bill of a month; what is charged beside it counts for the contract's minimum.

    Raises MeterRanBack, ReadingsForgotten, NoUnitCode and IndexNotPublished.
    """
    if due.refused is not None:
        raise due.refused
    lines = [_with_why(line, due) for terms in due.terms for line in _rate_line(due, terms, month)]
    return [*lines, *(line for slot in bounded_slots(due, month) for line in _bounds(due, slot, beside))]


def _with_why(line: RatedLine, due: Due) -> RatedLine:
    return line.model_copy(update={"reasons": [*line.reasons, *due.why]}) if due.why else line


def of_month(due: Due, month: Month) -> Due:
    """Give what a contract owed a former bill by: the same, with the terms as they held for that month."""
    terms, why, refused = due.past[month.start]
    return due._replace(terms=terms, why=why, refused=refused)


def _rate_line(due: Due, terms: Terms, month: Period) -> Iterator[RatedLine]:
    for slot in fee_slots(terms, due.policies, month):
        yield from fee_lines(terms, slot, due.policies)
    for slot in use_slots(terms, due.policies, month):
        yield from _use(due, terms, slot)


def _use(due: Due, terms: Terms, slot: Slot) -> list[RatedLine]:
    read = due.reads.get((terms.line_id, slot.part.start), UNREAD)
    return use_lines(terms, slot, due.policies, read.proof, read.before)


def bounded_slots(due: Due, month: Period) -> list[Slot]:
    """Give the periods of the contract that end in a month, where it has a minimum or a maximum of its own."""
    if due.policies.minimum is None and due.policies.maximum is None:
        return []
    contract = due.contract
    slots = slots_of(due.policies.cadence, month, since=contract.starts_on, until=contract.ends_on, by_year=False)
    return [slot for slot in slots if slot.part.end <= month.end]


def _bounds(due: Due, slot: Slot, beside: Sequence[Beside]) -> list[RatedLine]:
    """Hold all that was charged for a period against the contract's own bounds."""
    within = sum((one.net for one in beside if slot.whole.start <= one.start < slot.whole.end), NOTHING)
    so_far = sum((line.net for line in lines_within(due, slot.whole)), within)
    owed = share(due.policies.proration, part=slot.part, whole=slot.whole)
    basis = {"billed_of": due.contract.id, "period_start": slot.part.start, "period_end": slot.part.end}
    return [
        *over(basis, so_far, NOTHING, due.policies.maximum, owed),
        *under(basis, so_far, due.policies.minimum, owed),
    ]


def lines_within(due: Due, whole: Period) -> Iterator[RatedLine]:
    """Give what the tariff charges for a whole period, whenever it is billed."""
    for terms in due.terms:
        for slot in _slots(due, terms, whole, by_year=False):
            yield from fee_lines(terms, slot, due.policies)
        for slot in _slots(due, terms, whole, by_year=terms.by_year) if terms.meter else ():
            yield from _use(due, terms, slot)


def _slots(due: Due, terms: Terms, whole: Period, *, by_year: bool) -> Iterator[Slot]:
    return slots_of(due.policies.cadence, whole, since=terms.starts_on, until=terms.ends_on, by_year=by_year)


def rate_again(due: Due, of: Of, beside: Sequence[Beside] = ()) -> list[RatedLine]:
    """Rate what was billed once more, by what is known now; nothing where it no longer runs from that day."""
    if of.kind is BilledAs.BOUNDS:
        since, until = due.contract.starts_on, due.contract.ends_on
        slot = slot_of(due.policies.cadence, of.start, since=since, until=until, by_year=False)
        return _bounds(due, slot, beside) if slot and slot.part.start == of.start else []
    return [line for terms in due.terms if terms.line_id == of.billed_of for line in _again(due, terms, of)]


def _again(due: Due, terms: Terms, of: Of) -> list[RatedLine]:
    by_year = terms.by_year and of.kind is BilledAs.USE
    slot = slot_of(due.policies.cadence, of.start, since=terms.starts_on, until=terms.ends_on, by_year=by_year)
    if slot is None or slot.part.start != of.start:
        return []
    return fee_lines(terms, slot, due.policies) if of.kind is BilledAs.FEE else _use(due, terms, slot)
