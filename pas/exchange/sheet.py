"""A sheet is what a file holds before anybody knows what it means: headings, and rows with their numbers."""

import codecs
import csv
import gzip
import io
import re
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from itertools import chain, islice
from pathlib import PurePath
from typing import Any, BinaryIO, NamedTuple

from pas.exchange import extent
from pas.exchange.cell import Raw, clean
from pas.exchange.quoting import unquoted
from telemetry.refusal import Refusal

MOST_BYTES = 512 * 1024 * 1024
"""Largest file after unpacking: far above a true fleet, far below what fills a machine."""
MOST_CELLS = 25_000_000
"""Largest block of a workbook: its reader takes room for every cell up to the farthest, also for the empty ones."""
MOST_ROWS = 1_000_000
MOST_COLUMNS = 1_000
_SAMPLE = 256 * 1024
_ROWS_AT_ONCE = 1_000
_END = ["\x00end\x00"]
_LAST = ("\n", f"{_END[0]}\n")
_SEPARATORS = ",;\t|"
_FIRST_BYTES = {"xlsx": b"PK\x03\x04", "parquet": b"PAR1"}


class UnreadableFile(Refusal):
    """The file is none that we can read, or is not what its name says."""


class FileTooLarge(Refusal):
    """The file, unpacked, is larger than we take at once."""


class Sheet(NamedTuple):
    """Headings and rows; `numbers` are the rows' numbers as a spreadsheet shows them, the headings being a row too."""

    headings: list[str]
    rows: list[list[Raw]]
    numbers: list[int]
    point_decimals: bool | None = None
    notes: tuple[str, ...] = ()


def format_of(file_name: str) -> str:
    """Tell the format from the name: csv, csv.gz, xlsx or parquet. Raises UnreadableFile.

    >>> format_of("My Sites.CSV"), format_of("cars.csv.gz")
    ('csv', 'csv.gz')
    """
    name = PurePath(file_name).name.lower()
    for ending, form in (("csv", "csv"), ("txt", "csv"), ("tsv", "csv"), ("csv.gz", "csv.gz"), ("parquet", "parquet")):
        if name.endswith(f".{ending}"):
            return form
    if name.endswith((".xlsx", ".xlsm")):
        return "xlsx"
    sentence = f"the name {name[:80]!r} does not end in .csv, .csv.gz, .xlsx or .parquet"
    raise UnreadableFile(sentence, field="file")


def read_sheet(file: BinaryIO, file_name: str) -> Sheet:
    """Read a whole file. Raises UnreadableFile and FileTooLarge."""
    form = format_of(file_name)
    expected = _FIRST_BYTES.get(form)
    if expected and file.read(4) != expected:
        sentence = f"{PurePath(file_name).name[:80]!r} is no {form} file, whatever its name says"
        raise UnreadableFile(sentence, field="file")
    file.seek(0)
    sheet = {"xlsx": _from_xlsx, "parquet": _from_parquet}.get(form, _from_csv)(unpacked(file, form))
    if not any(sheet.headings):
        raise UnreadableFile("the file is empty: its first row must name the columns", field="file")
    return sheet


def unpacked(file: BinaryIO, form: str) -> BinaryIO:
    """Undo the compression of a csv.gz."""
    return io.BufferedReader(gzip.GzipFile(fileobj=file)) if form == "csv.gz" else file


def _bytes_of(file: BinaryIO) -> bytes:
    try:
        content = file.read(MOST_BYTES + 1)
    except (OSError, EOFError, ValueError) as error:
        raise UnreadableFile(f"the file is damaged: {error}"[:200], field="file") from error
    if len(content) > MOST_BYTES:
        raise FileTooLarge("the file unpacks to more than 512 MiB; send it in parts", field="file")
    return content


def decoding(beginning: bytes) -> tuple[str, str | None]:
    """Find a text's encoding from its beginning, and what to note about it."""
    for mark, encoding in (
        (codecs.BOM_UTF8, "utf-8-sig"),
        (codecs.BOM_UTF16_LE, "utf-16"),
        (codecs.BOM_UTF16_BE, "utf-16"),
    ):
        if beginning.startswith(mark):
            return encoding, None
    for first, encoding in ((1, "utf-16-le"), (0, "utf-16-be")):
        if beginning[first:200:2].count(0) > len(beginning[:200]) // 4:
            return encoding, "the text was read as UTF-16"
    try:
        codecs.getincrementaldecoder("utf-8")().decode(beginning)
    except UnicodeDecodeError:
        return "cp1252", "the text is no UTF-8 and was read as Windows-1252"
    return "utf-8", None


def separator_of(sample: str) -> str:
    r"""Find what stands between the cells, by the heading row.

    >>> separator_of('code;"name, long"\n1;2'), separator_of("code")
    (';', ',')
    """
    heading = next((line for line in sample.splitlines() if line.strip()), "")
    named = re.fullmatch(r"sep=(.)", heading.strip("\ufeff \t"))
    if named:
        return named[1]
    bare = re.sub(r'"[^"]*"', "", heading)
    return max(_SEPARATORS, key=bare.count)


def _from_csv(file: BinaryIO) -> Sheet:
    content = _bytes_of(file)
    encoding, note = decoding(content)
    separator = separator_of(content[:_SAMPLE].decode(encoding, errors="replace"))
    csv.field_size_limit(2**24)
    text = io.TextIOWrapper(io.BytesIO(content), encoding, errors="replace", newline="")
    lines = csv.reader(chain(text, _LAST), delimiter=separator, skipinitialspace=True)
    sheet = _laid_out(_csv_rows(lines))
    points = {",": True, ";": False}.get(separator)
    return sheet._replace(point_decimals=points, notes=(note,) if note else ())


