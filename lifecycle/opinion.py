"""An opinion is what somebody says that a used thing is worth, or in which state it is: weaker evidence than a sale."""

from datetime import date
from decimal import Decimal
from enum import StrEnum

from pydantic import model_validator
from sqlmodel import Field, SQLModel

from lifecycle.label import Line
from telemetry.columns import ExactDecimal, worded


class OpinionKind(StrEnum):
    """What sort of opinion it is."""

    OFFER = "offer"
    """A buyer would pay so much."""
    QUOTE = "quote"
    """A refurbisher or dealer quotes so much."""
    APPRAISAL = "appraisal"
    """An expert values it at so much."""
    GRADE = "grade"
    """Somebody graded the thing, and said no price."""


class Opinion(SQLModel):
    """What somebody said of one thing of ours, or of one product at an age.

    `spread` is how far off it may be, in the logarithm, where who said it says so. `condition_grade` runs 0 (worst) to
    5 (best), as with sales.
    """

    model_config = {"extra": "forbid", "allow_inf_nan": False}

    opinion_id: Line = Field(min_length=1, max_length=80)
    kind: OpinionKind = Field(sa_type=worded(OpinionKind))
    given_by: Line = Field(min_length=1, max_length=120)
    given_on: date
    age_years: float | None = Field(default=None, ge=0, le=120)
    condition_grade: float | None = Field(default=None, ge=0, le=5)
    price: Decimal | None = Field(default=None, gt=0, max_digits=18, decimal_places=6, sa_type=ExactDecimal)
    currency: str | None = Field(default=None, schema_extra={"pattern": "^[A-Z]{3}$"}, max_length=3)
    spread: float | None = Field(default=None, ge=0.01, le=2)

    @model_validator(mode="after")
    def _says_something(self) -> "Opinion":
        """Refuse an opinion on a price without one, and a grade without one."""
        if self.kind is OpinionKind.GRADE:
            if self.condition_grade is None or self.price is not None:
                raise ValueError("a grade says a condition_grade and no price")
        elif self.price is None or self.currency is None:
            raise ValueError(f"an {self.kind.value} says a price and its currency")
        return self
