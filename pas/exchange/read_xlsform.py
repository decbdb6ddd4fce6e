"""Read an XLSForm as a checklist: what it asks, what we cannot keep, and every fault with its place."""

import io
import zipfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from pydantic import ValidationError

from lifecycle.checklist import AnswerKind, NewChecklist, unique_names
from lifecycle.grade import GRADES
from lifecycle.nen2767 import SCORES, grade_of
from pas.exchange import extent
from pas.exchange.sheet import UnreadableFile
from pas.exchange.xlsform import (
    CHOICES,
    GRADES_LIST,
    OWN,
    SETTINGS,
    SURVEY,
    Fault,
    bounds_of,
    language_of,
    refuse,
    text_of,
)

_MOST_BYTES = 32 * 1024 * 1024
_MOST_CELLS = 200_000
_YES = {"yes", "true", "true()", "ja", "oui", "1"}
_NO = {"", "no", "false", "false()", "nee", "non", "0"}
_PASSED_OVER = frozenset(
    {"start", "end", "today", "deviceid", "username", "phonenumber", "email", "audit", "note", "calculate", "hidden"}
)
"""Types that ask nothing."""
_KINDS = {
    "integer": AnswerKind.MEASURED,
    "decimal": AnswerKind.MEASURED,
    "text": AnswerKind.TEXT,
    "image": AnswerKind.PHOTO,
    "photo": AnswerKind.PHOTO,
}
_Choices = Mapping[str, Mapping[str, Mapping[str, str]]]
"""Labels by language, by choice, by list."""


class Row(NamedTuple):
    """A row by its headings, and its number as a spreadsheet shows it."""

    number: int
    cells: Mapping[str, str]


class Form(NamedTuple):
    """What a form says: a checklist, and what of it could not be kept."""

    checklist: NewChecklist
    notes: list[str]


def read_xlsform(content: bytes) -> Form:
    """Read a workbook with sheets survey, choices and settings.

    Raises UnreadableFile, and BadForm with every fault.
    """
    sheets = _sheets(content)
    faults: list[Fault] = []
    notes: list[str] = []
    default = next((language_of(row.cells.get("default_language", "")) for row in sheets[SETTINGS]), None) or "en"
    choices = _choices(sheets[CHOICES], default, faults)
    questions = list(_questions(sheets[SURVEY], faults, notes))
    names = unique_names(row.cells.get("name", "") or "q" for row, _ in questions)
    items = [
        _item(row, name, group, choices, default, faults, notes)
        for (row, group), name in zip(questions, names, strict=True)
    ]
    notes += _renamed(questions, names)
    if not questions and not faults:
        faults.append(Fault(SURVEY, 2, "type", "the form asks nothing that a checklist keeps"))
    refuse(faults)
    return Form(_checked(items, [row for row, _ in questions]), notes)


def _sheets(content: bytes) -> dict[str, list[Row]]:
    from python_calamine import CalamineError, CalamineWorkbook  # noqa: PLC0415 - heavy, and only for this format

    file = io.BytesIO(content)
    try:
        if extent.unpacked_size(file) > _MOST_BYTES or extent.cells(file) > _MOST_CELLS:
            raise UnreadableFile("the form is far larger than any form is; send the sheets of one form", field="file")
        file.seek(0)
        book = CalamineWorkbook.from_filelike(file)
        names = {name.strip().lower(): name for name in book.sheet_names}
        if SURVEY not in names:
            refuse([Fault(SURVEY, 1, "type", f"there is no sheet survey; there are {', '.join(book.sheet_names)}")])
        return {
            name: _rows(book.get_sheet_by_name(names[name]).to_python(skip_empty_area=False)) if name in names else []
            for name in (SURVEY, CHOICES, SETTINGS)
        }
    except (
        CalamineError,
        zipfile.BadZipFile,
        zlib.error,
        NotImplementedError,
        RuntimeError,
        OSError,
        ValueError,
        EOFError,
    ) as error:
        raise UnreadableFile(f"the file is no workbook (.xlsx), or damaged: {error}"[:200], field="file") from error


