"""The seller is the tenant as a legal entity: who stands at the head of its invoices."""

from collections.abc import Callable
from typing import Any

import stdnum.bic
import stdnum.eu.vat
import stdnum.iban
from sqlmodel import Field, SQLModel
from stdnum.exceptions import ValidationError

from billing.period import zone_of
from lifecycle.label import Line, Name
from telemetry.refusal import Refusal


class WrongNumber(Refusal):
    """A VAT number, a bank account or a bank code does not pass its own check."""


class Seller(SQLModel):
    """Name, address, VAT number and bank account as the law wants them on an invoice.

    `series` prefixes the numbers; `zone` decides on which day, and so in which year, an invoice is issued.
    """

    model_config = {"extra": "forbid"}

    name: Name = Field(min_length=1, max_length=200)
    vat_number: str = Field(min_length=1, max_length=20)
    street: Line = Field(max_length=200)
    postal_code: Line = Field(max_length=20)
    city: Line = Field(max_length=120)
    country: str = Field(schema_extra={"pattern": "^[A-Z]{2}$"}, max_length=2)
    email: str = Field(max_length=254)
    iban: str = Field(max_length=34)
    bic: str = Field(default="", max_length=11)
    series: str = Field(default="INV", schema_extra={"pattern": "^[A-Z0-9]+$"}, min_length=1, max_length=12)
    zone: str = Field(default="Europe/Brussels", max_length=60)


def checked(seller: Seller) -> Seller:
    """Give the seller with its numbers in compact form. Raises WrongNumber and UnknownZone."""
    zone_of(seller.zone)
    numbers = {
        "vat_number": _compact("vat_number", seller.vat_number, stdnum.eu.vat.validate),
        "iban": _compact("iban", seller.iban, _iban),
        "bic": _compact("bic", seller.bic, stdnum.bic.validate) if seller.bic else "",
    }
    return Seller.model_validate({**seller.model_dump(), **numbers})


def _iban(number: str) -> Any:
    return stdnum.iban.validate(number, check_country=False)


def _compact(field: str, number: str, validate: Callable[[str], Any]) -> str:
    try:
        return str(validate(number))
    except ValidationError as slip:
        name = {"vat_number": "European VAT number", "iban": "IBAN", "bic": "BIC"}[field]
        raise WrongNumber(f"{number!r} is no valid {name}: {slip}", field=field) from slip
