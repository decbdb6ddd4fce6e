"""A charge is billed once ever, beside the tariff: damage, transport, a deposit, the price of leaving or of buying."""

from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any, NamedTuple
from uuid import UUID, uuid5

from pydantic import model_validator
from sqlmodel import Field, SQLModel

from billing.contract.contract import VatCategory
from billing.rating.rated import Component, RatedLine, as_price
from lifecycle.label import Name
from lifecycle.money import to_cents
from lifecycle.reason import Reason
from telemetry.columns import ExactDecimal, Json, worded

CHARGE_RULE = "charge/1"
ONE = "C62"
A_DAY = timedelta(days=1)


class ChargeKind(StrEnum):
    """What is charged or credited once."""

    DAMAGE = "damage"
    TRANSPORT = "transport"
    OTHER = "other"
    DEPOSIT = "deposit"
    TERMINATION = "termination"
    BUY_OUT = "buy_out"


COMPONENT = {
    ChargeKind.DEPOSIT: Component.DEPOSIT,
    ChargeKind.TERMINATION: Component.TERMINATION,
    ChargeKind.BUY_OUT: Component.BUY_OUT,
}
BY_HAND = frozenset({ChargeKind.DAMAGE, ChargeKind.TRANSPORT, ChargeKind.OTHER})
"""What people charge; the others follow from what happens to a contract."""


class Charge(SQLModel):
    """So many of something at a price on a day; a quantity below nothing is a credit.

    What caused it is named: the work order that mended the damage, or the inspection that found it. Its VAT is the
    contract's unless it has its own.
    """

    model_config = {"extra": "forbid"}

    kind: ChargeKind = Field(sa_type=worded(ChargeKind))
    on_day: date
    asset_id: UUID | None = None
    name: Name = Field(max_length=200)
    """In the customer's language, as it stands on the bill."""
    quantity: Decimal = Field(
        default=Decimal(1), ge=-1_000_000, le=1_000_000, max_digits=14, decimal_places=3, sa_type=ExactDecimal
    )
    unit: str = Field(default=ONE, max_length=3, schema_extra={"pattern": "^(C62|HUR|KMT|DAY|KGM)$"})
    """UN/ECE Rec 20: C62 pieces, HUR hours, KMT kilometres, DAY days, KGM kilograms."""
    unit_price: Decimal = Field(ge=0, max_digits=14, decimal_places=4, sa_type=ExactDecimal)
    vat_category: VatCategory | None = Field(default=None, sa_type=worded(VatCategory))
    vat_rate: Decimal | None = Field(default=None, ge=0, le=100, decimal_places=4, sa_type=ExactDecimal)
    work_order_id: UUID | None = None
    inspection_id: UUID | None = None
    reasons: list[dict[str, Any]] = Field(default_factory=list, sa_type=Json)


class NewCharge(Charge):
    """A charge as it is asked for; a client that may be offline brings its own id."""

    id: UUID | None = None
    reasons: list[dict[str, Any]] = Field(default_factory=list, max_length=0)

    @model_validator(mode="after")
    def _by_hand(self) -> "NewCharge":
        if self.kind not in BY_HAND:
            raise ValueError(f"a {self.kind.value} follows from what happens to the contract: amend the contract")
        if (self.vat_category is None) != (self.vat_rate is None):
            raise ValueError("a VAT of its own needs both vat_category and vat_rate")
        return self


class Thing(NamedTuple):
    """What a thing is called on a bill."""

    serial: str = ""
    product: str = ""


def line_of_charge(charge_id: UUID, charge: Charge, thing: Thing) -> RatedLine:
    """Give the line of a charge, in its own day."""
    price = as_price(charge.unit_price)
    quantity = charge.quantity
    net = to_cents(quantity * price)
    inputs = {
        "kind": charge.kind.value,
        "on": str(charge.on_day),
        "quantity": str(quantity),
        "price": str(price),
        "work_order": _text(charge.work_order_id),
        "inspection": _text(charge.inspection_id),
    }
    told = [Reason.model_validate(one) for one in charge.reasons]
    return RatedLine(
        billed_of=charge_id,
        asset_id=charge.asset_id,
        serial=thing.serial,
        product=thing.product,
        name=charge.name,
        component=COMPONENT.get(charge.kind, Component.CHARGE),
        period_start=charge.on_day,
        period_end=charge.on_day + A_DAY,
        quantity=quantity,
        unit=charge.unit,
        unit_price=price,
        net=net,
        vat_category=charge.vat_category,
        vat_rate=charge.vat_rate,
        formula=f"{quantity} × {price} = {net}",
        reasons=[*told, Reason(code="bill.charge", rule=CHARGE_RULE, inputs=inputs, effect=float(net))],
    )


def deposit_back(identity: UUID, taken: Charge, on: date) -> RatedLine:
    """Give back a deposit on a day: the very sum that was taken, taxed as it was."""
    back = Charge.model_validate(taken.model_dump(include=set(Charge.model_fields)) | {"on_day": on})
    line = line_of_charge(identity, back.model_copy(update={"quantity": -taken.quantity}), Thing())
    inputs = {"amount": str(as_price(taken.unit_price)), "taken_on": str(taken.on_day), "on": str(on)}
    why = Reason(code="bill.deposit_back", rule=CHARGE_RULE, inputs=inputs, effect=float(line.net))
    return line.model_copy(update={"component": Component.DEPOSIT_RETURN, "reasons": [why]})


def back_of(charge_id: UUID) -> UUID:
    """Name the return of a deposit: always the same for the same deposit, so that it is returned once."""
    return uuid5(charge_id, "returned")


def _text(identity: UUID | None) -> str | None:
    return None if identity is None else str(identity)
