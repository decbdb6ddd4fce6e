"""The parts of an XLSForm that checklists share with it: sheets, languages, lists of choices, limits of numbers."""

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, NamedTuple

from lifecycle.checklist import AnswerKind
from telemetry.refusal import Refusal

SURVEY, CHOICES, SETTINGS = "survey", "choices", "settings"
LANGUAGES = {"nl": "Nederlands (nl)", "fr": "Français (fr)", "en": "English (en)"}
"""Our languages as a form names them."""
GRADES_LIST, YES_NO_LIST = "grades", "yes_no"
OWN = ("component", "weight", "metric", "unit", "fails_at", "fails_below", "fails_above")
"""Columns of the survey that other tools pass over: what a checklist knows and a form does not."""
TYPES = {
    AnswerKind.MEASURED: "decimal",
    AnswerKind.TEXT: "text",
    AnswerKind.PHOTO: "image",
    AnswerKind.YES_NO: f"select_one {YES_NO_LIST}",
}
"""The type of a question by its kind; graded ones choose from a list of their own."""
_NAMES = {
    "nl": {"nl", "nederlands", "dutch", "vlaams"},
    "fr": {"fr", "français", "francais", "french"},
    "en": {"en", "english", "engels", "anglais"},
}
_NUMBER = r"(-?\d+(?:\.\d+)?)"
_BOUND = re.compile(rf"\.\s*(>=|<=)\s*{_NUMBER}")


class Fault(NamedTuple):
    """What is wrong in a form, and where: the sheet, the row as a spreadsheet numbers it, the column, and why."""

    sheet: str
    row: int
    column: str
    why: str


class BadForm(Refusal):
    """A form cannot be a checklist; every fault is listed with its sheet, row and column."""


def refuse(faults: list[Fault]) -> None:
    """Raise BadForm where there are faults."""
    if faults:
        first = faults[0]
        more = f" (and {len(faults) - 1} more)" if len(faults) > 1 else ""
        sentence = f"sheet {first.sheet}, row {first.row}, column {first.column}: {first.why}{more}"
        raise BadForm(sentence, field="file", faults=[fault._asdict() for fault in faults])


def language_of(named: str) -> str | None:
    """Give the language that a heading names, None where it is none of ours.

    >>> language_of("Nederlands (nl)"), language_of("French"), language_of("Español (es)")
    ('nl', 'fr', None)
    """
    code = re.search(r"\(([a-z]{2})[^)]*\)\s*$", named.strip().lower())
    wanted = code[1] if code else named.strip().lower()
    return next((language for language, names in _NAMES.items() if wanted in names), None)


def constraint_of(minimum: float | None, maximum: float | None) -> str:
    """Write what a number may be, as XPath does.

    >>> constraint_of(0, 2.5), constraint_of(None, None)
    ('. >= 0 and . <= 2.5', '')
    """
    bounds = ((">=", minimum), ("<=", maximum))
    return " and ".join(f". {sign} {plain_number(bound)}" for sign, bound in bounds if bound is not None)


def bounds_of(constraint: str) -> Mapping[str, float] | None:
    """Read what a number may be; None where it is more than a minimum and a maximum.

    >>> bounds_of(". >= 0 and . <= 2.5"), bounds_of("regex(., 'a')")
    ({'minimum': 0.0, 'maximum': 2.5}, None)
    """
    found: dict[str, float] = {}
    for part in re.split(r"\s+and\s+", constraint.strip()):
        bound = _BOUND.fullmatch(part.strip().strip("()").strip())
        if bound is None:
            return None
        found["minimum" if bound[1] == ">=" else "maximum"] = float(bound[2])
    return found


def plain_number(number: float) -> str:
    """Write a number without an exponent, which XPath does not know.

    >>> plain_number(10.0), plain_number(1e-7)
    ('10', '0.0000001')
    """
    written = format(Decimal(repr(float(number))), "f")
    return written.rstrip("0").rstrip(".") if "." in written else written


def text_of(cell: Any) -> str:
    """Give a cell as text; a whole number as people write it.

    >>> text_of(2.0), text_of(True), text_of(None), text_of(" a ")
    ('2', 'yes', '', 'a')
    """
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return "" if cell is None else str(cell).strip()
