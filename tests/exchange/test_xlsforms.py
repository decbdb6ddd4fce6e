"""A checklist goes out as an XLSForm that other tools read, comes in again with no change, and bad forms say where."""

import io
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
import xlsxwriter
from hypothesis import given, settings
from hypothesis import strategies as st
from pyxform.xls2xform import convert

from lifecycle.checklist import Checklist, Item, NewChecklist
from pas.exchange.read_xlsform import read_xlsform
from pas.exchange.sheet import UnreadableFile
from pas.exchange.write_xlsform import write_xlsform
from pas.exchange.xlsform import BadForm
from tests.lifecycle.test_checklists import ITEMS

NOW = datetime(2026, 11, 1, tzinfo=UTC)


def checklist(items: list[dict[str, Any]]) -> Checklist:
    told = NewChecklist.model_validate({"items": items})
    return Checklist(UUID(int=1), 3, NOW, tuple(told.items))


def written(items: list[dict[str, Any]]) -> bytes:
    return write_xlsform(checklist(items), code="LP 1/é", title="Laser projector")


def book(**sheets: list[list[Any]]) -> bytes:
    sink = io.BytesIO()
    with xlsxwriter.Workbook(sink, {"in_memory": True}) as made:
        for name, rows in sheets.items():
            sheet = made.add_worksheet(name)
            for number, row in enumerate(rows):
                for place, cell in enumerate(row):
                    sheet.write(number, place, cell)
    return sink.getvalue()


HEAD = ["type", "name", "label::Nederlands (nl)", "label::English (en)", "component", "required", "unit", "constraint"]
GRADES = [["list_name", "name", "label::English (en)"], *(["g", grade, f"word {grade}"] for grade in "ABCDE")]


def test_an_export_imports_again_with_no_change() -> None:
    form = read_xlsform(written(ITEMS))

    assert form.checklist.items == list(checklist(ITEMS).items)
    assert form.notes == []


_texts = st.text(st.characters(codec="utf-8", categories=["L", "N", "P", "S"]), min_size=1, max_size=20)
_words = st.dictionaries(st.sampled_from(["nl", "fr", "en"]), _texts, min_size=1)
_names = st.from_regex(r"[a-z][a-z0-9]{0,12}", fullmatch=True)
_numbers = st.floats(-1e6, 1e6)
_common = {"component": _texts, "question": _words, "weight": st.floats(0.001, 1000), "required": st.booleans()}
_items = st.one_of(
    st.fixed_dictionaries(
        _common
        | {
            "grades": st.one_of(st.just({}), st.fixed_dictionaries(dict.fromkeys("ABCDE", _words))),
            "fails_at": st.sampled_from([None, *"ABCDE"]),
        }
    ),
    st.fixed_dictionaries(
        _common
        | {"kind": st.just("measured"), "metric": _names, "unit": st.sampled_from(["mm", "hour", "°F", "degC"])}
        | {"minimum": st.none() | st.floats(-1e6, 0), "maximum": st.none() | st.floats(0, 1e6)}
        | {"fails_below": st.none() | _numbers, "fails_above": st.none() | _numbers}
    ),
    st.fixed_dictionaries(_common | {"kind": st.just("yes_no"), "fails_at": st.sampled_from([None, "yes", "no"])}),
    st.fixed_dictionaries(_common | {"kind": st.sampled_from(["text", "photo"])}),
)


@settings(deadline=None, max_examples=40)
@given(st.dictionaries(_names, _items, min_size=1, max_size=5))
def test_every_checklist_survives_the_way_out_and_in(told: dict[str, dict[str, Any]]) -> None:
    graded: set[str] = set()
    items = [Item.model_validate(item | {"name": name}) for name, item in told.items()]
    once = [
        item for item in items if item.kind != "graded" or not (item.component in graded or graded.add(item.component))
    ]  # type: ignore[func-returns-value]

    form = write_xlsform(Checklist(UUID(int=1), 1, NOW, tuple(once)), code="X", title="X")

    assert read_xlsform(form).checklist.items == once


def test_the_tool_that_field_apps_use_reads_our_form() -> None:
    made = convert(written(ITEMS), validate=False, file_type=".xlsx")

    assert [warning for warning in made.warnings if "max-pixels" not in warning] == []
    for part in (
        '<translation lang="Nederlands (nl)" default="true()">',
        '<bind nodeset="/data/light" type="string" required="true()"/>',
        'constraint=". &gt;= 0 and . &lt;= 250"',
        '<data id="lp_1_e" version="3">',
        "<value>licht A</value>",
        '<upload ref="/data/picture" mediatype="image/*">',
    ):
        assert part in made.xform, part


