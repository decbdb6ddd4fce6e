"""What was granted by a credit note counts towards a later correction: nothing is given back twice, or billed again."""

from collections.abc import Sequence
from decimal import Decimal
from typing import NamedTuple

NOTHING = Decimal("0.00")
GOODWILL = "goodwill"
"""Why a credit note was given that stays a gift, whatever is corrected later."""


class Booked(NamedTuple):
    """An amount that was billed, or taken back by a credit note for a reason, in the order in which that happened."""

    net: Decimal
    credited: str | None = None


def still_owed(now: Decimal, booked: Sequence[Booked]) -> Decimal:
    """Give what is owed in all of something that comes to `now` by what is known now, after what was granted of it.

    A credit note sets right what stood there, so that a correction of the same thing gives back only the rest, and
    what comes to more than stood there is owed beside. Goodwill comes off whatever the thing comes to.

    >>> billed = Booked(Decimal(100))
    >>> [still_owed(Decimal(now), [billed, Booked(Decimal(-10), "wrong_reading")]) for now in (80, 90, 100, 110)]
    [Decimal('80'), Decimal('90'), Decimal('90'), Decimal('100')]
    >>> [still_owed(Decimal(now), [billed, Booked(Decimal(-10), GOODWILL)]) for now in (5, 80, 110)]
    [Decimal('0.00'), Decimal('70'), Decimal('100')]
    """
    owed, stands = now, NOTHING
    for one in booked:
        if one.credited == GOODWILL:
            owed = max(owed + one.net, min(owed, NOTHING)) if one.net < 0 else owed + one.net
        elif one.credited is not None:
            owed = _set_right(owed, stands, one.net)
        stands += one.net
    return owed


def _set_right(owed: Decimal, stood: Decimal, net: Decimal) -> Decimal:
    """Move what is owed by a credit of what stood there, as far as it does not lie on that side already."""
    if net < 0:
        return min(owed, max(owed, stood) + net)
    return max(owed, min(owed, stood) + net)
