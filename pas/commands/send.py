"""`pas send`, `collect`, `reconcile`, `bank-statement` and `account`: what is collected, and what came in."""

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from uuid import UUID

    from sqlmodel import Session

    from billing.collection.statement_of_account import AccountStatement

from pas.terminal import AsJson, TenantSlug, err, in_a_folder, print_json, print_table, refuses

StatementFile = Annotated[Path, typer.Argument(metavar="FILE", help="CAMT.053, as the bank gives it.", dir_okay=False)]
Code = Annotated[str, typer.Argument(metavar="CUSTOMER", help="The customer's code.")]
Number = Annotated[str, typer.Argument(metavar="NUMBER", help="The invoice's number.")]
Since = Annotated[
    datetime | None, typer.Option("--since", formats=["%Y-%m-%d"], help="From this day on; else the last 60 days.")
]
PdfFile = Annotated[
    Path | None, typer.Option("--pdf", help="Write the statement to this PDF.", dir_okay=False, callback=in_a_folder)
]
CsvFile = Annotated[
    Path | None, typer.Option("--csv", help="Write the lines to this csv file.", dir_okay=False, callback=in_a_folder)
]


@refuses
def send(*, as_json: AsJson = False, tenant: TenantSlug = None) -> None:
    """Hand over to Stripe and to the folder of e-invoices what waits; without PAS_STRIPE_KEY nothing is collected."""
    from pas import clock
    from pas.collect_money import collect_money, till_of
    from pas.commands.frame import opened, tenant_id
    from pas.settings import settings

    with opened() as database:
        own = tenant_id(database, tenant or settings().stripe_tenant)
        done = collect_money(database, own, settings=settings(), now=clock.now, till=till_of(settings()))
    told = {name: part._asdict() for name, part in done._asdict().items() if name not in {"stripe", "files"}}
    if as_json:
        print_json({"stripe": done.stripe, "files": done.files, **told})
        return
    if done.files:
        err.print(f"{done.files} e-invoices are in {settings().einvoice_folder}", highlight=False)
    if not done.stripe:
        err.print("nothing was sent: PAS_STRIPE_KEY is not set", highlight=False)
    print_table("Collected", [{"": name.replace("_", " "), **part} for name, part in told.items()][1:2])


@refuses
def collect(number: Number, *, as_json: AsJson = False, tenant: TenantSlug = None) -> None:
    """Order that an invoice is debited or charged once more after a try that failed; `pas send` makes it."""
    from billing.order_collection import order_collection
    from pas.commands.frame import writing

    with writing(tenant) as work:
        ordered = order_collection(work.session, number=number, now=work.now, by=work.by)
    if as_json:
        print_json(ordered._asdict())
        return
    print_table("Ordered", [ordered._asdict()])


@refuses
def reconcile(*, since: Since = None, as_json: AsJson = False, tenant: TenantSlug = None) -> None:
    """Hold our books against Stripe's; exit 0 when they agree, 1 with the differences."""
    from pas import clock
    from pas.collect_money import reconcile_money
    from pas.commands.frame import opened, tenant_id
    from pas.settings import settings

    begin = since.replace(tzinfo=UTC) if since else None
    with opened() as database:
        own = tenant_id(database, tenant or settings().stripe_tenant)
        found = reconcile_money(database, own, settings=settings(), now=clock.now, since=begin)
    rows = [one._asdict() for one in found.differences]
    if as_json:
        print_json({"clean": found.is_clean, "compared": found.compared, "differences": rows})
    elif rows:
        print_table("Differences", rows)
    else:
        print_table("Our books and Stripe's agree", [{"invoices compared": found.compared}])
    if rows:
        raise typer.Exit(1)


@refuses
def bank_statement(file: StatementFile, *, as_json: AsJson = False, tenant: TenantSlug = None) -> None:
    """Take in a bank statement (CAMT.053) and match what came in; the same statement again changes nothing."""
    from billing.import_bank_statement import import_bank_statement
    from pas.commands.frame import writing

    document = file.read_bytes()
    with writing(tenant) as work:
        found = import_bank_statement(work.session, document=document, now=work.now, by=work.by)
    if as_json:
        print_json([one.model_dump(mode="json") for one in found])
        return
    print_table("Bank statements", [one.model_dump(exclude={"unmatched"}) for one in found])
    unmatched = [one.model_dump(exclude={"payment_id"}) for statement in found for one in statement.unmatched]
    if unmatched:
        print_table("Pays nothing yet", unmatched)


@refuses
def account(
    customer: Code,
    *,
    since: Since = None,
    csv_file: CsvFile = None,
    pdf_file: PdfFile = None,
    as_json: AsJson = False,
    tenant: TenantSlug = None,
) -> None:
    """Show a customer's account: every invoice, credit note and payment, with the balance after each."""
    from billing.account_queries import account as draw_up
    from billing.account_queries import customer_called
    from billing.period import FIRST_DAY
    from pas.commands.frame import reading

    with reading(tenant) as work:
        known = customer_called(work.session, code=customer)
        first = since.date() if since else FIRST_DAY
        made = draw_up(work.session, customer_id=known, first=first, last=work.now.date())
        if pdf_file is not None:
            _write_pdf(work.session, known, made, pdf_file)
    rows = [line.model_dump() for line in made.lines]
    if csv_file is not None:
        _write_csv(csv_file, rows)
        err.print(f"{len(rows)} lines are in {csv_file}", highlight=False)
    if as_json:
        print_json(made)
        return
    print_table(f"Account of {made.customer} {made.customer_name}", rows)
    print_table("Balance", [made.model_dump(include={"opening", "closing", "overdue", "unallocated", "currency"})])


def _write_pdf(session: "Session", customer_id: "UUID", made: "AccountStatement", file: Path) -> None:
    from billing.account_queries import whose_account
    from billing.collection.account_pdf import account_pdf

    keeper, customer = whose_account(session, customer_id=customer_id)
    file.write_bytes(account_pdf(made, keeper=keeper, customer=customer, language=customer.language))
    err.print(f"the statement is in {file}", highlight=False)


def _write_csv(file: Path, rows: list[dict[str, object]]) -> None:
    import csv

    heading = ["on", "kind", "number", "amount", "due_on", "open", "balance"]
    with file.open("w", encoding="utf-8", newline="") as sink:
        writer = csv.DictWriter(sink, heading)
        writer.writeheader()
        writer.writerows(rows)
