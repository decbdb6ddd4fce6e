"""Which meters a bill needs to be read, and for which days."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from billing.due import Due
from billing.period import Month, Period
from billing.rate_month import bounded_slots, of_month
from billing.rating.cadence import Slot, slots_of
from billing.rating.rate_line import use_slots
from billing.rating.rated import Terms


class Need(NamedTuple):
    """The use of a line in a slot."""

    terms: Terms
    slot: Slot

    @property
    def spans(self) -> list[Period]:
        """Give the days to be read: those of the slot, and where its window began earlier those before it."""
        before = self.slot.window.meet(self.terms.starts_on, self.slot.part.start)
        return [self.slot.part, *([before] if before else [])]


def needed_slots(due: Due, months: Iterable[Month]) -> Iterator[Need]:
    """Give the slots whose use the bills of some months depend on, those under a minimum of the contract too."""
    for month in months:
        then = of_month(due, month) if month.start in due.past else due
        for terms in then.terms:
            yield from (Need(terms, slot) for slot in use_slots(terms, due.policies, month))
        for bounded in bounded_slots(due, month):
            yield from _within(due, bounded.whole)


def _within(due: Due, whole: Period) -> Iterator[Need]:
    for terms in due.terms:
        if terms.meter is not None:
            slots = slots_of(
                due.policies.cadence, whole, since=terms.starts_on, until=terms.ends_on, by_year=terms.by_year
            )
            yield from (Need(terms, slot) for slot in slots)
