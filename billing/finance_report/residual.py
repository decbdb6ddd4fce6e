"""The residual that risk sets for a thing when it is let out, and who guarantees which part of it."""

from datetime import date
from decimal import Decimal
from uuid import UUID

from sqlmodel import Field, SQLModel

from lifecycle.label import Line, Note
from telemetry.columns import ExactDecimal
from telemetry.refusal import Refusal


class UnsoundResidual(Refusal):
    """A guaranteed part that is more than the residual, that nobody guarantees, or in a currency not the product's."""


class Residual(SQLModel):
    """What a thing is to be worth at the end of its term, in its product's currency, and why.

    `guaranteed` is the part of it for which `guaranteed_by` answers; the rest is the lessor's own risk.
    """

    model_config = {"extra": "forbid", "allow_inf_nan": False}

    asset_id: UUID
    set_on: date
    currency: str = Field(schema_extra={"pattern": "^[A-Z]{3}$"}, max_length=3)
    residual: Decimal = Field(ge=0, max_digits=18, decimal_places=2, sa_type=ExactDecimal)
    guaranteed: Decimal = Field(default=Decimal(0), ge=0, max_digits=18, decimal_places=2, sa_type=ExactDecimal)
    guaranteed_by: Line = Field(default="", max_length=200)
    why: Note = Field(default="", max_length=2000)


def checked(residual: Residual, *, currency: str, price_new: Decimal) -> Residual:
    """Give a residual that makes sense. Raises UnsoundResidual."""
    if residual.currency != currency:
        raise UnsoundResidual(
            f"the product is priced in {currency}, the residual in {residual.currency}", field="currency"
        )
    if residual.residual > price_new:
        sentence = (
            f"a residual of {residual.residual} is more than the price new of {price_new}; depreciation only falls"
        )
        raise UnsoundResidual(sentence, field="residual")
    if residual.guaranteed > residual.residual:
        sentence = f"{residual.guaranteed} is guaranteed of a residual of {residual.residual}: at most all of it can be"
        raise UnsoundResidual(sentence, field="guaranteed")
    if bool(residual.guaranteed) != bool(residual.guaranteed_by):
        raise UnsoundResidual("name who guarantees a part, and a part that is guaranteed", field="guaranteed_by")
    return residual
