"""Frozen inputs are all that a finance report rests on: from them it is made again, whatever came in since."""

import hashlib
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from billing.finance_report.assumptions import Premise
from lifecycle.valuation.opinions import Heard


class Frozen(BaseModel):
    """Something kept as it was known."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)


class FrozenProduct(Frozen):
    """A product with its bill of materials and what sales had taught of it."""

    id: UUID
    terms: dict[str, Any]
    parts: list[tuple[dict[str, Any], dict[str, Any]]]
    lesson: dict[str, Any] | None
    sales: int


class FrozenCondition(Frozen):
    """The last condition that was known of a thing."""

    assessed_on: date
    index_p10: float
    index_p50: float
    index_p90: float
    remaining_days_p50: float | None
    usage: float | None
    input_hash: str


class SetResidual(Frozen):
    """The residual that risk had set for a thing, and the part of it that somebody guarantees."""

    set_on: date
    residual: Decimal
    guaranteed: Decimal = Decimal(0)
    guaranteed_by: str = ""


class FrozenThing(Frozen):
    """A thing under a contract that ends."""

    asset_id: UUID
    product_id: UUID
    serial: str
    public_id: str
    contract: str
    customer: str
    customer_name: str
    last_day: date
    made_on: date | None
    in_service_on: date | None
    condition: FrozenCondition | None
    residual: SetResidual | None
    heard: list[Heard] = Field(default_factory=list)
    """What was offered, quoted or said of it or of its product."""


class FrozenSale(Frozen):
    """A sale of one of our own things, and what had been told of it the day before."""

    sale: str
    asset_id: UUID
    serial: str
    product: str
    sold_on: date
    currency: str
    price: Decimal
    p10: Decimal | None
    p50: Decimal | None
    p90: Decimal | None
    book_value: Decimal | None
    told_by: str


class Inputs(Frozen):
    """What was asked and all that was known at the end of the day `known_on`."""

    start: date
    end: date
    as_of: date
    known_on: date
    premise: Premise
    reporter: str
    products: list[FrozenProduct]
    things: list[FrozenThing]
    sales: list[FrozenSale]

    def written(self) -> bytes:
        """Write the inputs in their one form."""
        return self.model_dump_json().encode()

    @property
    def sha256(self) -> str:
        """Give the digest of the inputs."""
        return hashlib.sha256(self.written()).hexdigest()
