"""A product is a model that is made: what it may stand, how it wears, what it consists of and how its value falls."""

from decimal import Decimal
from typing import Any

from sqlmodel import Field, SQLModel

from telemetry.columns import ExactDecimal, Json


class Rating(SQLModel):
    """The limits within which the maker vouches for the product, for one metric in that metric's unit."""

    model_config = {"extra": "forbid"}

    metric: str
    minimum: float | None = None
    maximum: float | None = None


class ChecklistItem(SQLModel):
    """One thing to look at: the component, its weight in the condition, and the question by language (nl, fr, en)."""

    model_config = {"extra": "forbid"}

    component: str
    weight: float = Field(default=1, gt=0)
    question: dict[str, str]


class CurvePoint(SQLModel):
    """Declared value at an age, as fractions of the price new."""

    model_config = {"extra": "forbid"}

    age_years: float = Field(ge=0)
    p10: float = Field(ge=0)
    p50: float = Field(ge=0)
    p90: float = Field(ge=0)


class RouteTerms(SQLModel):
    """What taking one route costs and yields; money in the product's currency.

    `worst_grade` is the worst grade that still allows the route (engineering gate); `yield_fraction` the share of
    things that come out well; `price_fraction` the selling price as a fraction of the value at grade A.
    """

    model_config = {"extra": "forbid"}

    route: str
    worst_grade: str = Field(default="E", regex="^[A-E]$")
    price_fraction: float = Field(default=0, ge=0)
    yield_fraction: float = Field(default=1, ge=0, le=1)
    labour_minutes: float = Field(default=0, ge=0)
    parts_cost: Decimal = Decimal(0)
    logistics_cost: Decimal = Decimal(0)
    warranty_cost: Decimal = Decimal(0)


class Product(SQLModel):
    """A model of which many things are made.

    `usage_metric` is the counter that wears it, `rated_usage` how much of that it is built for, `rated_years` how
    many years; `wear_limits` are index limits: `attention` (plan something) and `end` (functional end).
    `grade_factors` scale the value of a thing by its grade; `wage` is per hour of workshop labour.
    """

    model_config = {"extra": "forbid"}

    code: str = Field(min_length=1, max_length=60)
    name: str = Field(min_length=1, max_length=200)
    trade: str = Field(min_length=1, max_length=60)
    maker: str = Field(default="", max_length=200)
    gtin: str | None = Field(default=None, max_length=14)
    price_new: Decimal = Field(gt=0, sa_type=ExactDecimal)
    currency: str = Field(default="EUR", regex="^[A-Z]{3}$", max_length=3)
    rated_years: float = Field(gt=0)
    usage_metric: str | None = Field(default=None, max_length=60)
    rated_usage: float | None = Field(default=None, gt=0)
    wage: Decimal = Field(default=Decimal(45), ge=0, sa_type=ExactDecimal)
    ratings: list[dict[str, Any]] = Field(default_factory=list, sa_type=Json)
    wear_limits: dict[str, float] = Field(default_factory=dict, sa_type=Json)
    checklist: list[dict[str, Any]] = Field(default_factory=list, sa_type=Json)
    value_curve: list[dict[str, Any]] = Field(default_factory=list, sa_type=Json)
    grade_factors: dict[str, float] = Field(default_factory=dict, sa_type=Json)
    routes: list[dict[str, Any]] = Field(default_factory=list, sa_type=Json)


class Part(SQLModel):
    """One line of a product's bill of materials: `mass` in kg each, `recycled_content` as a fraction of the mass."""

    model_config = {"extra": "forbid"}

    code: str = Field(min_length=1, max_length=60)
    name: str = Field(min_length=1, max_length=200)
    quantity: int = Field(default=1, gt=0)
    mass: float = Field(ge=0)
    recycled_content: float = Field(default=0, ge=0, le=1)
    value: Decimal = Field(default=Decimal(0), ge=0, sa_type=ExactDecimal)
