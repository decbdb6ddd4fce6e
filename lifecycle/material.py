"""A material is what parts are made of: its price as scrap and the carbon in making it."""

from decimal import Decimal

from sqlmodel import Field, SQLModel

from telemetry.columns import ExactDecimal


class Material(SQLModel):
    """A material; prices per kg, `carbon` in kg CO2e per kg of new material."""

    model_config = {"extra": "forbid"}

    code: str = Field(min_length=1, max_length=60)
    name: str = Field(min_length=1, max_length=200)
    scrap_price: Decimal = Field(default=Decimal(0), sa_type=ExactDecimal)
    currency: str = Field(default="EUR", regex="^[A-Z]{3}$", max_length=3)
    carbon: float = Field(default=0, ge=0)
    recovery_rate: float = Field(default=0, ge=0, le=1)
