"""A sale is an observed second-hand price, the evidence on which values rest."""

from datetime import date
from decimal import Decimal
from typing import Any

from sqlmodel import Field, SQLModel

from telemetry.columns import ExactDecimal, Json


class Sale(SQLModel):
    """One observed price of one used thing, ours or of the market.

    `condition_grade` runs 0 (worst) to 5 (best); `guide_price` is a guide's opinion, for comparison only and never
    an input of a value; what else was known stands in `attributes`.
    """

    model_config = {"extra": "forbid"}

    sale_id: str = Field(min_length=1, max_length=80)
    asset_id: str = Field(default="", max_length=80)
    category: str = Field(min_length=1, max_length=60)
    make: str = Field(default="", max_length=120)
    model: str = Field(default="", max_length=200)
    made_on: str = Field(default="", max_length=10)
    sold_on: date | None = None
    age_years: float | None = None
    usage: float | None = Field(default=None, ge=0)
    usage_unit: str = Field(default="", max_length=20)
    condition_grade: float | None = Field(default=None, ge=0, le=5)
    new_price: Decimal | None = Field(default=None, sa_type=ExactDecimal)
    price: Decimal = Field(gt=0, sa_type=ExactDecimal)
    currency: str = Field(schema_extra={"pattern": "^[A-Z]{3}$"}, max_length=3)
    price_kind: str = Field(max_length=20)
    seller_kind: str = Field(default="", max_length=40)
    guide_price: Decimal | None = Field(default=None, sa_type=ExactDecimal)
    attributes: dict[str, Any] = Field(default_factory=dict, sa_type=Json)