def test_a_form_of_others_becomes_a_checklist() -> None:
    form = read_xlsform(
        book(
            survey=[
                ["type", "name", "label", "required", "relevant", "unit", "metric", "constraint"],
                ["start", "start", ""],
                ["begin_group", "Lamp", "The lamp"],
                ["select_one nen", "Glass", "How is the glass?", "true()", "${x} = 1"],
                ["select_one janee", "Works", "Works it?", "", "", "", "", ""],
                ["end_group", "", ""],
                ["integer", "lamp_hours", "Hours?", "", "", "hour", "", "regex(., '[0-9]+')"],
                ["note", "bye", "Thank you"],
            ],
            choices=[
                ["list name", "name", "label"],
                *(["nen", score, f"score {score}"] for score in range(1, 7)),
                ["janee", "ja", "Ja"],
                ["janee", "nee", "Nee"],
            ],
        )
    )

    glass, works, hours = form.checklist.items
    assert (glass.name, glass.component, glass.kind, glass.required) == ("glass", "Lamp", "graded", True)
    assert (glass.grades["A"], glass.grades["E"]) == ({"en": "score 1"}, {"en": "score 5"})
    assert (works.kind, works.component) == ("yes_no", "Lamp")
    assert (hours.kind, hours.metric, hours.unit, hours.component) == ("measured", "lamp_hours", "hour", "lamp_hours")
    assert len(form.notes) == 6


@pytest.mark.parametrize(
    ("survey", "choices", "fault"),
    [
        ([["geopoint", "place", "waar", "where"]], GRADES, ("survey", 2, "type", "geopoint cannot be kept")),
        ([["select_one x", "a", "a", "a"]], GRADES, ("survey", 2, "type", "has no list x")),
        ([["select_one g", "", "a", "a"]], GRADES, ("survey", 2, "name", "needs a name")),
        ([["select_one g", "a", "", ""]], GRADES, ("survey", 2, "label", "needs its text")),
        ([["decimal", "a", "a", "a"]], GRADES, ("survey", 2, "unit", "unit it is read in")),
        ([["decimal", "a", "a", "a", "", "", "furlong"]], GRADES, ("survey", 2, "unit", "none we know")),
        ([["decimal", "a", "a", "a", "", "maybe", "mm"]], GRADES, ("survey", 2, "required", "neither yes nor no")),
        (
            [["decimal", "a", "a", "a", "", "", "mm", ". >= 5 and . <= 2"]],
            GRADES,
            ("survey", 2, "constraint", "lies above"),
        ),
        ([["begin_group", "a", "", ""], ["text", "b", "b", "b"]], GRADES, ("survey", 2, "type", "no row ends")),
        ([["end_group", "a", "", ""], ["text", "b", "b", "b"]], GRADES, ("survey", 2, "type", "no row begins")),
        ([], GRADES, ("survey", 2, "type", "asks nothing")),
        ([["select_one g", "a", "a", "a"]], [*GRADES, ["g", "A", "x"]], ("choices", 7, "name", "twice")),
        ([["select_one g", "a", "a", "a"]], GRADES[:4], ("survey", 2, "type", "A to E, 1 to 6")),
        (
            [["select_one g", "a", "a", "a", "x"], ["select_one g", "b", "b", "b", "x"]],
            GRADES,
            ("survey", 1, "name", "two questions grade x"),
        ),
    ],
)
def test_a_bad_form_says_sheet_row_column_and_why(
    survey: list[list[Any]], choices: list[list[Any]], fault: tuple[str, int, str, str]
) -> None:
    with pytest.raises(BadForm) as refused:
        read_xlsform(book(survey=[HEAD, *survey], choices=choices))

    first = refused.value.facts["faults"][0]
    assert (first["sheet"], first["row"], first["column"]) == fault[:3]
    assert fault[3] in first["why"]
    assert f"sheet {fault[0]}, row {fault[1]}, column {fault[2]}" in refused.value.sentence


def test_every_fault_is_told() -> None:
    with pytest.raises(BadForm, match=r"and 1 more") as refused:
        read_xlsform(book(survey=[HEAD, ["audio", "a", "a", "a"], ["text", "b", "", ""]]))
    assert [fault["row"] for fault in refused.value.facts["faults"]] == [2, 3]


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"name,label\n", book(survey=[HEAD])[:900], b"\0" * 5000])
def test_what_is_no_workbook_is_refused(content: bytes) -> None:
    with pytest.raises(UnreadableFile):
        read_xlsform(content)


def test_a_workbook_without_a_survey_says_so() -> None:
    with pytest.raises(BadForm, match="no sheet survey; there are choices"):
        read_xlsform(book(choices=GRADES))
