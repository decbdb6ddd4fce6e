"""The books over HTTP, for those who keep them: revenue, recurring revenue, receivables, VAT; as data and as csv."""

from collections.abc import Iterable
from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel

from billing.books.aged import AgedItem, AgedReport
from billing.books.group import By, VatTable
from billing.books.recurring import RecurringMonth, RecurringReport
from billing.books.revenue import RevenueMonth, RevenueReport
from billing.books.spreadsheet import as_csv
from billing.books.vat_listing import IntraCommunity, ListedCustomer, VatGrid, VatReport, VatRow, VatSum
from billing.period import read_period
from billing.read_books import aged_report, recurring_report, revenue_report, today, vat_report
from pas import clock
from pas.access import Asking, Reading, may
from pas.api.problems import problems
from pas.role import Role

router = APIRouter(prefix="/books", tags=["books"])

PeriodText = Annotated[
    str,
    Query(alias="period", max_length=15, description="2026, 2026-Q4, 2026-10, or two months: 2026-10/2027-04."),
]
Told = Annotated[By, Query(alias="by", description="What the table is told apart by.")]
AsOf = Annotated[date | None, Query(description="What was known at the end of this day; today where it is left out.")]
CSV: dict[int | str, dict[str, Any]] = {
    200: {"content": {"text/csv": {"schema": {"type": "string"}}}, "description": "The table as csv."}
}


VAT_ROWS: dict[VatTable, type[BaseModel]] = {
    VatTable.ROWS: VatRow,
    VatTable.SUMS: VatSum,
    VatTable.GRIDS: VatGrid,
    VatTable.CUSTOMERS: ListedCustomer,
    VatTable.INTRA_COMMUNITY: IntraCommunity,
}
Table = Annotated[VatTable, Query(alias="table", description="Which table.")]


@router.get("/revenue", responses=problems(422))
@may(Role.ADMINISTRATOR, Role.FINANCE)
def get_revenue(
    _caller: Asking, session: Reading, period: PeriodText, by: Told = By.ALL, as_of: AsOf = None
) -> RevenueReport:
    """Roll deferred and accrued revenue forward by month: opening + billed - recognised = closing."""
    now = clock.now()
    day = as_of or today(session, now=now)
    return revenue_report(session, period=read_period(period), by=by, as_of=day, now=now)


@router.get("/revenue.csv", response_class=Response, responses=problems(422) | CSV)
@may(Role.ADMINISTRATOR, Role.FINANCE)
def get_revenue_csv(
    caller: Asking, session: Reading, period: PeriodText, by: Told = By.ALL, as_of: AsOf = None
) -> Response:
    """Give the roll-forward of revenue as csv."""
    return _csv("revenue", RevenueMonth, get_revenue(caller, session, period, by, as_of).months)


@router.get("/mrr", responses=problems(422))
@may(Role.ADMINISTRATOR, Role.FINANCE)
def get_recurring(_caller: Asking, session: Reading, period: PeriodText, by: Told = By.ALL) -> RecurringReport:
    """Give monthly recurring revenue and what moved it; `meaning` says how it is counted."""
    return recurring_report(session, period=read_period(period), by=by)


@router.get("/mrr.csv", response_class=Response, responses=problems(422) | CSV)
@may(Role.ADMINISTRATOR, Role.FINANCE)
def get_recurring_csv(caller: Asking, session: Reading, period: PeriodText, by: Told = By.ALL) -> Response:
    """Give monthly recurring revenue as csv."""
    return _csv("mrr", RecurringMonth, get_recurring(caller, session, period, by).months)


@router.get("/aged", responses=problems(422))
@may(Role.ADMINISTRATOR, Role.FINANCE)
def get_aged(_caller: Asking, session: Reading, as_of: AsOf = None) -> AgedReport:
    """Tell who owes what and since when, as it was at the end of a day."""
    return aged_report(session, as_of=as_of or today(session, now=clock.now()))


@router.get("/aged.csv", response_class=Response, responses=problems(422) | CSV)
@may(Role.ADMINISTRATOR, Role.FINANCE)
def get_aged_csv(caller: Asking, session: Reading, as_of: AsOf = None) -> Response:
    """Give the open documents as csv."""
    return _csv("aged", AgedItem, get_aged(caller, session, as_of).items)


@router.get("/vat", responses=problems(409, 422))
@may(Role.ADMINISTRATOR, Role.FINANCE)
def get_vat(_caller: Asking, session: Reading, period: PeriodText) -> VatReport:
    """List the VAT of the documents issued in a period, with the boxes and listings of a Belgian return."""
    return vat_report(session, period=read_period(period))


@router.get("/vat.csv", response_class=Response, responses=problems(409, 422) | CSV)
@may(Role.ADMINISTRATOR, Role.FINANCE)
def get_vat_csv(caller: Asking, session: Reading, period: PeriodText, table: Table = VatTable.ROWS) -> Response:
    """Give one table of the VAT listing as csv."""
    return _csv(f"vat-{table.value}", VAT_ROWS[table], getattr(get_vat(caller, session, period), table.value))


def _csv(name: str, kind: type[BaseModel], rows: Iterable[BaseModel]) -> Response:
    headers = {"Content-Disposition": f'attachment; filename="{name}.csv"'}
    return Response(as_csv(kind, rows), media_type="text/csv", headers=headers)
