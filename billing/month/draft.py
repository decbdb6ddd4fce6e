"""A draft says to the cent what a contract would be billed, in whole numbers, with a hash of all that it says."""

import json
from collections.abc import Sequence
from decimal import Decimal
from functools import cache
from hashlib import sha256
from typing import Any, NamedTuple
from uuid import UUID

from billing.contract.contract import Contract
from billing.rating.rated import RatedLine
from billing.vat import Taxed, vat_shares
from telemetry.refusal import Refusal

CENTS, RATE_DIGITS, MILLIONTHS, HUNDRED_MILLIONTHS = 2, 4, 6, 8
LARGEST = 2**63 - 1

LINE = "%s|%s|%s|%s|%s|%s|%s|%s|%s|%s|%s"
"""A line as it is hashed: its fields in their order."""


class TooFine(Refusal):
    """An amount has more digits than a draft can show."""


class DraftLine(NamedTuple):
    """One line; ids as 32 hexadecimal digits, days in ISO form, numbers scaled to whole ones."""

    billed_of: str
    asset_id: str | None
    component: str
    starts_on: str
    ends_on: str
    quantity: int
    unit: str
    unit_price: int
    price_base: int
    net_cents: int
    told: str | None
    """What else the line says: what its meter showed, its name, a VAT of its own."""


class Draft(NamedTuple):
    """All that a contract would be billed for a month."""

    lines: list[DraftLine]
    net_cents: int
    vat_cents: int
    hash: str


def draft_of(contract: Contract, rated: Sequence[RatedLine]) -> Draft:
    """Draw up a draft. Raises TooFine."""
    lines = [draft_line(line) for line in rated]
    taxed = [Taxed(line.vat_category or contract.vat_category, _rate(contract, line), line.net) for line in rated]
    vat = sum((share.vat for share in vat_shares(taxed)), Decimal("0.00"))
    net = sum(line.net_cents for line in lines)
    return Draft(lines, net, scaled(vat, CENTS), draft_hash(head_of(contract), lines))


def _rate(contract: Contract, line: RatedLine) -> Decimal:
    return contract.vat_rate if line.vat_rate is None else line.vat_rate


def draft_line(line: RatedLine) -> DraftLine:
    """Put one rated line into whole numbers. Raises TooFine."""
    return DraftLine(
        billed_of=line.billed_of.hex,
        asset_id=None if line.asset_id is None else line.asset_id.hex,
        component=line.component.value,
        starts_on=line.period_start.isoformat(),
        ends_on=line.period_end.isoformat(),
        quantity=scaled(line.quantity, MILLIONTHS),
        unit=line.unit,
        unit_price=scaled(line.unit_price, HUNDRED_MILLIONTHS),
        price_base=scaled(line.price_base, 0),
        net_cents=scaled(line.net, CENTS),
        told=_told(line),
    )


def _told(line: RatedLine) -> str | None:
    if line.meter is not None and not (line.name or line.text or line.vat_category):
        return meter_told(line.meter, line)
    told = {
        "meter": line.meter and meter_told(line.meter, line),
        "name": line.name,
        "text": line.text,
        "vat": line.vat_category and [line.vat_category.value, str(line.vat_rate)],
    }
    kept = {name: value for name, value in told.items() if value}
    return json.dumps(kept, ensure_ascii=False, sort_keys=True) if kept else None


def meter_told(meter: str, shown: Any) -> str:
    """Write what a meter showed, of a rated line or of a proof: both have the readings at the ends."""
    ends = (shown.opening, shown.opening_at, shown.closing, shown.closing_at)
    return " ".join(
        (meter, *("-" if end is None else end.isoformat() if hasattr(end, "isoformat") else str(end) for end in ends))
    )


def scaled(number: Decimal, digits: int) -> int:
    """Write a number as a whole one of so many digits. Raises TooFine where that would round it.

    >>> scaled(Decimal("12.50"), CENTS)
    1250
    """
    exact = number.scaleb(digits)
    whole = int(exact)
    if whole != exact or abs(whole) > LARGEST:
        raise TooFine(
            f"{number} has more digits than a draft can show; at most {digits} behind the point", field="lines"
        )
    return whole


def unscaled(whole: int, digits: int) -> Decimal:
    """Give the number back.

    >>> unscaled(1250, CENTS)
    Decimal('12.50')
    """
    return Decimal(whole).scaleb(-digits)


def head_of(contract: Contract) -> str:
    """Write what all lines of a contract share and the buyer is billed by."""
    one = contract
    return f"{one.customer_id.hex}|{one.currency}|{one.vat_category.value}|{_rate_of(one.vat_rate)}|{one.payment_days}"


@cache
def _rate_of(rate: Decimal) -> int:
    """Write one of the few rates that there are."""
    return scaled(rate, RATE_DIGITS)


def draft_hash(head: str, lines: Sequence[tuple[Any, ...]]) -> str:
    """Hash a draft: whatever would be billed otherwise has another hash."""
    return sha256("\n".join([head, *(LINE % line for line in lines)]).encode()).hexdigest()


def month_hash(drafts: Sequence[tuple[UUID, str]]) -> str:
    """Hash the drafts of a month, in the order of their contracts: what finance saw is exactly this."""
    return sha256("".join(f"{contract_id.hex}{each}" for contract_id, each in sorted(drafts)).encode()).hexdigest()
