"""The finance report over HTTP: what the things of ending contracts will be worth, as data, workbook and pages."""

from datetime import date
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Response
from pydantic import AwareDatetime, BaseModel, ConfigDict

from billing.end_report_queries import kept_reports
from billing.end_report_tables import EndReportRecord
from billing.finance_report.assumptions import Premise
from billing.finance_report.pages import pages
from billing.finance_report.report import FinanceReport
from billing.finance_report.workbook import workbook
from billing.keep_end_report import KeptReport, keep_end_report, make_end_report, show_end_report
from pas import clock
from pas.access import Asking, Reading, Writing, may
from pas.api.paging import Cursor, Limit, Page, page
from pas.api.problems import problems
from pas.role import Role

router = APIRouter(tags=["values"])

Start = Annotated[date, Query(description="The first last day that counts.")]
End = Annotated[date, Query(description="The day after the last one that counts.")]
AsOf = Annotated[date | None, Query(description="What was known on this day; today where it is left out.")]
HowSold = Annotated[Premise, Query(description="Under which circumstances the things are supposed to be sold.")]
Language = Annotated[str, Query(max_length=5, description="nl, fr or en.")]
_BYTES = {"schema": {"type": "string", "format": "binary"}}
PDF: dict[int | str, dict[str, Any]] = {200: {"content": {"application/pdf": _BYTES}, "description": "The pages."}}
_SHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
XLSX: dict[int | str, dict[str, Any]] = {200: {"content": {_SHEET: _BYTES}, "description": "The workbook."}}


class ReportToKeep(BaseModel):
    """Which report is to be made and kept; `as_of` is today where it is left out."""

    model_config = ConfigDict(extra="forbid")

    start: date
    end: date
    as_of: date | None = None
    premise: Premise = Premise.FAIR_MARKET


class KeptReportEntry(BaseModel):
    """A kept report in the list: what was asked and the digests that prove it."""

    id: UUID
    kept_at: AwareDatetime
    start: date
    until: date
    as_of: date
    premise: Premise
    things: int
    rule: str
    inputs_sha256: str
    report_sha256: str
    actor: str


@router.get("/end-report", responses=problems(422))
@may(Role.ADMINISTRATOR, Role.FINANCE, Role.FLEET_MANAGER)
def get_end_report(
    _caller: Asking,
    session: Reading,
    start: Start,
    end: End,
    as_of: AsOf = None,
    premise: HowSold = Premise.FAIR_MARKET,
) -> FinanceReport:
    """Value every thing whose last contract day lies in the period: gross, net, against the books, and together."""
    now = clock.now()
    return make_end_report(session, start=start, end=end, as_of=as_of or now.date(), now=now, premise=premise)


@router.post("/end-reports", status_code=201, responses=problems(409, 422))
@may(Role.ADMINISTRATOR, Role.FINANCE)
def post_end_report(asked: ReportToKeep, caller: Asking, session: Writing) -> KeptReport:
    """Make a report and keep it with its frozen inputs and its proposals to write down."""
    now = clock.now()
    return keep_end_report(
        session,
        start=asked.start,
        end=asked.end,
        as_of=asked.as_of or now.date(),
        now=now,
        by=caller.actor,
        premise=asked.premise,
    )


@router.get("/end-reports", responses=problems(422))
@may(Role.ADMINISTRATOR, Role.FINANCE, Role.FLEET_MANAGER)
def list_end_reports(
    _caller: Asking, session: Reading, limit: Limit = 50, cursor: Cursor = None
) -> Page[KeptReportEntry]:
    """List the reports that were kept, the oldest first."""
    by = (EndReportRecord.kept_at, EndReportRecord.id)
    found, next_cursor = page(session, kept_reports(), by=by, cursor=cursor, limit=limit)
    return Page(
        items=[KeptReportEntry.model_validate(one, from_attributes=True) for one in found], next_cursor=next_cursor
    )


@router.get("/end-reports/{report_id}", responses=problems(404))
@may(Role.ADMINISTRATOR, Role.FINANCE, Role.FLEET_MANAGER)
def get_kept_report(report_id: UUID, _caller: Asking, session: Reading) -> KeptReport:
    """Make a kept report again from its frozen inputs, and say whether it is the same to the letter."""
    return show_end_report(session, report_id=report_id)


@router.get("/end-reports/{report_id}/pdf", response_class=Response, responses=problems(404, 422) | PDF)
@may(Role.ADMINISTRATOR, Role.FINANCE, Role.FLEET_MANAGER)
def get_kept_report_pdf(report_id: UUID, _caller: Asking, session: Reading, language: Language = "en") -> Response:
    """Give a kept report as pages."""
    made = show_end_report(session, report_id=report_id).report
    return _file(pages(made, language), "application/pdf", f"end-report-{made.as_of}.pdf")


@router.get("/end-reports/{report_id}/xlsx", response_class=Response, responses=problems(404, 422) | XLSX)
@may(Role.ADMINISTRATOR, Role.FINANCE, Role.FLEET_MANAGER)
def get_kept_report_xlsx(report_id: UUID, _caller: Asking, session: Reading, language: Language = "en") -> Response:
    """Give a kept report as a workbook."""
    made = show_end_report(session, report_id=report_id).report
    return _file(workbook(made, language), _SHEET, f"end-report-{made.as_of}.xlsx")


def _file(content: bytes, media_type: str, name: str) -> Response:
    return Response(content, media_type=media_type, headers={"Content-Disposition": f'attachment; filename="{name}"'})
