"""`pas checklist import` and `pas checklist export`: a product's checklist as an XLSForm."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pas.terminal import AsJson, TenantSlug, err, in_a_folder, out, print_json, print_table, refuses

if TYPE_CHECKING:
    from sqlmodel import Session

    from lifecycle.tables import ProductRecord

app = typer.Typer(no_args_is_help=True, help="Checklists of products as XLSForms, which field apps read.")

Code = Annotated[str, typer.Argument(help="Code of the product.")]
AnXlsx = Annotated[
    Path, typer.Argument(help="An .xlsx file with sheets survey, choices and settings.", exists=True, dir_okay=False)
]
ToXlsx = Annotated[Path, typer.Argument(help="Where to: an .xlsx file.", dir_okay=False, callback=in_a_folder)]


@app.command("import")
@refuses
def import_(
    product: Code,
    file: AnXlsx,
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Tell what would happen and change nothing.")] = False,
    as_json: AsJson = False,
    tenant: TenantSlug = None,
) -> None:
    """Make a new version of a product's checklist; what is wrong in the form is told by sheet, row and column."""
    from lifecycle.keep_checklist import keep_checklist
    from pas.commands.frame import writing
    from pas.exchange.read_xlsform import read_xlsform

    form = read_xlsform(file.read_bytes())
    with writing(tenant) as work:
        model = _product(work.session, product)
        record, is_new = keep_checklist(
            work.session, product_id=model.id, told=form.checklist, now=work.now, by=work.by
        )
        told = {"product": model.code, "version": record.version, "is_new": is_new, "items": len(record.items)}
        if dry_run:
            work.session.rollback()
    if as_json:
        print_json(told | {"dry_run": dry_run, "notes": form.notes})
        return
    print_table("Checklist" + (" (dry run)" if dry_run else ""), [told])
    for note in form.notes:
        err.print(f"note: {note}", highlight=False, markup=False)


@app.command()
@refuses
def export(
    product: Code,
    file: ToXlsx,
    *,
    version: Annotated[int | None, typer.Option("--version", help="Which version; else the one in force.")] = None,
    as_json: AsJson = False,
    tenant: TenantSlug = None,
) -> None:
    """Write a product's checklist as an XLSForm that imports again with no change."""
    from lifecycle.checklist_queries import checklist_of
    from pas.commands.frame import reading
    from pas.exchange.write_xlsform import write_xlsform

    with reading(tenant) as work:
        model = _product(work.session, product)
        checklist = checklist_of(work.session, product=model, at=work.now, version=version)
        form = write_xlsform(checklist, code=model.code, title=model.name)
    part = file.with_name(f".{file.name}.part")
    try:
        part.write_bytes(form)
        part.replace(file)
    finally:
        part.unlink(missing_ok=True)
    told = {"product": product, "version": checklist.version, "items": len(checklist.items), "file": file.name}
    if as_json:
        print_json(told)
    else:
        out.print(f"version {checklist.version} of the checklist of {product} written to {file}")


def _product(session: "Session", code: str) -> "ProductRecord":
    from sqlmodel import select

    from lifecycle.queries import NotInCatalogue
    from lifecycle.tables import ProductRecord

    found = session.exec(select(ProductRecord).where(ProductRecord.code == code)).first()
    if found is None:
        raise NotInCatalogue(f"there is no product {code!r}; `pas export products` lists them", field="product")
    return found
