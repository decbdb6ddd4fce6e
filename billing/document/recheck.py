"""An issued line worked out once more: from its own figures, and from the readings that it rests on."""

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID

from pydantic import BaseModel

from billing.document.formula import holds
from billing.invoice import Invoice, InvoiceLine
from billing.period import Period
from billing.proof import plain
from lifecycle.money import to_cents

READ = frozenset({"bill.readings", "bill.measured", "bill.no_readings"})
"""Reasons that say what a meter showed."""


class Found(StrEnum):
    """What working out a line anew came to."""

    EQUAL = "equal"
    DIFFERENT = "different"
    FORGOTTEN = "forgotten"
    """Its readings are no longer kept; the sums are right."""


class Difference(BaseModel):
    """What does not agree: what the document says, and what was found."""

    what: str
    told: str
    found: str


class Rests(NamedTuple):
    """On which readings a metered line rests: those of a meter of a thing between two moments."""

    asset_id: UUID
    meter: str
    start: datetime
    end: datetime
    level: bool
    """A meter over a level is counted for a time; a counter between two readings."""


class Recount(BaseModel):
    """What the readings say now."""

    increase: Decimal
    opening: Decimal | None
    closing: Decimal | None
    readings: int
    corrected_since: Decimal = Decimal(0)
    """By how much later bills corrected the use of the same days, as where readings came in late."""
    forgotten_days: int = 0


class LineCheck(BaseModel):
    """One line, worked out anew."""

    position: int
    found: Found
    from_readings: bool
    """Whether it was counted from raw readings anew; what no meter counted has none."""
    differences: list[Difference]


def rests_on(invoice: Invoice, line: InvoiceLine) -> Rests | None:
    """Give the readings that a line rests on; None where no meter of one thing counted it, or none was read."""
    shown = _shown(line)
    if line.meter is None or line.asset_id is None or "increase" not in shown:
        return None
    start, end = Period(line.period_start, line.period_end).instants(invoice.zone)
    if "covered" in shown:
        return Rests(line.asset_id, line.meter, start, end, level=True)
    opened = start if line.opening_at is None else line.opening_at
    closed = end if line.closing_at is None else line.closing_at
    return Rests(line.asset_id, line.meter, min(opened, closed), max(opened, closed), level=False)


def check_line(line: InvoiceLine, recount: Recount | None) -> LineCheck:
    """Hold a line against its own figures and, where a meter counted it, against its readings."""
    differences = list(_sums(line))
    if recount is not None and not recount.forgotten_days:
        differences += _readings(line, recount)
    found = Found.EQUAL if not differences else Found.DIFFERENT
    if found is Found.EQUAL and recount is not None and recount.forgotten_days:
        found = Found.FORGOTTEN
    return LineCheck(position=line.position, found=found, from_readings=recount is not None, differences=differences)


def _shown(line: InvoiceLine) -> dict[str, str]:
    return next((one.inputs for one in line.reasons if one.code in READ), {})


def _sums(line: InvoiceLine) -> Iterator[Difference]:
    """Quantity at its price gives the net, and the printed sum is right."""
    net = to_cents(line.quantity * line.unit_price / line.price_base)
    if net != line.net:
        yield Difference(what="net", told=str(line.net), found=str(net))
    if holds(line.formula) is False:
        yield Difference(what="formula", told=line.formula, found="does not work out")


def _readings(line: InvoiceLine, recount: Recount) -> Iterator[Difference]:
    """Hold what the meter shows between the same ends against what was billed, corrections of later bills included."""
    told = Decimal(_shown(line)["increase"]) - sum((Decimal(use) for use in _late(line).values()), Decimal(0))
    corrected = told + recount.corrected_since
    if recount.increase not in {told, corrected}:
        yield Difference(what="use", told=str(plain(corrected)), found=str(plain(recount.increase)))
    ends = (("opening", line.opening, recount.opening), ("closing", line.closing, recount.closing))
    for what, billed, shown in ends:
        if billed is not None and shown != billed and not recount.corrected_since:
            yield Difference(what=what, told=str(billed), found=str(shown))


def _late(line: InvoiceLine) -> dict[str, str]:
    return next((dict(one.inputs["late"]) for one in line.reasons if one.code == "bill.late"), {})
