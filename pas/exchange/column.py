"""A column of a kind: its name, the other names people give it, and how its cells are read."""

import re
import unicodedata
from dataclasses import dataclass
from typing import Any

from pas.exchange.cell import Cell

Row = dict[str, Any]
"""The values of one row by column name, in plain form; None where a cell is empty."""


@dataclass(frozen=True)
class Column:
    """One column. With a `prefix`, columns such as `grade.frame` fill the parts of this one by `part`.

    One that is not `exported` only tells an import something, such as since when a place holds.
    """

    name: str
    cell: Cell
    about: str
    also: tuple[str, ...] = ()
    required: bool = False
    prefix: str = ""
    part: Cell | None = None
    exported: bool = True


def heading(text: str) -> str:
    """Give the form in which headings are compared: no case, no accents, no signs.

    >>> heading(" Numéro de série "), heading("Price-New"), heading("grade.Frame")
    ('numero_de_serie', 'price_new', 'grade.frame')
    """
    bare = unicodedata.normalize("NFKD", text.casefold())
    bare = "".join(c for c in bare if not unicodedata.combining(c))
    return re.sub(r"[^\w.]+", "_", bare).strip("_.")


def names_of(column: Column) -> set[str]:
    """Give every heading that means this column."""
    return {heading(name) for name in (column.name, *column.also)}
