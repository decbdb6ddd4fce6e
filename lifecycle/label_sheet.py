"""Labels for things: a QR code, the product and the serial number, to the millimetre on a sheet or one by one (ZPL)."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from enum import StrEnum
from io import BytesIO
from typing import Any, NamedTuple

import segno

from lifecycle.typst_gateway import typeset
from telemetry.lots import lots
from telemetry.refusal import Refusal

MOST = 500
"""Labels that are made at once."""
_DOTS = 8
"""Dots per millimetre of a common printer of labels (203 dpi)."""
_QUIET = 2
"""Light modules around a code: the label itself is light."""
_UNDATED = datetime(1970, 1, 1, tzinfo=UTC)
"""Labels bear no date, so that the same ones are the same bytes."""


class BeyondSheet(Refusal, ValueError):
    """The first label would lie beyond the sheet."""


class NoLabels(Refusal, ValueError):
    """Nothing to make a label of."""


class Stock(NamedTuple):
    """A sheet of labels, in millimetres: its page, its labels and the way from one to the next."""

    page_width: float
    page_height: float
    width: float
    height: float
    columns: int
    rows: int
    left: float
    top: float
    across: float
    down: float


class StockName(StrEnum):
    """Sheets that shops sell, and a roll."""

    L7160 = "l7160"
    L7651 = "l7651"
    ROLL = "roll"


STOCKS = {
    StockName.L7160: Stock(210, 297, 63.5, 38.1, 3, 7, 7.21, 15.15, 66.04, 38.1),
    StockName.L7651: Stock(210, 297, 38.1, 21.2, 5, 13, 4.67, 10.7, 40.64, 21.2),
    StockName.ROLL: Stock(50, 25, 50, 25, 1, 1, 0, 0, 50, 25),
}
"""21 of 63.5 x 38.1 mm, 65 of 38.1 x 21.2 mm (both on A4, as Avery sells them), and 50 x 25 mm one by one."""


class Plate(NamedTuple):
    """What stands on the label of one thing."""

    address: str
    """What the code says: the thing's GS1 Digital Link."""
    product: str
    serial: str
    maker: str


def sheet(plates: Sequence[Plate], *, stock: StockName, first: int = 1, language: str = "en") -> bytes:
    """Lay labels out as a PDF, from the `first` free place of the first sheet on, row by row.

    Raises NoLabels and BeyondSheet. Print it at 100 %, without fitting to the page.
    """
    _refuse(plates, stock, first)
    chosen = STOCKS[stock]
    shown = {
        "title": ", ".join(plate.serial for plate in plates[:3]),
        "language": language,
        "stock": chosen._asdict(),
        "pages": pages(plates, chosen, first),
    }
    return typeset("lifecycle/label_sheet.typ", {"labels": json.dumps(shown)}, stamp=_UNDATED)


def pages(plates: Sequence[Plate], stock: Stock, first: int) -> list[list[dict[str, Any]]]:
    """Give each label its page and its place, in millimetres from the upper left corner."""
    places: list[Plate | None] = [*([None] * (first - 1)), *plates]
    return [
        [_placed(plate, place, stock) for place, plate in enumerate(some) if plate is not None]
        for some in lots(places, stock.columns * stock.rows)
    ]


def zpl(plates: Sequence[Plate], *, stock: StockName) -> str:
    """Write labels for a printer that speaks ZPL II, one after another. Raises NoLabels."""
    _refuse(plates, stock, 1)
    size = STOCKS[stock]
    return "".join(_one(plate, size) for plate in plates)


def _refuse(plates: Sequence[Plate], stock: StockName, first: int) -> None:
    if not plates:
        raise NoLabels("choose the things that get a label, one at least", field="asset_id")
    there = STOCKS[stock].columns * STOCKS[stock].rows
    if not 1 <= first <= there:
        raise BeyondSheet(f"a sheet of {stock.value} has {there} labels; begin at one of 1 to {there}", field="first")


def _placed(plate: Plate, place: int, stock: Stock) -> dict[str, Any]:
    row, column = divmod(place, stock.columns)
    where = {"x": round(stock.left + column * stock.across, 3), "y": round(stock.top + row * stock.down, 3)}
    return plate._asdict() | where | {"qr": _qr(plate.address)}


def _qr(address: str) -> str:
    drawn = BytesIO()
    segno.make_qr(address, error="m", boost_error=False).save(
        drawn, kind="svg", border=_QUIET, xmldecl=False, svgclass=None, lineclass=None
    )
    return drawn.getvalue().decode()


def _one(plate: Plate, size: Stock) -> str:
    """Write one label: the code as high as the label allows, the words beside it."""
    modules = segno.make_qr(plate.address, error="m", boost_error=False).symbol_size(border=_QUIET)[1]
    wide, high, edge = round(size.width * _DOTS), round(size.height * _DOTS), _DOTS
    dots = max(1, min(10, (high - 2 * edge) // modules))
    beside = edge + modules * dots + edge
    room = wide - beside - edge
    words = [(plate.maker, 20), (plate.product, 22), (plate.serial, 30)]
    lines = [
        f"^FO{beside},{edge + place * high // 4}^A0N,{tall},{tall}^FB{room},2,0,L^FH^FD{_plain(text)}^FS"
        for place, (text, tall) in enumerate(words)
    ]
    code = f"^FO{edge},{edge}^BQN,2,{dots}^FH^FDMA,{_plain(plate.address)}^FS"
    return f"^XA^CI28^PW{wide}^LL{high}{code}{''.join(lines)}^XZ\n"


def _plain(text: str) -> str:
    """Spell what the printer would take for an order by its number (`^FH`)."""
    return "".join(f"_{ord(sign):02X}" if sign in "^~_" else sign for sign in text)
