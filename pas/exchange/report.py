"""What an import did, or would do: every row counted once, every refusal in words, every difference shown."""

import csv
from typing import Any, TextIO

from pydantic import BaseModel, PrivateAttr

from pas.exchange.cell import Raw, as_text
from pas.exchange.quoting import quoted

MOST_SHOWN = 1_000
"""How many refusals and differences a report shows; it always counts all."""


class RowRefusal(BaseModel):
    """Why one cell, or with no column one row, was not taken."""

    row: int
    column: str
    value: str
    why: str
    right: str


class Change(BaseModel):
    """One field before and after."""

    before: Any
    after: Any


class Difference(BaseModel):
    """What one row adds (`new`) or changes (`changed`, with the fields)."""

    row: int
    key: str
    state: str
    fields: dict[str, Change] = {}


class ImportReport(BaseModel):
    """Each row is new, changed, unchanged or refused; the four add up to `rows`."""

    kind: str
    file: str
    dry_run: bool
    rows: int = 0
    new: int = 0
    changed: int = 0
    unchanged: int = 0
    refused: int = 0
    reasons: dict[str, int] = {}
    """How many rows were refused for which reason."""
    refusals: list[RowRefusal] = []
    differences: list[Difference] = []
    notes: list[str] = []
    _headings: list[str] = PrivateAttr(default_factory=list)
    _refused_rows: list[tuple[list[Raw], str]] = PrivateAttr(default_factory=list)

    @property
    def took_something(self) -> bool:
        """Tell whether the file was of any use: a row was taken, or none needed to be."""
        return self.refused < self.rows or self.rows == 0

    def keep_refused(self, headings: list[str], rows: list[tuple[list[Raw], str]]) -> None:
        """Keep the refused rows as they came, each with its reason."""
        self._headings, self._refused_rows = headings, rows

    def write_refused(self, file: TextIO) -> None:
        """Write the refused rows as csv with the reason in a last column, to be mended and sent again."""
        writer = csv.writer(file)
        writer.writerow([*self._headings, "refused because"])
        for cells, reason in self._refused_rows:
            padded = [*cells, *[None] * (len(self._headings) - len(cells))]
            writer.writerow([*(quoted(as_text(cell)) for cell in padded), quoted(reason)])
