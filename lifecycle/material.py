"""A material is what parts are made of: its price as scrap and the carbon in making it."""

from decimal import Decimal

from sqlmodel import Field, SQLModel

from lifecycle.label import Label, Name
from telemetry.columns import ExactDecimal


class Material(SQLModel):
    """A material; prices per kg, `carbon` in kg CO2e per kg of new material."""

    model_config = {"extra": "forbid", "allow_inf_nan": False}

    code: Label = Field(min_length=1, max_length=60)
    name: Name = Field(min_length=1, max_length=200)
    scrap_price: Decimal = Field(default=Decimal(0), max_digits=18, decimal_places=6, sa_type=ExactDecimal)
    currency: str = Field(default="EUR", schema_extra={"pattern": "^[A-Z]{3}$"}, max_length=3)
    carbon: float = Field(default=0, ge=0)
    recovery_rate: float = Field(default=0, ge=0, le=1)
