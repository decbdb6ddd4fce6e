"""`pas invoice`: show an invoice."""

import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from pas.terminal import AsJson, TenantSlug, err, in_a_folder, print_json, refuses

Number = Annotated[str, typer.Argument(metavar="NUMBER", help="Such as INV-2026-000123.")]
OutFile = Annotated[
    Path | None,
    typer.Option("--out", help="Write to this file instead of stdout.", dir_okay=False, callback=in_a_folder),
]


class Format(StrEnum):
    """A form that an invoice takes."""

    JSON = "json"
    PDF = "pdf"


@refuses
def invoice(
    number: Number,
    *,
    form: Annotated[Format, typer.Option("--format", help="json or pdf")] = Format.JSON,
    out_file: OutFile = None,
    as_json: AsJson = False,
    tenant: TenantSlug = None,
) -> None:
    """Show one invoice: the whole document as JSON, or the PDF."""
    import json

    from billing import queries
    from billing.document import pdf
    from pas.commands.frame import reading

    with reading(tenant) as work:
        found = queries.invoice(work.session, number=number, customer_id=None)
    if form is Format.PDF and (out_file is not None or not as_json):
        content = pdf(found.document)
    else:
        shown = {**found.document, "hash": found.hash}
        content = (json.dumps(shown, ensure_ascii=False, indent=2) + "\n").encode()
    if out_file is None:
        sys.stdout.buffer.write(content)
        return
    out_file.write_bytes(content)
    if as_json:
        print_json({"number": found.number, "format": form.value, "file": str(out_file)})
    err.print(f"{found.number} is in {out_file}", highlight=False)
