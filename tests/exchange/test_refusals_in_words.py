"""What people read when a row is refused: which column, what is wrong in plain words, and which row is at fault."""

import io

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from sqlmodel import Session

from pas.exchange.read_drafts import NotOfThatKind
from pas.exchange.sheet import UnreadableFile
from telemetry.keep_metrics import keep_metrics
from telemetry.metric import CATALOGUE
from tests.exchange.conftest import FILES, Take

KINDS = ("materials", "products", "parts", "sites", "customers", "assets")


@pytest.fixture
def filled(take: Take, session: Session) -> Take:
    keep_metrics(session, CATALOGUE)
    for kind in KINDS:
        take(kind, FILES[kind])
    return take


def _told(report: object) -> list[tuple[int, str, str]]:
    return [(refusal.row, refusal.column, refusal.why) for refusal in report.refusals]  # type: ignore[attr-defined]


def test_an_empty_cell_that_must_be_filled_is_called_by_its_name(take: Take) -> None:
    assert _told(take("sites", "code,name\nA,\n")) == [(2, "name", "no name is given")]


def test_no_refusal_speaks_as_a_validator_does(filled: Take) -> None:
    asked = filled("inspections", "asset,inspected_at,grade.frame,index\n007,2026-01-05,F,\n007,2026-01-06,,101\n")
    assert _told(asked) == [
        (2, "grade.frame", "this must be a grade from A (as new) to E (worn out)"),
        (3, "index", "this must be 100 or less"),
    ]
    odd = filled("customers", "code,name,language,country\nX,x,de,B1\n" + "Y" * 61 + ",y,,\n")
    assert _told(odd) == [
        (2, "country", "this must be a country of two capitals, such as BE"),
        (2, "language", "this must be nl, fr or en"),
        (3, "code", "this text is too long: at most 60 signs"),
    ]
    routes = '"[{""route"":""reuse"",""worst_grade"":""Z""}]"'
    nested = filled("products", f"code,name,trade,price_new,rated_years,routes\nP,p,t,1,1,{routes}\n")
    assert _told(nested)[0][2] == "0.worst_grade: this must be a grade from A (as new) to E (worn out)"


def test_codes_of_a_standard_are_known_in_any_case(filled: Take) -> None:
    report = filled("customers", "code,name,language,country\nX,x,NL,be\n")
    assert report.new == 1
    assert filled("customers", "code,name,language,country\nX,x,nl,BE\n").unchanged == 1
    assert filled("inspections", "asset,inspected_at,grade.frame\n007,2026-01-05,b\n").new == 1


def test_a_moment_to_come_is_told_as_people_write_moments(filled: Take) -> None:
    why = _told(filled("inspections", "asset,inspected_at,index\n007,2999-01-05,50\n"))[0][2]
    assert why.startswith("nobody can have inspected this on 2999-01-05 00:00 UTC: it is ")


def test_only_the_line_at_fault_is_blamed(filled: Take) -> None:
    report = filled(
        "contracts",
        "code,customer,starts_on,asset,monthly_fee,meter,unit_price\n"
        "K,C1,2025-01-01,007,12.50,,\nK,C1,2025-01-01,B-1,80,lamp_hours,\n",
    )
    assert [(row, column) for row, column, _ in _told(report)] == [(2, "code"), (3, "meter")]
    assert "needs both a meter and a unit price" in _told(report)[1][2]


def test_an_asset_that_is_leased_already_is_called_as_the_file_calls_it(filled: Take) -> None:
    head = "code,customer,starts_on,asset,monthly_fee\n"
    assert filled("contracts", head + "K,C1,2025-01-01,https://id.example/2,12.50\n").new == 1
    report = filled("contracts", head + "L,C1,2025-01-01,https://id.example/2,12.50\n")
    assert _told(report) == [
        (2, "asset", "asset https://id.example/2 is under K until further notice, so L cannot have it from 2025-01-01")
    ]


def test_nothing_is_made_of_itself_or_in_years_to_come(filled: Take) -> None:
    report = filled(
        "assets",
        "product,serial,public_id,previous_life,made_on\n"
        "CHAIR,a,https://id.example/a,https://id.example/a,\n"
        "CHAIR,b,https://id.example/b,https://id.example/c,\n"
        "CHAIR,c,https://id.example/c,https://id.example/b,\n"
        "CHAIR,d,,,2199\n",
    )
    assert [(row, column) for row, column, _ in _told(report)] == [
        *((row, "previous_life") for row in (2, 3, 4)),
        (5, "made_on"),
    ]


def test_a_quotation_mark_that_is_never_closed_swallows_nothing(take: Take) -> None:
    with pytest.raises(UnreadableFile, match="quotation mark in row 3 is never closed"):
        take("sites", 'code,name\nA,Antwerp\nB,"Bruges\nC,Cadiz\n')
    assert take("sites", 'code,name\nA,"Ant\nwerp"\nB,"say ""B"""').new == 2


def test_utf_16_is_known_without_its_mark(take: Take) -> None:
    for encoding in ("utf-16-le", "utf-16-be"):
        assert "the text was read as UTF-16" in take("sites", "code,name\nŁ,Łódź\n".encode(encoding)).notes
    assert take("sites", "code,name\nŁ,Łódź\n").unchanged == 1


def test_a_text_is_no_list_and_no_bytes(take: Take) -> None:
    packed = io.BytesIO()
    pq.write_table(pa.table({"code": [b"A", b"B"], "name": [["x"], ["y"]]}), packed)
    assert _told(take("sites", packed.getvalue(), "s.parquet"))[0] == (2, "name", "this is a value with parts")
    packed = io.BytesIO()
    pq.write_table(pa.table({"code": [b"A"], "name": [b"x"]}), packed)
    assert take("sites", packed.getvalue(), "s.parquet").differences[0].key == "A"


def test_readings_hold_one_value_a_cell(filled: Take) -> None:
    packed = io.BytesIO()
    pq.write_table(pa.table({"asset": ["B-1"], "metric": ["lamp_hours"], "at": [[1]], "value": [1.0]}), packed)
    with pytest.raises(NotOfThatKind, match="column 'at' holds lists"):
        filled("readings", packed.getvalue(), "r.parquet")


def test_headings_of_readings_may_stand_below_blank_lines(filled: Take) -> None:
    for hour, before in enumerate(("\n", "\n\n", "sep=,\n")):
        row = f"B-1,lamp_hours,2026-09-01T0{hour}:00:00Z,10{hour}\n"
        assert filled("readings", f"{before}asset,metric,at,value\n{row}").new == 1
    for nothing in ("", "\n\n"):
        with pytest.raises(UnreadableFile, match="the file is empty"):
            filled("readings", nothing)


def test_a_number_that_means_missing_is_no_reading(filled: Take) -> None:
    text = "asset,time,lamp_hours\nB-1,2026-09-01T00:00:00Z,0\nB-1,2026-09-02T00:00:00Z,12\n"
    report = filled("readings", text, missing=("0",))
    assert (report.rows, report.new) == (1, 1)
    assert "numbers that mean missing were left out" in report.notes
