"""Long lists go to the database in lots."""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TypeVar

T = TypeVar("T")

KEYS = 500
"""So many keys are asked for at once."""
ROWS = 5_000
"""So many rows are written at once."""


def lots(items: Iterable[T], size: int) -> Iterator[list[T]]:
    """Cut a list or a stream into lists of at most `size`.

    >>> list(lots("abcde", 2))
    [['a', 'b'], ['c', 'd'], ['e']]
    """
    waiting = iter(items)
    while some := list(islice(waiting, size)):
        yield some