def _rows(cells: Sequence[Sequence[Any]]) -> list[Row]:
    if not cells:
        return []
    headings = [" ".join(text_of(cell).split()).replace(" ::", "::").replace(":: ", "::") for cell in cells[0]]
    headings = [heading if "::" in heading else heading.lower().replace(" ", "_") for heading in headings]
    rows = (
        Row(number, {heading: text_of(cell) for heading, cell in zip(headings, row, strict=False) if heading})
        for number, row in enumerate(cells[1:], start=2)
    )
    return [row for row in rows if any(row.cells.values())]


def _labels(row: Row, default: str) -> dict[str, str]:
    """Give a row's label in each of our languages."""
    found: dict[str, str] = {}
    for heading, text in row.cells.items():
        column, _, named = heading.partition("::")
        language = (language_of(named) if named else default) if column.lower() == "label" else None
        if language and text:
            found.setdefault(language, text)
    return found


def _choices(rows: Sequence[Row], default: str, faults: list[Fault]) -> _Choices:
    found: dict[str, dict[str, dict[str, str]]] = {}
    for row in rows:
        list_name, name = row.cells.get("list_name") or row.cells.get("list name", ""), row.cells.get("name", "")
        if not list_name or not name:
            missing = "name" if list_name else "list_name"
            faults.append(Fault(CHOICES, row.number, missing, f"a choice needs its {missing}"))
        elif name in found.setdefault(list_name, {}):
            faults.append(Fault(CHOICES, row.number, "name", f"the list {list_name} has the choice {name} twice"))
        else:
            found[list_name][name] = _labels(row, default)
    return found


def _questions(rows: Sequence[Row], faults: list[Fault], notes: list[str]) -> Iterator[tuple[Row, str]]:
    """Give the rows that ask something, each with the group it stands in."""
    groups: list[tuple[str, int]] = []
    for row in rows:
        kind = row.cells.get("type", "").lower().replace("_", " ", 1)
        if kind == "begin group":
            groups.append((row.cells.get("name", ""), row.number))
        elif kind == "end group":
            if not groups:
                faults.append(Fault(SURVEY, row.number, "type", "this ends a group that no row begins"))
            groups = groups[:-1]
        elif row.cells.get("type", "").lower() in _PASSED_OVER:
            notes.append(f"survey, row {row.number}: {row.cells['type']} asks nothing and was passed over")
        else:
            yield row, groups[-1][0] if groups else ""
    if groups:
        faults.append(Fault(SURVEY, groups[-1][1], "type", "this begins a group that no row ends"))


def _item(
    row: Row,
    name: str,
    group: str,
    choices: _Choices,
    default: str,
    faults: list[Fault],
    notes: list[str],
) -> dict[str, Any]:
    told = {column: row.cells[column] for column in OWN if row.cells.get(column)}
    item: dict[str, Any] = {"name": name, "component": row.cells.get("component") or group or name, **told}
    item |= _kind(row, choices, faults)
    item["question"] = _labels(row, default)
    if not item["question"]:
        faults.append(Fault(SURVEY, row.number, "label", "a question needs its text, in Dutch, French or English"))
    if not row.cells.get("name"):
        faults.append(Fault(SURVEY, row.number, "name", "a question needs a name"))
    item["required"] = _required(row, faults)
    if item.get("kind") == AnswerKind.MEASURED:
        item.setdefault("metric", name)
        item |= _bounds(row, notes)
    notes += [
        f"survey, row {row.number}: {column} was not kept; the question is always asked"
        for column in ("relevant", "calculation", "repeat_count", "choice_filter")
        if row.cells.get(column)
    ]
    return item


