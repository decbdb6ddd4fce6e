"""Book value falls evenly from what a thing cost to what is to be left of it; the formula stands beside the figure."""

from decimal import Decimal
from typing import NamedTuple

from lifecycle.money import to_cents


class Schedule(NamedTuple):
    """An even fall from `cost` to `residual` over a `life`; life and what has passed of it are in one unit.

    2,880 to 400 over five years: 496 a year, 41.33 a month, and exactly 400 at the end.

    >>> schedule = Schedule(Decimal(2880), Decimal(400), 60)
    >>> schedule.charge(12), schedule.charge(1), schedule.after(60), schedule.after(99)
    (Decimal('496.00'), Decimal('41.33'), Decimal('400.00'), Decimal('400.00'))
    """

    cost: Decimal
    residual: Decimal
    life: int

    def after(self, passed: int) -> Decimal:
        """Give what the books say after so much of the life; never below the residual.

        The same data read without and with a floor give two values, so the floor is never implied.

        >>> [str(Schedule(Decimal("1804.46"), Decimal(floor), 60).after(46)) for floor in (0, 120)]
        ['421.04', '513.04']
        """
        return to_cents(self.residual + (self.cost - self.residual) * self.left(passed) / self.life)

    def charge(self, passed: int) -> Decimal:
        """Give what so much of the life takes off the books."""
        return to_cents(self.cost - self.after(passed))

    def left(self, passed: int) -> int:
        """Give what is left of the life."""
        return min(max(self.life - passed, 0), self.life)

    def formula(self, passed: int) -> str:
        """Write the sum out.

        >>> Schedule(Decimal("1300"), Decimal("100"), 12).formula(1)
        '100.00 + (1300.00 - 100.00) x 11 / 12'
        """
        cost, residual = to_cents(self.cost), to_cents(self.residual)
        return f"{residual} + ({cost} - {residual}) x {self.left(passed)} / {self.life}"
