"""Small files that would fill the machine are refused before room is made for them."""

import io
import zipfile

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import xlsxwriter

from pas.exchange import extent, sheet
from pas.exchange.sheet import FileTooLarge, UnreadableFile
from tests.exchange.conftest import Take


def test_a_cell_far_off_the_table_is_refused_before_room_is_made_for_it(take: Take) -> None:
    far = io.BytesIO()
    with xlsxwriter.Workbook(far, {"constant_memory": True}) as book:
        page = book.add_worksheet()
        page.write(0, 0, "code")
        page.write(1_048_575, 16_383, "far off")

    with pytest.raises(FileTooLarge):
        take("sites", far.getvalue(), "far.xlsx")


@pytest.mark.parametrize(
    "rows",
    [
        b'<row r="1048576"><c r="XFD1"/></row>',
        b'<x:row spans="1:2" r="9999999"><x:c t="n" r="ZZ9"/></x:row>',
        b"<row r='1'/>" * 6000 + b"<c/>" * 6000,
    ],
)
def test_the_reach_of_a_sheet_is_told_from_its_packed_parts(rows: bytes) -> None:
    book = io.BytesIO()
    with zipfile.ZipFile(book, "w") as packed:
        packed.writestr("xl/workbook.xml", b"")
        packed.writestr("xl/any.name", b"<sheetData>" + rows + b"</sheetData>")

    assert extent.cells(book) > 25_000_000


@pytest.mark.parametrize("part", ["xl/workbook.bin", "content.xml", "nothing.xml"])
def test_another_workbook_under_the_name_of_xlsx_is_refused(take: Take, part: str) -> None:
    book = io.BytesIO()
    with zipfile.ZipFile(book, "w") as packed:
        packed.writestr(part, b"x")

    with pytest.raises(UnreadableFile):
        take("sites", book.getvalue(), "book.xlsx")


def test_a_word_packed_a_million_times_is_refused_before_it_is_laid_out(
    take: Take, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sheet, "MOST_BYTES", 1_000_000)
    words = pa.DictionaryArray.from_arrays(pa.array([0] * 5000, pa.int32()), pa.array(["x" * 1000]))

    for column in (words, words.dictionary_decode()):
        packed = io.BytesIO()
        pq.write_table(pa.table({"code": column}), packed)
        with pytest.raises(FileTooLarge):
            take("sites", packed.getvalue(), "words.parquet")
