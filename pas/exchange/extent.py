"""How far a workbook reaches, told from its packed parts before anybody lays it out: one cell far off fills a house."""

import re
import zipfile
from typing import BinaryIO

_ROW = re.compile(rb"<(?:\w+:)?row[\s/>]")
_ROW_NUMBER = re.compile(rb"<(?:\w+:)?row\s(?:[^<>]*\s)?r\s*=\s*[\"']\s*(\d+)")
_CELL = re.compile(rb"<(?:\w+:)?c[\s/>]")
_CELL_NAME = re.compile(rb"\sr\s*=\s*[\"']\s*([A-Za-z]+)(\d+)")
_PIECE = 1024 * 1024
_LONGEST_TAG = 4096
_OTHERS = frozenset({"xl/workbook.bin", "content.xml"})
"""Parts of other workbooks, xlsb and ods, which could reach as far and of which we cannot tell."""


def unpacked_size(file: BinaryIO) -> int:
    """Give the bytes that a workbook says it unpacks to.

    Raises ValueError, OSError and BadZipFile where it is damaged.
    """
    return sum(part.file_size for part in zipfile.ZipFile(file).infolist())


def cells(file: BinaryIO) -> int:
    """Give the cells of the smallest block from the first row and column that holds every filled cell.

    Raises ValueError, OSError and BadZipFile where the workbook is damaged or no xlsx.
    """
    book = zipfile.ZipFile(file)
    names = {part.filename.lower() for part in book.infolist()}
    if "xl/workbook.xml" not in names or _OTHERS & names:
        raise ValueError("it is no xlsx inside")
    return max(_cells_of(book, part) for part in book.infolist())


def _cells_of(book: zipfile.ZipFile, part: zipfile.ZipInfo) -> int:
    rows, width, deepest, columns = 0, 0, 0, set[bytes]()
    rest = b""
    with book.open(part) as opened:
        while piece := opened.read(_PIECE):
            seen = rest + piece
            cut = max(seen.rfind(b">") + 1, len(seen) - _LONGEST_TAG)
            seen, rest = seen[:cut], seen[cut:]
            named = _CELL_NAME.findall(seen)
            columns |= {letters for letters, _ in named}
            numbers = [int(number) for number in (*(number for _, number in named), *_ROW_NUMBER.findall(seen))]
            deepest = max([deepest, *numbers])
            in_rows = [len(_CELL.findall(row)) for row in _ROW.split(seen)]
            rows, width = rows + len(in_rows) - 1, max([width, *in_rows])
    return max(rows, deepest) * max([width, *map(_column, columns)])


def _column(letters: bytes) -> int:
    """Give the number of a column from its letters.

    >>> _column(b"A"), _column(b"AA"), _column(b"XFD")
    (1, 27, 16384)
    """
    number = 0
    for letter in letters.upper()[:8]:
        number = number * 26 + letter - 64
    return number
