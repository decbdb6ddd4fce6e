"""The seller is the tenant as a legal entity: who stands at the head of its invoices."""

from sqlmodel import Field, SQLModel


class Seller(SQLModel):
    """Name, address, VAT number and bank account as the law wants them on an invoice; `series` prefixes the numbers."""

    model_config = {"extra": "forbid"}

    name: str = Field(min_length=1, max_length=200)
    vat_number: str = Field(min_length=1, max_length=20)
    street: str = Field(max_length=200)
    postal_code: str = Field(max_length=20)
    city: str = Field(max_length=120)
    country: str = Field(regex="^[A-Z]{2}$", max_length=2)
    email: str = Field(max_length=254)
    iban: str = Field(max_length=34)
    bic: str = Field(default="", max_length=11)
    series: str = Field(default="INV", min_length=1, max_length=12)
