"""An amendment changes a contract from a day on; the contract as it was signed stays to be read."""

from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, model_validator

from billing.contract.contract import NewContractLine
from billing.contract_life.clause import Clause
from billing.rating.pool import Pool
from lifecycle.label import Label, Line

Fee = Annotated[Decimal, Field(ge=0, max_digits=14, decimal_places=4)]
UnitPrice = Annotated[Decimal, Field(ge=0, max_digits=14, decimal_places=8)]


class Party(StrEnum):
    """Who says so."""

    CUSTOMER = "customer"
    LESSOR = "lessor"


class _Amendment(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    id: UUID | None = None
    """A client that may be offline brings its own; the same again changes nothing."""
    note: Annotated[Line, Field(max_length=400)] = ""


class AddAsset(_Amendment):
    """One thing more, from the first day of its line on; in a pool it is charged with the pool."""

    kind: Literal["add_asset"] = "add_asset"
    line: NewContractLine
    pool: Annotated[Label, Field(max_length=60)] | None = None

    @property
    def from_day(self) -> date:
        """Give the first day on which it counts."""
        return self.line.starts_on


class ReturnAsset(_Amendment):
    """A thing comes back; `from_day` is the first day on which it is charged no longer."""

    kind: Literal["return_asset"] = "return_asset"
    asset_id: UUID
    from_day: date


class SwapAsset(_Amendment):
    """Another thing takes its place, on the same terms, on a day; who keeps that day stands in the contract.

    Where the contract goes by the hour, `hour` is that of the swap, by the clock of the contract's zone.
    """

    kind: Literal["swap_asset"] = "swap_asset"
    asset_id: UUID
    by_asset_id: UUID
    on: date
    hour: Annotated[int, Field(ge=0, le=23)] | None = None

    @property
    def from_day(self) -> date:
        """Give the first day on which it may count."""
        return self.on


class ChangePrice(_Amendment):
    """Other prices from a day on, of one thing or of all; what is left out stays."""

    kind: Literal["change_price"] = "change_price"
    asset_id: UUID | None = None
    from_day: date
    monthly_fee: Fee | None = None
    unit_price: UnitPrice | None = None
    allowance: Fee | None = None

    @model_validator(mode="after")
    def _says_something(self) -> "ChangePrice":
        if self.monthly_fee is None and self.unit_price is None and self.allowance is None:
            raise ValueError("name a new monthly_fee, unit_price or allowance")
        return self


class AddPool(_Amendment):
    """A line by product and count."""

    kind: Literal["add_pool"] = "add_pool"
    pool: Pool

    @property
    def from_day(self) -> date:
        """Give the first day on which it counts."""
        return self.pool.starts_on


class ChangePool(_Amendment):
    """Another number or another fee of a pool, from a day on; no number at all ends it."""

    kind: Literal["change_pool"] = "change_pool"
    pool: Annotated[Label, Field(min_length=1, max_length=60)]
    from_day: date
    count: Annotated[int, Field(ge=0, le=1_000_000)] | None = None
    monthly_fee: Fee | None = None

    @model_validator(mode="after")
    def _says_something(self) -> "ChangePool":
        if self.count is None and self.monthly_fee is None:
            raise ValueError("name a new count or a new monthly_fee")
        return self


class Extend(_Amendment):
    """The contract runs to a later day, or until further notice; lines that ran to its end run on with it."""

    kind: Literal["extend"] = "extend"
    ends_on: date | None


class Renew(_Amendment):
    """The contract goes on by so many months from its end."""

    kind: Literal["renew"] = "renew"
    months: Annotated[int, Field(ge=1, le=120)]


class GiveNotice(_Amendment):
    """One side gives notice: the contract is renewed no more. Too late for this end, it counts for the next one."""

    kind: Literal["give_notice"] = "give_notice"
    on: date
    by: Party = Party.CUSTOMER

    @property
    def from_day(self) -> date:
        """Give the day of the notice."""
        return self.on


class EndContract(_Amendment):
    """The contract ends before its day; what that costs stands in its clause, or it costs nothing by consent."""

    kind: Literal["end"] = "end"
    from_day: date
    by_consent: bool = False


class BuyAsset(_Amendment):
    """The customer buys a thing; its line ends that day and the price stands in the contract's clause."""

    kind: Literal["buy_asset"] = "buy_asset"
    asset_id: UUID
    from_day: date


class AgreeClause(_Amendment):
    """A clause is agreed, or another one in its place, from a day on."""

    kind: Literal["agree"] = "agree"
    from_day: date
    clause: Clause


class ChangePayment(_Amendment):
    """Other days to pay or another reference of the customer's, on every invoice issued from now on."""

    kind: Literal["change_payment"] = "change_payment"
    payment_days: Annotated[int, Field(ge=0, le=365)] | None = None
    order_reference: Annotated[Line, Field(max_length=80)] | None = None

    @model_validator(mode="after")
    def _says_something(self) -> "ChangePayment":
        if self.payment_days is None and self.order_reference is None:
            raise ValueError("name new payment_days or a new order_reference")
        return self


Amendment = Annotated[
    AddAsset
    | ReturnAsset
    | SwapAsset
    | ChangePrice
    | AddPool
    | ChangePool
    | Extend
    | Renew
    | GiveNotice
    | EndContract
    | BuyAsset
    | AgreeClause
    | ChangePayment,
    Field(discriminator="kind"),
]
AMENDMENT: TypeAdapter[Amendment] = TypeAdapter(Amendment)
"""Reads an amendment, as from a file."""


def as_asked(amendment: Amendment) -> dict[str, Any]:
    """Give an amendment as it is kept: JSON without the client's id."""
    return amendment.model_dump(mode="json", exclude={"id"})
