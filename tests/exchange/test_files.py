"""Dirty files survive, wrong files are refused in one sentence, and every row is accounted for."""

import gzip
import io
import zipfile
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlmodel import Session, select

from lifecycle.tables import SiteRecord
from pas.exchange import sheet
from pas.exchange.read_drafts import BadOption, NotOfThatKind
from pas.exchange.sheet import FileTooLarge, UnreadableFile, read_sheet
from telemetry.refusal import Refusal
from tests.exchange.conftest import FILES, Take

Give = Callable[[str, str], bytes]
SITES = "code,name\nBRU,Brüssel\nANR,Antwerp\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1252"])
@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_any_encoding_and_separator_is_read(take: Take, session: Session, encoding: str, separator: str) -> None:
    report = take("sites", SITES.replace(",", separator).encode(encoding))

    assert (report.new, report.refused) == (2, 0)
    assert session.exec(select(SiteRecord.name).where(SiteRecord.code == "BRU")).one() == "Brüssel"


def test_headings_are_known_in_several_languages(take: Take) -> None:
    report = take("sites", "\n\n Référence ;Naam;Breedtegraad;Länge?\nA;Antwerpen;51,2;x\n")

    assert (report.rows, report.new) == (1, 1)
    assert report.notes == ["column 'Länge?' is not known and was left out"]


def test_good_rows_go_in_and_bad_ones_are_named(take: Take, session: Session) -> None:
    report = take("sites", "code,name,lat,country\nA,Antwerp,51.2,BE\nB,Bruges,151,BE\nC,,3,Belgium\nD,Dinant,abc,BE\n")

    assert (report.rows, report.new, report.refused) == (4, 1, 3)
    assert [(wrong.row, wrong.column) for wrong in report.refusals] == [(3, "latitude"), (4, "name"), (5, "latitude")]
    assert session.exec(select(SiteRecord.code)).all() == ["A"]


def test_the_difference_is_shown_field_by_field(take: Take) -> None:
    take("sites", "code,name,city\nA,Antwerp,Antwerp\nB,Bruges,Bruges\n")
    report = take("sites", "code,name\nA,Antwerp Port\nB,Bruges\nC,Cambrai\n")

    assert (report.new, report.changed, report.unchanged) == (1, 1, 1)
    changed = next(one for one in report.differences if one.state == "changed")
    assert {name: (one.before, one.after) for name, one in changed.fields.items()} == {
        "name": ("Antwerp", "Antwerp Port")
    }


def test_a_dry_run_changes_nothing_and_says_the_same(take: Take, session: Session) -> None:
    told = take("sites", SITES, dry_run=True)

    assert session.exec(select(SiteRecord)).all() == []
    assert told.model_dump(exclude={"dry_run"}) == take("sites", SITES).model_dump(exclude={"dry_run"})


def test_repeated_rows_count_once_and_contradictions_not_at_all(take: Take) -> None:
    report = take("sites", "code,name\nA,Antwerp\nA,Antwerp\nB,Bruges\nB,Brugge\n")

    assert (report.rows, report.new, report.unchanged, report.refused) == (5 - 1, 1, 1, 2)
    assert "row 3 repeats row 2" in report.notes
    assert all("4 and 5" in wrong.right for wrong in report.refusals)


def test_refused_rows_come_back_as_they_were_with_the_reason(take: Take) -> None:
    report = take("sites", 'code,name,lat\nA,Antwerp,999\nB,"=evil(""1"")",x\n')
    out = io.StringIO()
    report.write_refused(out)

    lines = out.getvalue().splitlines()
    assert lines[0] == "code,name,lat,refused because"
    assert lines[1].startswith("A,Antwerp,999,latitude: ")
    assert lines[2].startswith('B,"\'=evil(""1"")",x,latitude: ')


def test_rows_with_too_many_cells_are_refused(take: Take) -> None:
    report = take("sites", "code,name\nA,Antwerp,Port\n")

    assert [wrong.why for wrong in report.refusals] == ["the row has more cells than there are headings"]


def test_an_unknown_reference_names_what_is_known(take: Take) -> None:
    take("products", FILES["products"])
    report = take("assets", "product,serial\nCHAR,1\n")

    assert report.refusals[0].column == "product"
    assert "CHAIR" in report.refusals[0].right


def test_a_contract_is_taken_as_a_whole_or_not_at_all(take: Take) -> None:
    for kind in ("products", "sites", "customers", "assets"):
        take(kind, FILES[kind])
    report = take(
        "contracts",
        "code,customer,starts_on,asset,monthly_fee\nK1,C1,2026-01-01,007,5\nK1,C1,2026-01-01,8,x\nK2,C1,2026-01-01,9,5\n",
    )

    assert (report.new, report.refused) == (1, 2)


