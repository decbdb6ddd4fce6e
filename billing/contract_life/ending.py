"""A thing whose contract ends, with what it will then be worth; and what may be added up over many."""

import csv
import io
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import NamedTuple
from uuid import UUID

from pydantic import BaseModel

from lifecycle.reason import Reason
from lifecycle.valuation.value import AssetValue

NOTE = (
    "P10, P50 and P90 are quantiles of one thing each and do not add up: "
    "the P10 of a fleet is more than the sum of its P10s. Only the columns that do add up are added up."
)

COLUMNS = (
    "contract",
    "customer",
    "customer_name",
    "serial",
    "public_id",
    "product",
    "last_day",
    "age_years",
    "grade",
    "currency",
    "price_new",
    "p10",
    "p50",
    "p90",
    "straight_line",
    "declining_balance",
    "route",
    "evidence",
    "rule",
)
"""Columns of the csv, in order."""


class Ending(NamedTuple):
    """A contract line whose last day lies in the period asked for."""

    contract: str
    customer: str
    customer_name: str
    asset_id: UUID
    public_id: str
    last_day: date


class EndReportLine(BaseModel):
    """One thing of an ending contract, valued as of its last day under it, before costs of any route."""

    contract: str
    customer: str
    customer_name: str
    asset_id: UUID
    public_id: str
    last_day: date
    serial: str
    product: str
    age_years: float | None
    grade: str | None
    currency: str
    price_new: Decimal
    p10: Decimal | None
    p50: Decimal | None
    p90: Decimal | None
    straight_line: Decimal | None
    declining_balance: Decimal | None
    route: str | None
    evidence: str
    reasons: list[Reason]
    rule: str


class EndReportTotal(BaseModel):
    """What adds up over the things of one currency; `valued` of the `things` have a value."""

    currency: str
    things: int
    valued: int
    price_new: Decimal
    straight_line: Decimal
    declining_balance: Decimal


class EndReport(BaseModel):
    """The report: the things by last day, contract and serial number, and the totals by currency."""

    start: date
    end: date
    as_of: date
    note: str = NOTE
    lines: list[EndReportLine]
    totals: list[EndReportTotal]


def line_of(ending: Ending, value: AssetValue) -> EndReportLine:
    """Put a thing and its value into one line."""
    worth = {name: getattr(value, name) for name in EndReportLine.model_fields if name in AssetValue.model_fields}
    return EndReportLine(**(worth | ending._asdict()))


def report(lines: Sequence[EndReportLine], *, start: date, end: date, as_of: date) -> EndReport:
    """Add up what adds up."""
    currencies = sorted({line.currency for line in lines})
    totals = [_total(currency, [line for line in lines if line.currency == currency]) for currency in currencies]
    return EndReport(start=start, end=end, as_of=as_of, lines=list(lines), totals=totals)


def _total(currency: str, lines: Sequence[EndReportLine]) -> EndReportTotal:
    return EndReportTotal(
        currency=currency,
        things=len(lines),
        valued=sum(line.p50 is not None for line in lines),
        price_new=sum((line.price_new for line in lines), Decimal(0)),
        straight_line=sum((line.straight_line or Decimal(0) for line in lines), Decimal(0)),
        declining_balance=sum((line.declining_balance or Decimal(0) for line in lines), Decimal(0)),
    )


def as_csv(lines: Sequence[EndReportLine]) -> str:
    """Write the lines as csv, one row a thing; text that a spreadsheet would take for a formula is disarmed."""
    written = io.StringIO()
    rows = csv.writer(written, lineterminator="\n")
    rows.writerow(COLUMNS)
    rows.writerows([_cell(getattr(line, column)) for column in COLUMNS] for line in lines)
    return written.getvalue()


def _cell(value: object) -> str:
    text = "" if value is None else str(value)
    return f"'{text}" if isinstance(value, str) and text[:1] in {"=", "+", "-", "@", "\t", "\r"} else text
