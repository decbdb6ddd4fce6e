"""A product is a model that is made: what it may stand, how it wears, what it consists of and how its value falls."""

from decimal import Decimal
from typing import Any
from uuid import UUID

from pydantic import field_validator, model_validator
from sqlmodel import Field, SQLModel

from lifecycle.label import Label, Line, Name
from lifecycle.public_id import gtin14
from telemetry.columns import ExactDecimal, Json


class Rating(SQLModel):
    """The limits within which the maker vouches for the product, for one metric in that metric's unit.

    A datasheet that says how the metric wears the product gives its `reference` and one law: `activation_energy` in
    electronvolt (Arrhenius), `degrees_that_double` the pace of wear, or the `exponent` of the load's ratio.
    """

    model_config = {"extra": "forbid", "allow_inf_nan": False}

    metric: str
    minimum: float | None = None
    maximum: float | None = None
    reference: float | None = Field(default=None, gt=-200, lt=1e9)
    activation_energy: float | None = Field(default=None, gt=0, le=5)
    degrees_that_double: float | None = Field(default=None, gt=0, le=1000)
    exponent: float | None = Field(default=None, gt=0, le=20)

    @model_validator(mode="after")
    def _one_law(self) -> "Rating":
        """Refuse two laws at once, a law without reference, and a reference without law."""
        laws = [law for law in (self.activation_energy, self.degrees_that_double, self.exponent) if law is not None]
        if len(laws) > 1 or bool(laws) != (self.reference is not None):
            raise ValueError("give a reference together with one law: activation energy, degrees or exponent")
        if self.exponent is not None and self.reference is not None and self.reference <= 0:
            raise ValueError("a load is held against a reference above 0")
        return self

    def written(self) -> dict[str, Any]:
        """Give what is stored: limits always, a law where there is one."""
        limits = {"metric": self.metric, "minimum": self.minimum, "maximum": self.maximum}
        return limits | self.model_dump(mode="json", exclude=set(limits), exclude_none=True)


class ChecklistItem(SQLModel):
    """One thing to look at: the component, its weight in the condition, and the question by language (nl, fr, en).

    At the grade `fails_at`, or a worse one, the item has failed: then there is work to do.
    """

    model_config = {"extra": "forbid", "allow_inf_nan": False}

    component: str
    weight: float = Field(default=1, gt=0)
    question: dict[str, str]
    fails_at: str | None = Field(default=None, schema_extra={"pattern": "^[A-E]$"})


class CurvePoint(SQLModel):
    """Declared value at an age, as fractions of the price new."""

    model_config = {"extra": "forbid", "allow_inf_nan": False}

    age_years: float = Field(ge=0)
    p10: float = Field(ge=0)
    p50: float = Field(ge=0)
    p90: float = Field(ge=0)


_SELDOM = frozenset(
    {"test_cost", "salvage", "days", "carbon_saved", "carbon_process", "replaces"}
    | {f"{step}_minutes" for step in ("inspect", "clean", "test", "pack")}
)


class Replacement(SQLModel):
    """A part of the bill of materials that a route replaces in things of `from_grade` or worse.

    All of that part unless a `quantity` is named; `minutes` put one in, as many as take one out if left out.
    """

    model_config = {"extra": "forbid", "allow_inf_nan": False}

    part: Label = Field(min_length=1, max_length=60)
    from_grade: str = Field(default="A", schema_extra={"pattern": "^[A-E]$"})
    quantity: int | None = Field(default=None, gt=0, le=1_000_000)
    minutes: float | None = Field(default=None, ge=0, le=100_000)


class RouteTerms(SQLModel):
    """What taking one route costs and yields; money in the product's currency.

    `worst_grade` is the worst grade that still allows the route (engineering gate); `yield_fraction` the share of
    things that come out well; `price_fraction` the selling price as a fraction of the value at grade A; `salvage` what
    one brings that does not come out well; `days` until the price is paid. `test_cost` covers tests and gate.
    `carbon_saved` is the kg of CO2e that one saves that comes out well, `carbon_process` what the route takes.
    Where steps are declared (inspect, clean, replace parts, test, pack) labour and parts come from them, as far as the
    bill of materials knows its minutes; else `labour_minutes` and `parts_cost` are assumed.
    """

    model_config = {"extra": "forbid", "allow_inf_nan": False}

    route: str
    worst_grade: str = Field(default="E", schema_extra={"pattern": "^[A-E]$"})
    price_fraction: float = Field(default=0, ge=0)
    yield_fraction: float = Field(default=1, ge=0, le=1)
    labour_minutes: float = Field(default=0, ge=0)
    parts_cost: Decimal = Field(default=Decimal(0), max_digits=18, decimal_places=6)
    logistics_cost: Decimal = Field(default=Decimal(0), max_digits=18, decimal_places=6)
    warranty_cost: Decimal = Field(default=Decimal(0), max_digits=18, decimal_places=6)
    test_cost: Decimal = Field(default=Decimal(0), max_digits=18, decimal_places=6)
    salvage: Decimal = Field(default=Decimal(0), max_digits=18, decimal_places=6)
    days: float = Field(default=0, ge=0, le=3_650)
    carbon_saved: float = 0
    carbon_process: float = Field(default=0, ge=0)
    inspect_minutes: float = Field(default=0, ge=0, le=1_000_000)
    clean_minutes: float = Field(default=0, ge=0, le=1_000_000)
    test_minutes: float = Field(default=0, ge=0, le=1_000_000)
    pack_minutes: float = Field(default=0, ge=0, le=1_000_000)
    replaces: list[Replacement] = Field(default_factory=list)

    def written(self) -> dict[str, Any]:
        """Give the terms as they are kept: what is seldom named is left out where it is nothing."""
        kept = self.model_dump(mode="json")
        return {name: value for name, value in kept.items() if name not in _SELDOM or _is_something(value)}


