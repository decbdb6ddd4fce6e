"""Rating turns a contract line, a month and the readings of its meter into priced lines, each with its reasons."""

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from typing import NamedTuple
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from billing.contract import Proration, VatCategory
from billing.period import Period
from billing.proof import Late, Proof, plain, to_thousandths
from billing.proration import Share, share
from billing.unit import DAY, MONTH, unit_code
from lifecycle.money import CENT, to_cents
from lifecycle.reason import Reason
from telemetry.meter import MeterVersion
from telemetry.refusal import Refusal
from telemetry.series_day import ReadingsForgotten

RULE = "rating/2"
NOTHING_READ = "bill.no_readings"


class Component(StrEnum):
    """What a line of an invoice charges or credits."""

    FEE = "fee"
    USE = "use"
    MINIMUM = "minimum"
    MAXIMUM = "maximum"
    DISCOUNT = "discount"
    CREDIT = "credit"
    DEPOSIT = "deposit"
    DEPOSIT_RETURN = "deposit_return"
    TERMINATION = "termination"
    BUY_OUT = "buy_out"
    CHARGE = "charge"
    CORRECTION = "correction"
    CARRIED_OVER = "carried_over"


class MeterRanBack(Refusal):
    """The meter says that less than nothing was used."""


class Meter(NamedTuple):
    """The meter that a line bills by, and the price beyond what the fee includes."""

    code: str
    unit: str
    unit_price: Decimal
    allowance: Decimal


class Terms(NamedTuple):
    """What one asset owes under its contract: the days in force are those of the contract and of the line."""

    line_id: UUID
    asset_id: UUID | None
    serial: str
    product: str
    starts_on: date
    ends_on: date | None
    monthly_fee: Decimal
    meter: Meter | None


