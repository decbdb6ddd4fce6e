"""`pas seller`: who stands at the head of the invoices."""

from typing import Annotated

import typer

from pas.terminal import AsJson, TenantSlug, out, print_json, refuses

app = typer.Typer(no_args_is_help=True, help="The seller: the tenant as a legal entity, at the head of its invoices.")


@app.command("set")
@refuses
def set_seller(  # noqa: PLR0917 - options have names of their own
    name: Annotated[str, typer.Option("--name", help="Legal name.")],
    vat_number: Annotated[str, typer.Option("--vat-number", help="European VAT number, BE0403019261.")],
    street: Annotated[str, typer.Option("--street", help="Street and number.")],
    postal_code: Annotated[str, typer.Option("--postal-code", help="Postal code.")],
    city: Annotated[str, typer.Option("--city", help="Town.")],
    email: Annotated[str, typer.Option("--email", help="Where a customer asks about an invoice.")],
    iban: Annotated[str, typer.Option("--iban", help="Account to pay into.")],
    country: Annotated[str, typer.Option("--country", help="ISO 3166, two letters.")] = "BE",
    bic: Annotated[str, typer.Option("--bic", help="Bank code, where one is wanted.")] = "",
    series: Annotated[str, typer.Option("--series", help="What invoice numbers begin with.")] = "INV",
    zone: Annotated[str, typer.Option("--zone", help="Time zone that decides the day of issue.")] = "Europe/Brussels",
    *,
    as_json: AsJson = False,
    tenant: TenantSlug = None,
) -> None:
    """Name or rename the seller; invoices issued before stay as they were."""
    from billing.keep_seller import keep_seller
    from billing.seller import Seller
    from pas.commands.frame import writing

    told = Seller(
        name=name,
        vat_number=vat_number,
        street=street,
        postal_code=postal_code,
        city=city,
        country=country,
        email=email,
        iban=iban,
        bic=bic,
        series=series,
        zone=zone,
    )
    with writing(tenant) as work:
        kept = keep_seller(work.session, told, now=work.now, by=work.by)
        answer = kept.model_dump(mode="json", exclude={"tenant_id"})
    if as_json:
        print_json(answer)
    else:
        out.print(
            f"invoices come from {answer['name']}, {answer['vat_number']}, numbered {answer['series']}-YEAR-NUMBER"
        )
