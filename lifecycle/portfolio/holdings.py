"""Holdings are things in columns: what each route nets of each thing, as a line in the price and in cost drivers."""

from collections.abc import Sequence
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from lifecycle.grade import Floats

Whole = NDArray[np.int64]
BARRED = -1e300
"""What a route nets that is not open: less than any other, so that it is never the best."""


class HoldingsDisagree(ValueError):
    """A programming error: the columns of holdings do not fit each other. Never shown to anybody."""


class Holdings(NamedTuple):
    """One row a thing, or a thing in one of the grades it may have; shapes are given with n rows, R routes, K drivers.

    A row nets `max over r of share[r] * price + fixed[r] + sum over k of by_driver[r, k] * driver[k]`, where `price`
    is the market of its cell times the noise of its own. At least one route of each row must be open.
    """

    share: Floats
    """(n, R): money that a route takes in where the market stands at 1."""
    fixed: Floats
    """(n, R): money that it takes in or costs whatever the market; BARRED where the route is not open."""
    by_driver: Floats
    """(n, R, K): money per unit of each driver: minus the hours for a wage, the tonnes saved for a price of CO2."""
    cell: Whole
    """(n,): the row of the scenarios' markets that moves the price: a category and a horizon."""
    sd: Floats
    """(n,): standard deviation, in the logarithm, of what a thing's own price differs from its market's."""
    thing: Whole
    """(n,): rows of one number are one thing in several grades, of which each scenario has one."""
    low: Floats
    high: Floats
    """(n,): the thing is in this row's grade where its own draw between 0 and 1 lies in [low, high)."""

    @classmethod
    def of(
        cls, share: Floats, fixed: Floats, *, by_driver: Floats | None = None, cell: Whole | None = None,
        sd: Floats | None = None,
    ) -> Self:  # fmt: skip
        """Take things of known grade; by default of one cell, without drivers and without noise of their own."""
        n, routes = share.shape
        drivers = np.zeros((n, routes, 0)) if by_driver is None else by_driver
        cells = np.zeros(n, dtype=np.int64) if cell is None else cell
        return cls(
            share, fixed, drivers, cells, np.zeros(n) if sd is None else sd, np.arange(n), np.zeros(n), np.ones(n)
        )

    def check(self, *, cells: int, drivers: int) -> None:
        """Hold the columns against each other. Raises HoldingsDisagree."""
        n, routes = self.share.shape
        shapes = {"fixed": (n, routes), "by_driver": (n, routes, drivers)}
        shapes |= dict.fromkeys(("cell", "sd", "thing", "low", "high"), (n,))
        wrong = [name for name, shape in shapes.items() if getattr(self, name).shape != shape]
        if wrong or not routes or (n and not 0 <= self.cell.min() <= self.cell.max() < cells):
            msg = f"holdings of {n} rows and {routes} routes disagree in {wrong or 'cell'}"
            raise HoldingsDisagree(msg)

    def rows(self, places: Whole) -> Self:
        """Take some rows, in that order."""
        return self._replace(**{name: column[places] for name, column in self._asdict().items()})


def bounds_of(groups: Sequence[int] | Whole) -> Whole:
    """Give where each group of rows begins, and where the last ends; the rows of a group stand together.

    >>> bounds_of([7, 7, 9, 9, 9]).tolist()
    [0, 2, 5]
    """
    found = np.asarray(groups)
    changes = np.flatnonzero(found[1:] != found[:-1]) + 1
    return np.concatenate([[0], changes, [len(found)]]).astype(np.int64)
