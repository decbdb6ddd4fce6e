"""`pas books`: deferred and accrued revenue, recurring revenue, receivables by age, VAT, the journal."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from billing.books.group import By, VatTable
from pas.terminal import AsJson, TenantSlug, err, in_a_folder, print_json, print_table, refuses

if TYPE_CHECKING:
    from pydantic import BaseModel

app = typer.Typer(no_args_is_help=True, help="The books: revenue, recurring revenue, receivables, VAT, the journal.")

PeriodText = Annotated[
    str, typer.Argument(metavar="PERIOD", help="2026, 2026-Q4, 2026-10, or two months with a slash: 2026-10/2027-04.")
]
ToldApart = Annotated[By, typer.Option("--by", help="What the table is told apart by.")]
AsOf = Annotated[
    datetime | None, typer.Option("--as-of", formats=["%Y-%m-%d"], help="As it was at the end of this day; else today.")
]
CsvFile = Annotated[
    Path | None,
    typer.Option("--csv", help="Write the table to this csv file.", dir_okay=False, callback=in_a_folder),
]


@app.command()
@refuses
def revenue(
    period: PeriodText,
    *,
    by: ToldApart = By.ALL,
    as_of: AsOf = None,
    csv_file: CsvFile = None,
    as_json: AsJson = False,
    tenant: TenantSlug = None,
) -> None:
    """Roll deferred and accrued revenue forward by month: opening + billed - recognised = closing."""
    from billing.period import read_period
    from billing.read_books import revenue_report, today
    from pas.commands.frame import reading

    with reading(tenant) as work:
        day = _day(as_of) or today(work.session, now=work.now)
        made = revenue_report(work.session, period=read_period(period), by=by, as_of=day, now=work.now)
    _written(csv_file, made.months)
    if as_json:
        print_json(made)
        return
    _shown(f"Revenue as known on {made.as_of}", made.months)
    _shown("Deposits", made.deposits)
    for currency, amount in made.estimated.items():
        err.print(f"{currency} {amount} of the accrued is on no document yet: estimated from running contracts")
    if made.unrated:
        err.print(f"could not be estimated: {', '.join(made.unrated)}", markup=False)


@app.command()
@refuses
def mrr(
    period: PeriodText,
    *,
    by: ToldApart = By.ALL,
    csv_file: CsvFile = None,
    as_json: AsJson = False,
    tenant: TenantSlug = None,
) -> None:
    """Tell monthly recurring revenue, what moved it, and churn of contracts and of money."""
    from billing.period import read_period
    from billing.read_books import recurring_report
    from pas.commands.frame import reading

    with reading(tenant) as work:
        made = recurring_report(work.session, period=read_period(period), by=by)
    _written(csv_file, made.months)
    if as_json:
        print_json(made)
        return
    _shown("Monthly recurring revenue", made.months)
    err.print(made.meaning, highlight=False)


@app.command()
@refuses
def aged(*, as_of: AsOf = None, csv_file: CsvFile = None, as_json: AsJson = False, tenant: TenantSlug = None) -> None:
    """Tell who owes what and since when, as it was at the end of a day."""
    from billing.read_books import aged_report, today
    from pas.commands.frame import reading

    with reading(tenant) as work:
        made = aged_report(work.session, as_of=_day(as_of) or today(work.session, now=work.now))
    _written(csv_file, made.items)
    if as_json:
        print_json(made)
        return
    _shown(f"Receivables at the end of {made.as_of}", made.customers)
    _shown("In all", made.totals)


@app.command()
@refuses
def vat(
    period: PeriodText,
    *,
    table: Annotated[VatTable, typer.Option("--table", help="Which table.")] = VatTable.SUMS,
    csv_file: CsvFile = None,
    as_json: AsJson = False,
    tenant: TenantSlug = None,
) -> None:
    """List the VAT of the documents issued in a period; --table chooses what is shown and written as csv."""
    from billing.period import read_period
    from billing.read_books import vat_report
    from pas.commands.frame import reading

    with reading(tenant) as work:
        made = vat_report(work.session, period=read_period(period))
    rows: Sequence[BaseModel] = getattr(made, table.value)
    _written(csv_file, rows)
    if as_json:
        print_json(made)
        return
    _shown(f"VAT of {made.documents} documents", rows)


@app.command()
@refuses
def journal(
    month: Annotated[str, typer.Argument(metavar="YYYY-MM", help="The month, which must be over.")],
    *,
    csv_file: CsvFile = None,
    as_json: AsJson = False,
    tenant: TenantSlug = None,
) -> None:
    """Export what is new of a month as a batch that never changes; --csv writes all batches of the month."""
    from billing.books.journal_batch import csv_of, entry_rows
    from billing.export_journal import export_journal
    from billing.journal_queries import lines_of_batch
    from billing.period import Month
    from pas.commands.frame import writing

    with writing(tenant) as work:
        made = export_journal(work.session, month=Month(month), now=work.now, by=work.by)
        if csv_file is not None:
            kept = [one for batch in made.batches for one in lines_of_batch(work.session, batch_id=batch.id)]
            csv_file.write_text(csv_of(entry_rows(kept)), encoding="utf-8")
            err.print(f"{len(kept)} lines are in {csv_file}", highlight=False)
    if as_json:
        print_json(made)
        return
    _shown(f"Journal of {made.month}, {made.made} new", made.batches)


@app.command()
@refuses
def accounts(
    *,
    set_: Annotated[
        list[str] | None, typer.Option("--set", metavar="ROLE=NUMBER", help="Name an account; may be given again.")
    ] = None,
    as_json: AsJson = False,
    tenant: TenantSlug = None,
) -> None:
    """Show which account of the ledger stands for what, or name others."""
    from billing.books.accounts import Accounts
    from billing.journal_queries import accounts as known
    from billing.keep_accounts import keep_accounts
    from pas.commands.frame import writing

    named = dict(one.partition("=")[::2] for one in set_ or ())
    with writing(tenant) as work:
        wanted = Accounts.model_validate(known(work.session).model_dump() | named)
        kept = keep_accounts(work.session, wanted, now=work.now, by=work.by)
    if as_json:
        print_json(kept)
        return
    print_table("Accounts", [{"role": role, "account": number} for role, number in kept.model_dump().items()])


def _day(moment: datetime | None) -> date | None:
    return moment.date() if moment else None


def _shown(title: str, rows: "Iterable[BaseModel]") -> None:
    print_table(title, [row.model_dump(mode="json") for row in rows])


def _written(file: Path | None, rows: "Sequence[BaseModel]") -> None:
    """Write the rows as csv; an empty table has no heading, since nothing says which it would be."""
    from billing.books.spreadsheet import as_csv

    if file is not None:
        file.write_text(as_csv(type(rows[0]), rows) if rows else "", encoding="utf-8")
        err.print(f"{len(rows)} rows are in {file}", highlight=False)
