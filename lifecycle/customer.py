"""A customer is who holds and uses our things, and to whom alerts and invoices go."""

from sqlmodel import Field, SQLModel

from lifecycle.label import Label, Line, Name


class Customer(SQLModel):
    """A legal entity that leases from us. `language` is nl, fr or en; `vat_number` with its country prefix."""

    model_config = {"extra": "forbid", "allow_inf_nan": False}

    code: Label = Field(min_length=1, max_length=60)
    name: Name = Field(min_length=1, max_length=200)
    vat_number: Line | None = Field(default=None, max_length=20)
    street: Line = Field(default="", max_length=200)
    postal_code: Line = Field(default="", max_length=20)
    city: Line = Field(default="", max_length=120)
    country: str = Field(default="BE", schema_extra={"pattern": "^[A-Z]{2}$"}, max_length=2)
    language: str = Field(default="en", schema_extra={"pattern": "^(nl|fr|en)$"}, max_length=2)
    email: Line | None = Field(default=None, max_length=254)
