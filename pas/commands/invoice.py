"""`pas invoice` and `pas credit-note`: show an invoice in every form, check it, and take it back."""

import json
import sys
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from billing.invoice import Why
from pas.terminal import AsJson, TenantSlug, err, in_a_folder, out, print_json, print_table, refuses

if TYPE_CHECKING:
    from sqlmodel import Session

    from billing.recheck_invoice import Recheck
    from billing.tables import InvoiceRecord

Number = Annotated[str, typer.Argument(metavar="NUMBER", help="Such as INV-2026-000123.")]
OutFile = Annotated[
    Path | None,
    typer.Option("--out", help="Write to this file instead of stdout.", dir_okay=False, callback=in_a_folder),
]


class _ShownByNumber(TyperGroup):
    """`pas invoice NUMBER` is short for `pas invoice show NUMBER`."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        if args and args[0] not in {*self.commands, "--help"}:
            args = ["show", *args]
        return super().parse_args(ctx, args)


app = typer.Typer(
    cls=_ShownByNumber, no_args_is_help=True, help="Invoices and credit notes: `pas invoice NUMBER` shows one."
)


class Format(StrEnum):
    """A form that an invoice takes."""

    JSON = "json"
    PDF = "pdf"
    UBL = "ubl"
    FACTURX = "facturx"


@app.command("show")
@refuses
def show(
    number: Number,
    *,
    form: Annotated[Format, typer.Option("--format", help="json, pdf, ubl or facturx")] = Format.JSON,
    out_file: OutFile = None,
    as_json: AsJson = False,
    tenant: TenantSlug = None,
) -> None:
    """Show one invoice or credit note: the document as JSON, the PDF, the e-invoice (UBL), or the hybrid of both."""
    from billing import queries
    from pas.commands.frame import reading

    with reading(tenant) as work:
        found = queries.invoice(work.session, number=number, customer_id=None)
        content = _content(work.session, found, Format.JSON if as_json and out_file is None else form)
    if out_file is None:
        sys.stdout.buffer.write(content)
        return
    out_file.write_bytes(content)
    if as_json:
        print_json({"number": found.number, "format": form.value, "file": str(out_file)})
    err.print(f"{found.number} is in {out_file}", highlight=False)


def _content(session: "Session", found: "InvoiceRecord", form: Format) -> bytes:
    from billing.document.document import pdf
    from billing.document_queries import ubl_of
    from billing.invoice import Invoice

    if form is Format.PDF:
        return pdf(found.document)
    if form is Format.UBL:
        return ubl_of(session, found)
    if form is Format.FACTURX:
        from billing.einvoice.factur_x import factur_x

        return factur_x(Invoice.model_validate(found.document))
    return (json.dumps({**found.document, "hash": found.hash}, ensure_ascii=False, indent=2) + "\n").encode()


@app.command("verify")
@refuses
def verify(
    number: Annotated[str | None, typer.Argument(metavar="[NUMBER]", help="One; without it all of them.")] = None,
    *,
    every: Annotated[bool, typer.Option("--all", help="All invoices and their series.")] = False,
    as_json: AsJson = False,
    tenant: TenantSlug = None,
) -> None:
    """Work invoices out anew from raw readings, and check their digests and the chain of their series.

    Exit 0: all is as it was issued. Exit 1: something differs, and is named.
    """
    from billing.recheck_invoice import invoices_to_check, recheck_invoice, recheck_series
    from pas.commands.frame import reading

    if every == (number is not None):
        raise typer.BadParameter("name one invoice, or say --all")
    with reading(tenant) as work:
        checks = [recheck_invoice(work.session, invoice=one) for one in invoices_to_check(work.session, number)]
        series = recheck_series(work.session) if every else []
    equal = all(one.equal for one in checks) and not any(one.differences for one in series)
    if as_json:
        print_json(
            {
                "equal": equal,
                "invoices": len(checks),
                "lines": sum(len(one.lines) for one in checks),
                "from_readings": sum(one.from_readings for one in checks),
                "differing": [one.model_dump(mode="json") for one in checks if not one.equal],
                "series": [one.model_dump(mode="json") for one in series],
            }
        )
    else:
        _tell(checks)
        for one in series:
            for differs in one.differences:
                out.print(f"{one.series} {one.year}: {differs.what} is {differs.found}, not {differs.told}")
    if not equal:
        raise typer.Exit(1)


def _tell(checks: "list[Recheck]") -> None:
    rows = [
        {"invoice": one.number, "line": line.position, "what": found.what, "told": found.told, "found": found.found}
        for one in checks
        for line in one.lines
        for found in line.differences
    ]
    rows += [
        {"invoice": one.number, "line": "", "what": found.what, "told": found.told, "found": found.found}
        for one in checks
        for found in one.document
    ]
    if rows:
        print_table("What differs", rows)
    lines, counted = sum(len(one.lines) for one in checks), sum(one.from_readings for one in checks)
    right = sum(one.equal for one in checks)
    out.print(
        f"{right} of {len(checks)} documents are as issued; {lines} lines, {counted} of them counted from raw readings",
        highlight=False,
    )


@refuses
def credit_note(
    number: Annotated[str, typer.Argument(metavar="NUMBER", help="The invoice to take back.")],
    *,
    why: Annotated[Why, typer.Option("--why", help="Why it is given; printed on it.")],
    line: Annotated[
        list[str] | None,
        typer.Option("--line", help="POSITION or POSITION=AMOUNT without VAT; again for more; none: all that is left."),
    ] = None,
    note: Annotated[str, typer.Option("--note", help="A sentence to the customer.")] = "",
    as_json: AsJson = False,
    tenant: TenantSlug = None,
) -> None:
    """Give a credit note for an invoice or a part of it; the last one of an invoice takes the remainder."""
    from billing.document.credit_note import CreditWanted
    from billing.issue_credit_note import issue_credit_note
    from pas.commands.frame import writing

    wanted = CreditWanted.model_validate({"why": why, "note": note, "lines": [_asked(one) for one in line or []]})
    with writing(tenant) as work:
        given = issue_credit_note(work.session, number=number, wanted=wanted, now=work.now, by=work.by)
    told = {"number": given.number, "credits": number, "net": given.net, "vat": given.vat, "gross": given.gross}
    if as_json:
        print_json(told)
    else:
        print_table("Credit note", [{"": key, "given": str(text)} for key, text in told.items()])


def _asked(text: str) -> dict[str, object]:
    """Read POSITION or POSITION=AMOUNT."""
    position, _, amount = text.partition("=")
    try:
        return {"position": int(position)} | ({"amount": Decimal(amount)} if amount else {})
    except (ValueError, InvalidOperation):
        sentence = f"--line wants POSITION or POSITION=AMOUNT such as 2=10.00, not {text[:40]!r}"
        raise typer.BadParameter(sentence) from None
