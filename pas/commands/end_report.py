"""`pas end-report`: what the things of ending contracts will be worth, as a report that a bank accepts."""

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from billing.finance_report.assumptions import Premise
from pas.terminal import AsJson, TenantSlug, err, in_a_folder, print_json, print_table, refuses

if TYPE_CHECKING:
    from billing.finance_report.report import FinanceReport
    from billing.keep_end_report import KeptReport

PeriodText = Annotated[
    str, typer.Argument(metavar="PERIOD", help="2026, 2026-Q4, 2026-10, or two months with a slash: 2026-10/2027-04.")
]
PeriodOrShow = Annotated[
    str,
    typer.Argument(
        metavar="PERIOD",
        help="2026, 2026-Q4, 2026-10, two months with a slash: 2026-10/2027-04; or show, for a kept report.",
    ),
]
ReportId = Annotated[str | None, typer.Argument(metavar="[ID]", help="After show: the id of a kept report.")]
AsOf = Annotated[
    datetime | None, typer.Option("--as-of", formats=["%Y-%m-%d"], help="What was known on this day; else today.")
]
CsvFile = Annotated[
    Path | None, typer.Option("--csv", help="Write the things to this csv file.", dir_okay=False, callback=in_a_folder)
]
XlsxFile = Annotated[
    Path | None, typer.Option("--xlsx", help="Write a workbook to this file.", dir_okay=False, callback=in_a_folder)
]
PdfFile = Annotated[
    Path | None, typer.Option("--pdf", help="Write the pages to this file.", dir_okay=False, callback=in_a_folder)
]
Language = Annotated[str, typer.Option("--language", help="Of workbook and pages: nl, fr or en.")]
Keep = Annotated[bool, typer.Option("--keep", help="Keep the report with its frozen inputs, to be made again.")]

SHOWN = ("contract", "serial", "product", "last_day", "grade", "p10", "p50", "p90", "route", "net_mean", "book_value")
TOTALS = ("currency", "things", "netted", "expert_only", "book_value", "headroom", "write_down", "crr_amount")
WHOLE = ("mean", "p10", "p50", "p90", "value_at_risk", "expected_shortfall")


@refuses
def end_report(
    period: PeriodOrShow,
    report_id: ReportId = None,
    *,
    as_of: AsOf = None,
    premise: Annotated[Premise, typer.Option("--premise", help="How the things are supposed to be sold.")] = (
        Premise.FAIR_MARKET
    ),
    keep: Keep = False,
    csv_file: CsvFile = None,
    xlsx_file: XlsxFile = None,
    pdf_file: PdfFile = None,
    language: Language = "en",
    as_json: AsJson = False,
    tenant: TenantSlug = None,
) -> None:
    """Value every thing whose last contract day lies in a period, for the books and the bank; P10s are not added up."""
    kept, made = _made(period, report_id, as_of=as_of, premise=premise, keep=keep, tenant=tenant)
    _write(made, csv_file, xlsx_file, pdf_file, language)
    if as_json:
        print_json(_document(made, kept))
        return
    _show(made, kept)


def _made(
    period: str,
    report_id: str | None,
    *,
    as_of: datetime | None,
    premise: Premise,
    keep: bool,
    tenant: str | None,
) -> "tuple[KeptReport | None, FinanceReport]":
    from billing.keep_end_report import keep_end_report, make_end_report, show_end_report
    from billing.period import read_period
    from pas.commands.frame import reading, writing

    if period == "show":
        with reading(tenant) as work:
            kept = show_end_report(work.session, report_id=_identity(report_id))
        return kept, kept.report
    asked = read_period(period)
    with (writing if keep else reading)(tenant) as work:
        known = as_of.date() if as_of else work.now.date()
        told: dict[str, Any] = {
            "start": asked.start,
            "end": asked.end,
            "as_of": known,
            "now": work.now,
            "premise": premise,
        }
        if not keep:
            return None, make_end_report(work.session, **told)
        kept = keep_end_report(work.session, by=work.by, **told)
    return kept, kept.report


def _identity(text: str | None) -> Any:
    from uuid import UUID

    from billing.end_report_queries import UnknownReport

    try:
        return UUID(text or "")
    except ValueError as error:
        raise UnknownReport(f"{(text or '')[:60]!r} is no id of a kept report", field="report_id") from error


def _document(made: "FinanceReport", kept: "KeptReport | None") -> dict[str, Any]:
    told = {} if kept is None else {"kept": kept.model_dump(mode="json", exclude={"report"})}
    return told | made.model_dump(mode="json")


def _write(
    made: "FinanceReport", csv_file: Path | None, xlsx_file: Path | None, pdf_file: Path | None, language: str
) -> None:
    from billing.contract_life.ending import as_csv
    from billing.finance_report.pages import pages
    from billing.finance_report.workbook import workbook

    if csv_file is not None:
        csv_file.write_text(as_csv(made.lines), encoding="utf-8")
    if xlsx_file is not None:
        xlsx_file.write_bytes(workbook(made, language))
    if pdf_file is not None:
        pdf_file.write_bytes(pages(made, language))
    for file in (csv_file, xlsx_file, pdf_file):
        if file is not None:
            err.print(f"{len(made.lines)} things are in {file}", highlight=False)


def _show(made: "FinanceReport", kept: "KeptReport | None") -> None:
    print_table(f"Ending {made.start} to {made.end}", [line.model_dump(include=set(SHOWN)) for line in made.lines])
    rows = [
        one.model_dump(include=set(TOTALS)) | (one.whole.model_dump(include=set(WHOLE)) if one.whole else {})
        for one in made.totals
    ]
    print_table(f"Totals as of {made.as_of}, {made.premise.value.replace('_', ' ')}", rows)
    err.print(made.note, highlight=False)
    if made.expert_only:
        err.print("expert only, 0 sales: every value rests on the makers' own curves", highlight=False)
    if kept is not None:
        again = "made again to the letter" if kept.reproduced else "the rules have changed since; this is what was kept"
        err.print(f"kept as {kept.id} on {kept.kept_at:%Y-%m-%d}, {again}; sha256 {made.sha256}", highlight=False)
