"""Rate an offer: what a contract that nobody has signed would cost, month by month, by the rules of real bills."""

from datetime import UTC, date, datetime
from decimal import Decimal
from uuid import UUID

from pydantic import BaseModel

from billing.contract.contract import NewContract, in_digits
from billing.contract.offer import NAME, Offer, OfferedLine
from billing.contract.unit import unit_code
from billing.due import Due, Read, policies_of
from billing.needed_reads import Need, needed_slots
from billing.period import LAST_DAY, Month, Period, months_later
from billing.proof import NO_READINGS
from billing.rate_contract import rate_contract
from billing.rating.rated import Component, Meter, RatedLine, Terms
from billing.tables import ContractRecord
from billing.vat import Taxed, VatShare, check_rate, vat_shares
from lifecycle.reason import Reason
from lifecycle.tables import CustomerRecord

OFFER_RULE = "offer/1"
NOTHING = Decimal("0.00")
UNSIGNED = datetime(1970, 1, 1, tzinfo=UTC)
READ = frozenset({"bill.readings", "bill.no_readings"})


class OfferMonth(BaseModel):
    """What the bill of a month would be."""

    month: str
    lines: list[RatedLine]
    """Each is of the line of the offer whose place `billed_of` ends with."""
    vat_shares: list[VatShare]
    net: Decimal
    vat: Decimal
    gross: Decimal


class RatedOffer(BaseModel):
    """What an offer comes to."""

    currency: str
    zone: str
    starts_on: date
    ends_on: date | None
    months: list[OfferMonth]
    net: Decimal
    vat: Decimal
    gross: Decimal


def rate_offer(offer: Offer) -> RatedOffer:
    """Give what each month of an offer would cost at the use that is assumed. Reads nothing and stores nothing.

    Raises WrongTerms, UnknownZone, NotAPeriod, WrongRate and NoUnitCode.
    """
    contract = offer.as_contract()
    check_rate(contract.vat_category, contract.vat_rate)
    due = _due(offer, contract)
    months: list[OfferMonth] = []
    for month in _months(offer, contract.starts_on):
        lines = rate_contract(due._replace(reads=_reads(offer, due, month)), month=month)
        left_over = sum((line.net for line in lines if line.component is Component.CARRIED_OVER), NOTHING)
        due = due._replace(carried=due.carried + left_over)
        months.append(_month(contract, month, [_as_assumed(line) for line in lines]))
    return RatedOffer(
        currency=contract.currency,
        zone=contract.zone,
        starts_on=contract.starts_on,
        ends_on=contract.ends_on,
        months=months,
        net=sum((one.net for one in months), NOTHING),
        vat=sum((one.vat for one in months), NOTHING),
        gross=sum((one.gross for one in months), NOTHING),
    )


def _months(offer: Offer, first_day: date) -> list[Month]:
    first = Month(offer.first_month or f"{first_day:%Y-%m}")
    starts = [start for count in range(offer.months) if (start := months_later(first.start, count)) < LAST_DAY]
    return [Month(f"{start:%Y-%m}") for start in starts]


def _due(offer: Offer, contract: NewContract) -> Due:
    """Give what the offer owes its bills by, as a signed contract does; it has no buyer yet."""
    own = {"tenant_id": 0, "id": UUID(int=0), "signed_at": UNSIGNED}
    record = ContractRecord.model_validate(contract.model_dump(exclude={"id", "lines"}) | own)
    terms = [_terms(contract, place, line) for place, line in enumerate(offer.lines)]
    return Due(record, CustomerRecord(tenant_id=0, code=NAME, name=NAME), terms, [], policies=policies_of(contract))


def _terms(contract: NewContract, place: int, offered: OfferedLine) -> Terms:
    line = contract.lines[place]
    if line.meter is not None:
        unit_code(offered.unit)
    return Terms(
        line_id=UUID(int=place + 1),
        asset_id=None,
        serial="",
        product=offered.name,
        starts_on=line.starts_on,
        ends_on=line.ends_on or contract.ends_on,
        monthly_fee=line.monthly_fee,
        meter=Meter(line.meter, offered.unit, line.unit_price or Decimal(0), line.allowance) if line.meter else None,
        tariff=line.tariff,
    )


def _reads(offer: Offer, due: Due, month: Month) -> dict[tuple[UUID, date], Read]:
    """Give the use that is assumed where a bill would read a meter."""
    return {(need.terms.line_id, need.slot.part.start): _read(offer, need) for need in needed_slots(due, [month])}


def _read(offer: Offer, need: Need) -> Read:
    line = offer.lines[need.terms.line_id.int - 1]
    used, *before = [_used(line, days, offer.zone) for days in need.spans]
    return Read(NO_READINGS._replace(increase=used), before[0] if before else None)


def _used(line: OfferedLine, days: Period, zone: str) -> Decimal:
    return in_digits(line.used(days, zone))


def _as_assumed(line: RatedLine) -> RatedLine:
    """Say that use was assumed, where a bill says what was read."""
    return line.model_copy(update={"reasons": [_assumed(why) if why.code in READ else why for why in line.reasons]})


def _assumed(why: Reason) -> Reason:
    inputs = {key: why.inputs[key] for key in ("metric", "unit", "increase")}
    return Reason(code="bill.assumed_use", rule=OFFER_RULE, inputs=inputs)


def _month(contract: NewContract, month: Month, lines: list[RatedLine]) -> OfferMonth:
    shares = vat_shares(Taxed(contract.vat_category, contract.vat_rate, line.net) for line in lines)
    net = sum((line.net for line in lines), NOTHING)
    vat = sum((share.vat for share in shares), NOTHING)
    return OfferMonth(month=str(month), lines=lines, vat_shares=shares, net=net, vat=vat, gross=net + vat)