def test_a_signed_contract_is_not_changed_by_a_file(take: Take) -> None:
    for kind in ("products", "sites", "customers", "assets"):
        take(kind, FILES[kind])
    rows = "code,customer,starts_on,asset,monthly_fee\nK1,C1,2026-01-01,007,5\n"
    take("contracts", rows)
    report = take("contracts", rows.replace(",5\n", ",6\n"))

    assert report.refused == 1
    assert "signed" in report.refusals[0].why


def test_assets_move_and_change_status_but_not_their_birth(take: Take) -> None:
    for kind in ("products", "sites", "customers", "assets"):
        take(kind, FILES[kind])
    report = take(
        "assets",
        "product,serial,site,status,since,made_on\nCHAIR,007,ANR,in_service,2026-02-01,2021-01-05\n"
        "CHAIR,8,,in_service,,\nBEAMER,B-1,ANR,in_service,,2023-01-01\n",
    )

    assert (report.changed, report.refused) == (2, 1)
    assert report.refusals[0].column == "made_on"
    again = take("assets", "product,serial,site,status,public_id\nCHAIR,007,ANR,in_service,\nCHAIR,8,,,\n")
    assert again.unchanged == 2


def test_what_was_seen_is_not_rewritten(take: Take) -> None:
    for kind in ("products", "sites", "customers", "assets"):
        take(kind, FILES[kind])
    take("inspections", "asset,inspected_at,index\n007,2026-01-05,80\n")
    report = take("inspections", "asset,inspected_at,index\n007,2026-01-05,90\n007,2026-01-06,90\n")

    assert (report.new, report.refused) == (1, 1)


@pytest.mark.parametrize(
    ("name", "content", "refusal"),
    [
        ("x.csv", b"", UnreadableFile),
        ("x.csv", b"\n\n\n", UnreadableFile),
        ("x.doc", b"code,name", UnreadableFile),
        ("x.xlsx", b"code,name\nA,B\n", UnreadableFile),
        ("x.xlsx", b"PK\x03\x04 no zip", UnreadableFile),
        ("x.parquet", b"PAR1 no parquet PAR1", UnreadableFile),
        ("x.csv.gz", b"no gzip", UnreadableFile),
        ("x.csv.gz", gzip.compress(b"code,name\nA,B\n" * 99, mtime=0)[:-20], UnreadableFile),
        ("x.csv", b"serial,hours\n1,2\n", NotOfThatKind),
        ("x.csv", b"code,name,naam\n1,2,3\n", NotOfThatKind),
    ],
)
def test_a_wrong_file_is_refused_in_one_sentence(take: Take, name: str, content: bytes, refusal: type[Refusal]) -> None:
    with pytest.raises(refusal):
        take("sites", content, name)


def test_a_zip_bomb_is_refused_before_it_is_opened(take: Take, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sheet, "MOST_BYTES", 1_000_000)
    bomb = io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as book:
        book.writestr("xl/worksheets/sheet1.xml", b"0" * 2_000_000)

    with pytest.raises(FileTooLarge):
        take("sites", bomb.getvalue(), "bomb.xlsx")
    with pytest.raises(FileTooLarge):
        take("sites", gzip.compress(b"0" * 2_000_000), "bomb.csv.gz")


def test_options_that_make_no_sense_are_refused(take: Take) -> None:
    for said in ({"dates": "ymd"}, {"zone": "Mars/Olympus"}, {"missing": ("none",)}):
        with pytest.raises(BadOption):
            take("sites", SITES, **said)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from(["x.csv", "x.xlsx", "x.parquet", "x.csv.gz"]), st.binary(max_size=300), st.booleans())
def test_no_bytes_make_the_reader_stumble(name: str, content: bytes, packed: bool) -> None:  # noqa: FBT001 - drawn
    first = {"x.xlsx": b"PK\x03\x04", "x.parquet": b"PAR1"}.get(name, b"")
    data = gzip.compress(content) if packed and name.endswith("gz") else first + content
    try:
        read_sheet(io.BytesIO(data), name)
    except Refusal as refusal:
        assert refusal.sentence  # noqa: PT017 - either outcome is right, a stumble is not


def test_spreadsheet_cells_of_every_sort_are_read(take: Take, give: Give, session: Session) -> None:
    take("sites", "code,name,lat\n007,'=quoted,1.5\n")
    for form in ("xlsx", "parquet", "csv"):
        report = take("sites", give("sites", form), f"x.{form}", dry_run=True)
        assert (report.rows, report.unchanged) == (1, 1), report
    assert session.exec(select(SiteRecord.code)).one() == "007"