def _is_something(value: Any) -> bool:
    return bool(value) if isinstance(value, list) else bool(float(value))


class Product(SQLModel):
    """A model of which many things are made.

    `usage_metric` is the meter that wears it, `rated_usage` how much of that it is built for, `rated_years` how
    many years; `wear_limits` are index limits: `attention` (plan something) and `end` (functional end).
    `grade_factors` scale the value of a thing by its grade; `wage` is per hour of workshop labour. It is inspected
    every so many days, or every so much of its usage metric, whichever comes first; `inspect_lead_days` before that
    it is told to be coming due.
    """

    model_config = {"extra": "forbid", "allow_inf_nan": False}

    code: Label = Field(min_length=1, max_length=60)
    name: Name = Field(min_length=1, max_length=200)
    trade: Line = Field(min_length=1, max_length=60)
    maker: Line = Field(default="", max_length=200)
    gtin: Line | None = Field(default=None, max_length=14)
    price_new: Decimal = Field(gt=0, max_digits=18, decimal_places=6, sa_type=ExactDecimal)
    currency: str = Field(default="EUR", schema_extra={"pattern": "^[A-Z]{3}$"}, max_length=3)
    rated_years: float = Field(gt=0)
    usage_metric: str | None = Field(default=None, max_length=60)
    rated_usage: float | None = Field(default=None, gt=0)
    inspect_every_days: int | None = Field(default=None, ge=1, le=36_500)
    inspect_every_use: float | None = Field(default=None, gt=0)
    inspect_lead_days: int = Field(default=14, ge=0, le=3_650)
    wage: Decimal = Field(default=Decimal(45), ge=0, max_digits=18, decimal_places=6, sa_type=ExactDecimal)
    ratings: list[dict[str, Any]] = Field(default_factory=list, sa_type=Json)
    wear_limits: dict[str, float] = Field(default_factory=dict, sa_type=Json)
    checklist: list[dict[str, Any]] = Field(default_factory=list, sa_type=Json)
    value_curve: list[dict[str, Any]] = Field(default_factory=list, sa_type=Json)
    grade_factors: dict[str, float] = Field(default_factory=dict, sa_type=Json)
    routes: list[dict[str, Any]] = Field(default_factory=list, sa_type=Json)

    @field_validator("gtin")
    @classmethod
    def _sound_gtin(cls, gtin: str | None) -> str | None:
        return gtin14(gtin) if gtin else None

    @field_validator("ratings")
    @classmethod
    def _sound_ratings(cls, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return [Rating.model_validate(row).written() for row in rows]

    @field_validator("checklist")
    @classmethod
    def _sound_checklist(cls, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return [ChecklistItem.model_validate(row).model_dump(mode="json", exclude_none=True) for row in rows]

    @field_validator("value_curve")
    @classmethod
    def _sound_curve(cls, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return [CurvePoint.model_validate(row).model_dump(mode="json") for row in rows]

    @field_validator("routes")
    @classmethod
    def _sound_routes(cls, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return [RouteTerms.model_validate(row).written() for row in rows]


class Part(SQLModel):
    """One line of a product's bill of materials: `mass` in kg each, `recycled_content` as a fraction of the mass.

    `component` is the one of the checklist that shows how the part fares, where there is one; `removal_minutes` is the
    labour that takes one out for another life.
    """

    model_config = {"extra": "forbid", "allow_inf_nan": False}

    code: Label = Field(min_length=1, max_length=60)
    name: Name = Field(min_length=1, max_length=200)
    quantity: int = Field(default=1, gt=0, le=1_000_000)
    mass: float = Field(ge=0)
    recycled_content: float = Field(default=0, ge=0, le=1)
    value: Decimal = Field(default=Decimal(0), ge=0, max_digits=18, decimal_places=6, sa_type=ExactDecimal)
    component: Line = Field(default="", max_length=60)
    removal_minutes: float | None = Field(default=None, ge=0, le=100_000)


class ProductPart(Part):
    """A line of the bill of materials of a product, made of a material."""

    product_id: UUID
    material_id: UUID
