"""Write a checklist as an XLSForm, which field apps such as ODK and Kobo read and from which it is read again."""

import io
from collections.abc import Iterable, Sequence
from typing import Any

from lifecycle.checklist import AnswerKind, Checklist, Item, unique_names
from lifecycle.grade import GRADES
from pas.exchange.xlsform import (
    CHOICES,
    GRADES_LIST,
    LANGUAGES,
    OWN,
    SETTINGS,
    SURVEY,
    TYPES,
    YES_NO_LIST,
    constraint_of,
)
from pas.words import Words

_Rows = list[dict[str, Any]]


def write_xlsform(checklist: Checklist, *, code: str, title: str) -> bytes:
    """Give the workbook of a checklist: sheets survey, choices and settings."""
    import xlsxwriter  # noqa: PLC0415 - heavy, and only for this format

    spoken = _spoken(checklist.items)
    labels = [f"label::{LANGUAGES[language]}" for language in spoken]
    sheets = {
        SURVEY: (["type", "name", *labels, "required", "constraint", *OWN], _survey(checklist.items)),
        CHOICES: (["list_name", "name", *labels], _choices(checklist.items, spoken)),
        SETTINGS: (["form_title", "form_id", "version", "default_language"], []),
    }
    settings = {"form_title": title, "form_id": unique_names([code])[0], "version": str(checklist.version)}
    sheets[SETTINGS][1].append(settings | {"default_language": LANGUAGES[spoken[0]]})
    sink = io.BytesIO()
    with xlsxwriter.Workbook(sink, {"in_memory": True}) as book:
        bold = book.add_format({"bold": True})
        for name, (headings, rows) in sheets.items():
            _write(book.add_worksheet(name), headings, rows, bold)
    return sink.getvalue()


def _spoken(items: Sequence[Item]) -> list[str]:
    """Give the languages in which something is asked, in our order."""
    told = {language for item in items for text in (item.question, *item.grades.values()) for language in text}
    return [language for language in LANGUAGES if language in told] or ["en"]


def _survey(items: Iterable[Item]) -> _Rows:
    return [
        {
            "type": TYPES.get(item.kind) or f"select_one {_list_of(item)}",
            "name": item.name,
            **_labels(item.question),
            "required": "yes" if item.required else "",
            "constraint": constraint_of(item.minimum, item.maximum),
            **{name: getattr(item, name) for name in OWN},
        }
        for item in items
    ]


def _choices(items: Sequence[Item], spoken: Sequence[str]) -> _Rows:
    rows: _Rows = []
    graded = [item for item in items if item.kind is AnswerKind.GRADED]
    if any(not item.grades for item in graded):
        rows += [
            _choice(GRADES_LIST, grade, {one: Words(one).word("grade", grade) for one in spoken}) for grade in GRADES
        ]
    for item in graded:
        rows += [_choice(_list_of(item), grade, item.grades[grade]) for grade in GRADES if item.grades]
    if any(item.kind is AnswerKind.YES_NO for item in items):
        rows += [
            _choice(YES_NO_LIST, answer, {one: Words(one).word("answer", answer) for one in spoken})
            for answer in ("yes", "no")
        ]
    return rows


def _choice(list_name: str, name: str, words: dict[str, str]) -> dict[str, Any]:
    return {"list_name": list_name, "name": name, **_labels(words)}


def _list_of(item: Item) -> str:
    return f"{GRADES_LIST}_{item.name}" if item.grades else GRADES_LIST


def _labels(words: dict[str, str]) -> dict[str, str]:
    return {f"label::{LANGUAGES[language]}": text for language, text in words.items()}


def _write(sheet: Any, headings: Sequence[str], rows: _Rows, bold: Any) -> None:
    sheet.freeze_panes(1, 0)
    for place, heading in enumerate(headings):
        sheet.set_column(place, place, max(12, len(heading) + 2))
        sheet.write_string(0, place, heading, bold)
    for number, row in enumerate(rows, start=1):
        for place, heading in enumerate(headings):
            cell = row.get(heading)
            if isinstance(cell, int | float) and float(f"{cell:.16G}") == cell:
                sheet.write_number(number, place, cell)
            elif cell not in {None, ""}:
                sheet.write_string(number, place, str(cell))