def _kind(row: Row, choices: _Choices, faults: list[Fault]) -> dict[str, Any]:
    """Tell from the type, and from the list it chooses from, what kind of answer is wanted."""
    words = row.cells.get("type", "").split()
    first = words[0].lower() if words else ""
    if first in _KINDS and len(words) == 1:
        return {"kind": _KINDS[first]}
    chosen = words[1:] if first == "select_one" else words[2:] if words[:2] == ["select", "one"] else None
    if chosen is None or not chosen:
        why = (
            f"{row.cells.get('type', '') or 'no type'} cannot be kept; use select_one, decimal, integer, text or image"
        )
        faults.append(Fault(SURVEY, row.number, "type", why))
        return {}
    if chosen[0] not in choices:
        faults.append(Fault(SURVEY, row.number, "type", f"the sheet choices has no list {chosen[0]}"))
        return {}
    return _of_list(row, chosen[0], choices[chosen[0]], faults)


def _of_list(row: Row, name: str, listed: Mapping[str, Mapping[str, str]], faults: list[Fault]) -> dict[str, Any]:
    keys = {key.lower() for key in listed}
    if len(keys) == 2 and keys & _YES and keys & (_NO - {""}):  # noqa: PLR2004 - yes and no
        return {"kind": AnswerKind.YES_NO}
    if keys == {grade.lower() for grade in GRADES}:
        worded = {key.upper(): dict(words) for key, words in listed.items()}
        return {"kind": AnswerKind.GRADED, "grades": {} if name == GRADES_LIST else worded}
    if keys == {str(score) for score in SCORES}:
        worded = {grade_of(int(key)): dict(words) for key, words in sorted(listed.items(), reverse=True)}
        return {"kind": AnswerKind.GRADED, "grades": worded}
    why = (
        f"the list {name} holds {', '.join(sorted(listed))}; a checklist knows A to E, 1 to 6 (NEN 2767), or yes and no"
    )
    faults.append(Fault(SURVEY, row.number, "type", why))
    return {}


def _required(row: Row, faults: list[Fault]) -> bool:
    told = row.cells.get("required", "").lower()
    if told not in _YES | _NO:
        faults.append(Fault(SURVEY, row.number, "required", f"{told[:60]!r} is neither yes nor no"))
    return told in _YES


def _bounds(row: Row, notes: list[str]) -> Mapping[str, float]:
    constraint = row.cells.get("constraint", "")
    found = bounds_of(constraint) if constraint else {}
    if found is None:
        notes.append(f"survey, row {row.number}: the constraint was not kept; only `. >= A and . <= B` is")
    return found or {}


def _renamed(questions: Sequence[tuple[Row, str]], names: Sequence[str]) -> Iterator[str]:
    for (row, _), name in zip(questions, names, strict=True):
        if row.cells.get("name", name) != name:
            yield f"survey, row {row.number}: {row.cells['name']} is kept under the name {name}"


def _checked(items: list[dict[str, Any]], rows: Sequence[Row]) -> NewChecklist:
    """Hold the items against their class; what it finds is told by row and column.

    Raises BadForm.
    """
    try:
        return NewChecklist.model_validate({"items": items})
    except ValidationError as error:
        faults = []
        for found in error.errors():
            place = found["loc"][1] if len(found["loc"]) > 1 else None
            number = rows[place].number if isinstance(place, int) else 1
            why = found["msg"].removeprefix("Value error, ")
            named = [str(found["loc"][2])] if len(found["loc"]) > 2 else [*_SAID, "name"]  # noqa: PLR2004 - items, place, field
            column = next(name for name in named if name in why or name == named[-1])
            faults.append(Fault(SURVEY, number, _COLUMNS.get(column, column), why))
        refuse(faults)
        raise


_SAID = ("unit", "minimum", "fails_at", "grades")
"""Fields that a sentence about a whole item may be about, the likeliest first."""
_COLUMNS = {"question": "label", "minimum": "constraint", "maximum": "constraint", "grades": "type", "kind": "type"}
"""Where in the form a field of an item stands."""