def _csv_rows(lines: Iterator[list[str]]) -> Iterator[list[Raw]]:
    """Give the rows but for the mark at the end, which a quotation mark that nobody closes would swallow."""
    number = 0
    try:
        for number, cells in enumerate(lines, start=1):  # noqa: B007 - told of the last row
            if cells == _END:
                return
            if len(cells) == 1 and cells[0].startswith("sep="):
                continue
            yield [unquoted(cell) for cell in cells]
    except csv.Error as error:
        raise UnreadableFile(f"the csv is damaged: {error}"[:200], field="file") from error
    sentence = f"a quotation mark in row {number} is never closed, so all that follows would be one cell; close it"
    raise UnreadableFile(sentence, field="file")


def _from_xlsx(file: BinaryIO) -> Sheet:
    from python_calamine import CalamineError, CalamineWorkbook  # noqa: PLC0415 - heavy, and only for this format

    _refuse_bomb(file)
    try:
        book = CalamineWorkbook.from_filelike(file)
        rows = book.get_sheet_by_index(0).to_python(skip_empty_area=False)
    except (CalamineError, OSError, ValueError, IndexError) as error:
        raise UnreadableFile(f"the workbook is damaged: {error}"[:200], field="file") from error
    return _laid_out([unquoted(cell) if isinstance(cell, str) else cell for cell in row] for row in rows)


def _refuse_bomb(file: BinaryIO) -> None:
    """Hold the workbook's size and reach against the limits before anybody unpacks it and lays it out."""
    try:
        if extent.unpacked_size(file) > MOST_BYTES:
            raise FileTooLarge("the workbook unpacks to more than 512 MiB; send it in parts", field="file")
        if extent.cells(file) > MOST_CELLS:
            sentence = f"the sheet reaches over more than {MOST_CELLS} cells; delete what stands far off its table"
            raise FileTooLarge(sentence, field="file")
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, OSError, ValueError, EOFError) as error:
        raise UnreadableFile(f"the workbook is damaged: {error}"[:200], field="file") from error
    file.seek(0)


def _from_parquet(file: BinaryIO) -> Sheet:
    import pyarrow as pa  # noqa: PLC0415 - heavy, and only for this format
    import pyarrow.parquet as pq  # noqa: PLC0415

    try:
        stored = pq.ParquetFile(file)
        refuse_too_many(stored.metadata.num_rows, stored.metadata.num_columns)
        values: dict[str, list[Any]] = {name: [] for name in _plain_columns(stored)}
        for batch in _pieces(stored):
            for found, column in zip(values.values(), batch, strict=True):
                found.extend(column.to_pylist())
    except (pa.ArrowException, OSError, ValueError, UnicodeError) as error:
        raise UnreadableFile(f"the parquet file is damaged: {error}"[:200], field="file") from error
    rows = [list(row) for row in zip(*values.values(), strict=True)]
    return Sheet([clean(name) for name in values], rows, list(range(2, len(rows) + 2)))


def _plain_columns(stored: Any) -> list[str]:
    """Give the names of the columns, where each has its own and none hides packed words inside its cells."""
    kinds = {field.name: str(field.type) for field in stored.schema_arrow}
    packed = [name for name, kind in kinds.items() if "dictionary" in kind and not kind.startswith("dictionary")]
    if packed or len(kinds) != len(stored.schema_arrow.names):
        raise UnreadableFile("two columns of the parquet file share a name, or one is packed twice", field="file")
    return list(kinds)


def _pieces(stored: Any) -> Iterator[list[Any]]:
    """Read so few rows at a time that a word packed a million times is noticed before it is laid out."""
    groups = [stored.metadata.row_group(number) for number in range(stored.metadata.num_row_groups)]
    read = sum(group.total_byte_size for group in groups)
    _refuse_too_large(read)
    for batch in stored.iter_batches(batch_size=_ROWS_AT_ONCE):
        plain = [getattr(column, "dictionary_decode", lambda column=column: column)() for column in batch.columns]
        read += sum(column.nbytes for column in plain)
        _refuse_too_large(read)
        yield plain


def _refuse_too_large(size: int) -> None:
    if size > MOST_BYTES:
        raise FileTooLarge("the file unpacks to more than 512 MiB; send it in parts", field="file")


def refuse_too_many(rows: int, columns: int) -> None:
    """Raise FileTooLarge where there is more than we take at once."""
    if rows > MOST_ROWS or columns > MOST_COLUMNS:
        sentence = f"at most {MOST_ROWS} rows and {MOST_COLUMNS} columns at once; send it in parts"
        raise FileTooLarge(sentence, field="file")


def _laid_out(lines: Iterable[list[Raw]]) -> Sheet:
    """Find the headings in the first row that is not blank, and number the rows that are not blank after it."""
    filled = ((number, row) for number, row in enumerate(lines, start=1) if any(_is_filled(cell) for cell in row))
    _, headings = next(filled, (0, []))
    found = list(islice(filled, MOST_ROWS + 1))
    refuse_too_many(len(found), len(headings))
    names = [clean(str(heading)) for heading in headings]
    return Sheet(names, [row for _, row in found], [number for number, _ in found])


def _is_filled(cell: Raw) -> bool:
    return bool(cell.strip()) if isinstance(cell, str) else cell is not None
