"""A proof is what a meter showed in a period, in decimals as a bill counts them."""

from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from typing import NamedTuple

from telemetry.figure import Figure
from telemetry.meter import MeterVersion

THOUSANDTH = Decimal("0.001")
"""Use is billed in thousandths of its unit, rounded half-up once, on the period's total."""


class Proof(NamedTuple):
    """What the meter showed in a period: its use, and the readings at both ends, None where there were none."""

    increase: Decimal
    readings: int
    opening: Decimal | None
    opening_at: datetime | None
    closing: Decimal | None
    closing_at: datetime | None
    covered_hours: Decimal | None = None
    """Of a meter over a level: for how long a reading spoke; None for a counter."""
    longest_gap_hours: Decimal | None = None
    forgotten_days: int = 0
    counted_by: MeterVersion | None = None
    versions: tuple[int, ...] = ()


NO_READINGS = Proof(Decimal(0), 0, None, None, None, None)


def proof_of(figure: Figure) -> Proof:
    """Take what a meter showed into decimals: the use to thousandths, the readings as they were shown."""
    opening, closing = (None if value is None else as_shown(value) for value in (figure.opening, figure.closing))
    covered, gap = (
        None if hours is None else in_thousandths(hours) for hours in (figure.covered_hours, figure.longest_gap_hours)
    )
    return Proof(
        in_thousandths(figure.increase),
        figure.readings,
        opening,
        figure.opening_at,
        closing,
        figure.closing_at,
        covered_hours=covered,
        longest_gap_hours=gap,
        forgotten_days=figure.forgotten_days,
        counted_by=figure.meter,
        versions=figure.versions,
    )


def as_shown(reading: float) -> Decimal:
    """Give a reading with the digits that the meter showed.

    >>> as_shown(187.5), as_shown(100.0)
    (Decimal('187.5'), Decimal('100'))
    """
    return plain(Decimal(repr(float(reading))))


def in_thousandths(number: float) -> Decimal:
    """Give use as it is billed.

    >>> in_thousandths(2.8333333)
    Decimal('2.833')
    """
    return to_thousandths(Fraction(repr(float(number))))


def to_thousandths(number: Fraction) -> Decimal:
    """Round half-up to thousandths, once."""
    exact = Decimal(number.numerator * 1000) / Decimal(number.denominator)
    return plain(exact.quantize(Decimal(1), rounding=ROUND_HALF_UP) * THOUSANDTH)


def plain(number: Decimal) -> Decimal:
    """Drop zeros that say nothing, and never write an exponent or a minus nothing.

    >>> plain(Decimal("19.9500")), plain(Decimal("1E+2")), plain(Decimal("-0.00"))
    (Decimal('19.95'), Decimal('100'), Decimal('0'))
    """
    return Decimal(format(number.normalize() + 0, "f"))