class RatedLine(BaseModel):
    """A priced line: `net` is `quantity x unit_price / price_base`, half-up to cents."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    billed_of: UUID
    """What the line is of: the contract line, the charge, or the contract itself."""
    contract_line_id: UUID | None = None
    asset_id: UUID | None = None
    serial: str = ""
    product: str = ""
    name: str = ""
    """What it is called where it is no product and no word of ours suffices."""
    text: dict[str, str] = {}
    """The same in nl, fr and en."""
    component: Component
    revision: int = 0
    """Counts the corrections of one period, so that no two lines of one thing and period are alike."""
    meter: str | None = None
    period_start: date
    period_end: date
    quantity: Decimal
    unit: str
    unit_price: Decimal
    price_base: Decimal = Decimal(1)
    net: Decimal
    vat_category: VatCategory | None = None
    """Its own, where it is not taxed as its contract is."""
    vat_rate: Decimal | None = None
    formula: str
    opening: Decimal | None = None
    opening_at: datetime | None = None
    closing: Decimal | None = None
    closing_at: datetime | None = None
    reasons: list[Reason]


def rate(terms: Terms, *, month: Period, proration: Proration, proof: Proof) -> list[RatedLine]:
    """Price one line for one month: its fee where it has one, its metered use where it has a meter.

    A fee of nothing makes no line. A meter always makes one, of nothing where nothing beyond the allowance was used
    or nothing was read, so that the customer sees what the meter showed. Raises MeterRanBack, ReadingsForgotten and
    NoUnitCode.
    """
    part = month.meet(terms.starts_on, terms.ends_on)
    if part is None:
        return []
    owed = share(proration, part=part, whole=month)
    fee = [_fee(terms, part, owed, proration)] if terms.monthly_fee else []
    return fee + ([_use(terms, terms.meter, part, owed, proof)] if terms.meter else [])


def _fee(terms: Terms, part: Period, owed: Share, proration: Proration) -> RatedLine:
    fee = as_price(terms.monthly_fee)
    net = to_cents(fee * owed.days / owed.of)
    formula = f"{fee} = {net}" if owed.is_whole else f"{fee} × {owed.days} / {owed.of} = {net}"
    quantity = (
        {"quantity": Decimal(1), "unit": MONTH} if owed.is_whole else {"quantity": Decimal(owed.days), "unit": DAY}
    )
    inputs = {
        "policy": proration.value,
        "fee": str(fee),
        "days": part.days,
        "counted": owed.days,
        "of": owed.of,
        "from": str(part.start),
        "until": str(part.end),
        "formula": formula,
    }
    return RatedLine(
        **_named(terms, part),
        **quantity,
        component=Component.FEE,
        unit_price=fee,
        price_base=Decimal(1 if owed.is_whole else owed.of),
        net=net,
        formula=formula,
        reasons=[Reason(code="bill.days", rule="proration/1", inputs=inputs, effect=float(net))],
    )


def _use(terms: Terms, meter: Meter, part: Period, owed: Share, proof: Proof) -> RatedLine:
    if proof.increase < 0:
        raise MeterRanBack(f"{meter.code} of {terms.serial} ran back by {-proof.increase} {meter.unit}", field="meter")
    if proof.forgotten_days:
        sentence = (
            f"{meter.code} of {terms.serial} cannot be counted: the readings of {proof.forgotten_days} days are no "
            "longer kept; bill before the metric's keep_days are over"
        )
        raise ReadingsForgotten(sentence, field="meter")
    included, billed = billed_use(proof.increase, meter.allowance, owed)
    price = as_price(meter.unit_price)
    net = to_cents(billed * price)
    used = plain(proof.increase)
    rest = f"max(0, {used} − {included})" if included else f"{used}"
    formula = f"{rest} = {billed}; {billed} × {price} = {net}" if included else f"{rest} × {price} = {net}"
    return RatedLine(
        **_named(terms, part),
        component=Component.USE,
        meter=meter.code,
        quantity=billed,
        unit=unit_code(meter.unit),
        unit_price=price,
        net=net,
        formula=formula,
        opening=proof.opening,
        opening_at=proof.opening_at,
        closing=proof.closing,
        closing_at=proof.closing_at,
        reasons=_why_use(meter, owed, proof, included=included, billed=billed, net=net),
    )


def billed_use(increase: Decimal, allowance: Decimal, owed: Share) -> tuple[Decimal, Decimal]:
    """Give what the fee includes, prorated as the fee is, and what goes beyond it; rounded once.

    >>> billed_use(Decimal(120), Decimal(62), Share(15, 31))
    (Decimal('30'), Decimal('90'))
    """
    included = owed.part_of(allowance)
    beyond = max(Fraction(0), Fraction(increase) - included)
    return to_thousandths(included), to_thousandths(beyond)


def _why_use(
    meter: Meter, owed: Share, proof: Proof, *, included: Decimal, billed: Decimal, net: Decimal
) -> list[Reason]:
    shown = {
        "metric": meter.code,
        "unit": meter.unit,
        "readings": proof.readings,
        "increase": str(plain(proof.increase)),
        "opening": _text(proof.opening),
        "opening_at": _text(proof.opening_at),
        "closing": _text(proof.closing),
        "closing_at": _text(proof.closing_at),
    }
    allowed = {
        "allowance": str(plain(meter.allowance)),
        "counted": owed.days,
        "of": owed.of,
        "included": str(included),
        "billed": str(billed),
    }
    priced = {"billed": str(billed), "price": str(as_price(meter.unit_price))}
    read = _read(proof)
    named = [_counted(proof.counted_by, proof.versions)] if proof.counted_by and read != NOTHING_READ else []
    return [
        Reason(code=read, rule=RULE, inputs=shown | _covered(proof)),
        *([_came_late(meter, proof.late)] if proof.late else []),
        *named,
        *([Reason(code="bill.allowance", rule=RULE, inputs=allowed)] if meter.allowance else []),
        Reason(code="bill.price", rule=RULE, inputs=priced, effect=float(net)),
    ]


def _read(proof: Proof) -> str:
    if proof.covered_hours or proof.late:
        return "bill.measured"
    return "bill.readings" if proof.readings else NOTHING_READ


def _covered(proof: Proof) -> dict[str, str]:
    if proof.covered_hours is None:
        return {}
    return {"covered": str(proof.covered_hours), "longest_gap": str(proof.longest_gap_hours)}


def _came_late(meter: Meter, late: Sequence[Late]) -> Reason:
    told = {str(one.of): str(one.use) for one in late}
    inputs = {"metric": meter.code, "late": told, "late_use": str(plain(sum((one.use for one in late), Decimal(0))))}
    return Reason(code="bill.late", rule=RULE, inputs=inputs)


def _counted(by: MeterVersion, versions: Sequence[int]) -> Reason:
    """Name the meter and its version, with all that it means."""
    told = by.model_dump(mode="json", include={"version", "threshold", "side", "drawn", "means"}, exclude_none=True)
    inputs = {"meter": by.code, "of": by.metric, "gap_seconds": by.longest_gap, "versions": list(versions), **told}
    return Reason(code=f"bill.meter_{by.way.value}", rule=RULE, inputs=inputs)


def _named(terms: Terms, part: Period) -> dict[str, object]:
    return {
        "billed_of": terms.line_id,
        "contract_line_id": terms.line_id,
        "asset_id": terms.asset_id,
        "serial": terms.serial,
        "product": terms.product,
        "period_start": part.start,
        "period_end": part.end,
    }


def as_price(number: Decimal) -> Decimal:
    """Write a price with two decimals, and with more where it has more.

    >>> as_price(Decimal("0.12500")), as_price(Decimal(50))
    (Decimal('0.125'), Decimal('50.00'))
    """
    bare = plain(number)
    in_cents = bare.quantize(CENT)
    return in_cents if in_cents == bare else bare


def _text(value: Decimal | datetime | None) -> str | None:
    return value.isoformat() if isinstance(value, datetime) else None if value is None else str(value)
