"""What an engine tells of things to be sold: the logarithm of the price in the middle, and how far it may be off."""

from typing import NamedTuple, Protocol

import numpy as np

from lifecycle.grade import Floats
from lifecycle.valuation.observed import Mask, Observed


class Told(NamedTuple):
    """Row by row: the middle of the logarithm of the price, and the spread of one standard deviation about it."""

    middle: Floats
    spread: Floats

    def where(self, rows: Mask) -> "Told":
        """Give some of the rows."""
        return Told(self.middle[rows], self.spread[rows])


class Fitted(Protocol):
    """An engine that has learned from sales."""

    def ask(self, sales: Observed) -> Told:
        """Tell the price of each; what was paid is not looked at."""


def one_after_another(parts: list[Told]) -> Told:
    """Put what was told of several lots in one."""
    return Told(np.concatenate([part.middle for part in parts]), np.concatenate([part.spread for part in parts]))
