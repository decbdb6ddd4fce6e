"""A customer is who holds and uses our things, and to whom alerts and invoices go."""

from sqlmodel import Field, SQLModel


class Customer(SQLModel):
    """A legal entity that leases from us. `language` is nl, fr or en; `vat_number` with its country prefix."""

    model_config = {"extra": "forbid"}

    code: str = Field(min_length=1, max_length=60)
    name: str = Field(min_length=1, max_length=200)
    vat_number: str | None = Field(default=None, max_length=20)
    street: str = Field(default="", max_length=200)
    postal_code: str = Field(default="", max_length=20)
    city: str = Field(default="", max_length=120)
    country: str = Field(default="BE", regex="^[A-Z]{2}$", max_length=2)
    language: str = Field(default="en", regex="^(nl|fr|en)$", max_length=2)
    email: str | None = Field(default=None, max_length=254)
