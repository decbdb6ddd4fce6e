"""What was written by hand for the demo fleet: trades, products, materials, towns and customers."""

import csv
import json
from collections.abc import Callable
from functools import cache
from itertools import count
from pathlib import Path
from typing import Any

import pandas as pd
from stdnum import ean
from stdnum.eu import vat

from telemetry.refusal import Refusal

FOLDER = Path(__file__).parent.parent.parent / "fixtures" / "demo"

ZONES = {"BE": "Europe/Brussels", "NL": "Europe/Amsterdam", "FR": "Europe/Paris", "DE": "Europe/Berlin"}

DEMONSTRATION_PREFIX = "952"
"""GS1 keeps this prefix for demonstrations, so no such number is on a real thing."""

VAT_SHAPES: dict[str, Callable[[int], str]] = {
    "BE": lambda number: f"BE{number:010d}",
    "NL": lambda number: f"NL{number:09d}B01",
    "FR": lambda number: f"FR{(number * 100 + 12) % 97:02d}{number:09d}",
    "DE": lambda number: f"DE{number:09d}",
}


class NoDemoFixtures(Refusal):
    """The hand-written files of the demo fleet are not on this machine."""


@cache
def read_json(name: str) -> Any:
    """Read a hand-written JSON file of the demo.

    Raises NoDemoFixtures.
    """
    return json.loads(_path(name).read_text(encoding="utf-8"))


@cache
def read_rows(name: str) -> list[dict[str, str]]:
    """Read a hand-written csv file of the demo.

    Raises NoDemoFixtures.
    """
    with _path(name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def towns() -> dict[str, dict[str, str]]:
    """Give the towns by name."""
    return {row["town"]: row for row in read_rows("towns.csv")}


def _path(name: str) -> Path:
    path = FOLDER / name
    if not path.is_file():
        sentence = f"the demo needs fixtures/demo/{name}, which comes with a clone of the project; run it from a clone"
        raise NoDemoFixtures(sentence)
    return path


def trades() -> dict[str, dict[str, Any]]:
    """Give what was declared of each trade."""
    return dict(read_json("trades.json"))


def products() -> list[dict[str, Any]]:
    """Give the products with what only the demo needs: share of the trade, fees, parts."""
    return list(read_json("products.json"))


def gtin(number: int) -> str:
    """Give the 14-digit trade item number of that rank in the demonstration range, with its check digit.

    >>> gtin(1)
    '09521234000013'
    """
    body = f"{DEMONSTRATION_PREFIX}1234{number:05d}"
    return f"0{body}{ean.calc_check_digit(body)}"


def rows_of(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Give a table row by row."""
    return [{str(name): cell for name, cell in row.items()} for row in table.to_dict("records")]


def vat_number(country: str, rank: int) -> str:
    """Make the VAT number of an invented customer: the first after its rank whose check digits are right.

    >>> vat_number("NL", 1)
    'NL790001003B01'
    """
    candidates = (VAT_SHAPES[country](number) for number in count(790_000_000 + rank * 1000))
    return next(candidate for candidate in candidates if vat.is_valid(candidate))
