"""Rate use: what a meter counted, beyond the allowance, at its price; on what is counted together, never per slice."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple

from billing.contract.charging import ZeroUse
from billing.contract.tariff import PriceModel
from billing.contract.unit import unit_code
from billing.proof import Proof, plain, to_thousandths
from billing.rating.cadence import Slot
from billing.rating.price_use import PricedPart, beyond, priced, spelled, total
from billing.rating.proration import Share, share
from billing.rating.rated import (
    RULE,
    Component,
    Meter,
    MeterRanBack,
    Policies,
    RatedLine,
    Terms,
    as_amount,
    as_price,
    named,
)
from lifecycle.reason import Reason
from telemetry.meter import MeterVersion
from telemetry.series_day import ReadingsForgotten

NOTHING_READ = "bill.no_readings"


class UseRating(NamedTuple):
    """What the use so far costs, where so much of it was billed with earlier parts of the same window."""

    included: Decimal
    """What the fee includes of the window, for the days of the line in it."""
    before: Decimal
    """Beyond the allowance, up to this part of the window."""
    after: Decimal
    parts: list[PricedPart]
    charged_before: Decimal
    charged: Decimal
    """Of the whole window up to and including this part."""

    @property
    def billed(self) -> Decimal:
        """Give the units of this part."""
        return plain(self.after - self.before)

    @property
    def net(self) -> Decimal:
        """Give what this part costs."""
        return self.charged - self.charged_before


def window_share(terms: Terms, slot: Slot, policies: Policies) -> Share:
    """Give the share of the window in which the line runs: the allowance, minimum and maximum are owed for it."""
    part = slot.window.meet(terms.starts_on, terms.ends_on)
    return share(policies.proration, part=part or slot.part, whole=slot.window)


def use_rating(
    terms: Terms, meter: Meter, slot: Slot, policies: Policies, used: Decimal, before: Decimal | None
) -> UseRating:
    """Price what was used in this part; `before` is what was used in the window before it, None in its first part.

    What is charged is what the window owes after this part, less what it owed before: the parts always add up to the
    whole, however it is cut.
    """
    included = window_share(terms, slot, policies).part_of(meter.allowance)
    flat = policies.zero_use is ZeroUse.FLAT_FEE
    tariff = terms.tariff
    first, so_far = (beyond(use, included, tariff.rounding) for use in (before or Decimal(0), (before or 0) + used))
    parts = priced(tariff, meter.unit_price, so_far, flat_at_zero=flat)
    owed = [] if before is None else priced(tariff, meter.unit_price, first, flat_at_zero=flat)
    return UseRating(to_thousandths(included), first, so_far, parts, total(owed), total(parts))


def rate_use(terms: Terms, slot: Slot, policies: Policies, proof: Proof, before: Decimal | None) -> list[RatedLine]:
    """Give the line of a meter; one of nothing where nothing was used, so that the customer sees what it showed.

    Raises MeterRanBack, ReadingsForgotten and NoUnitCode.
    """
    meter = terms.meter
    if meter is None:
        return []
    _check(terms, meter, proof)
    rating = use_rating(terms, meter, slot, policies, proof.increase, before)
    return [
        RatedLine(
            **named(terms, slot.part),
            **_counted(terms, meter, rating),
            component=Component.USE,
            meter=meter.code,
            formula=_formula(terms, meter, proof, rating, before),
            opening=proof.opening,
            opening_at=proof.opening_at,
            closing=proof.closing,
            closing_at=proof.closing_at,
            reasons=_why(terms, meter, slot, policies, proof, rating, before),
        )
    ]


def _check(terms: Terms, meter: Meter, proof: Proof) -> None:
    if proof.increase < 0:
        raise MeterRanBack(f"{meter.code} of {terms.serial} ran back by {-proof.increase} {meter.unit}", field="meter")
    if proof.forgotten_days:
        sentence = (
            f"{meter.code} of {terms.serial} cannot be counted: the readings of {proof.forgotten_days} days are no "
            "longer kept; bill before the metric's keep_days are over"
        )
        raise ReadingsForgotten(sentence, field="meter")


def _counted(terms: Terms, meter: Meter, rating: UseRating) -> dict[str, Any]:
    """Give quantity and price: those of a unit where one price makes the line, else so much for so many."""
    unit, price = unit_code(meter.unit), as_price(meter.unit_price)
    if terms.tariff.price_model is PriceModel.PER_UNIT and total([PricedPart(rating.billed, price)]) == rating.net:
        return {"quantity": rating.billed, "unit": unit, "unit_price": price, "net": rating.net}
    return as_amount(rating.net, rating.billed, unit)


def _formula(terms: Terms, meter: Meter, proof: Proof, rating: UseRating, before: Decimal | None) -> str:
    used = f"{plain(proof.increase + (before or 0))}"
    rest = f"max(0, {used} − {rating.included})" if rating.included else used
    whole = f"{spelled(rating.parts)} = {rating.charged}"
    if terms.tariff.price_model is PriceModel.PER_UNIT and not before:
        one = f"{rest} = {rating.after}; " if rating.included or rest != str(rating.after) else ""
        return f"{one}{rating.after} × {as_price(meter.unit_price)} = {rating.net}"
    earlier = f"; {rating.charged} − {rating.charged_before} = {rating.net}" if before is not None else ""
    return f"{rest} = {rating.after}; {whole}{earlier}"


def _why(
    terms: Terms,
    meter: Meter,
    slot: Slot,
    policies: Policies,
    proof: Proof,
    rating: UseRating,
    before: Decimal | None,
) -> list[Reason]:
    read = _read(proof)
    named_meter = [_meter(proof.counted_by, proof.versions)] if proof.counted_by and read != NOTHING_READ else []
    return [
        Reason(code=read, rule=RULE, inputs=_shown(meter, proof) | _covered(proof)),
        *named_meter,
        *([_window(slot, before)] if before is not None else []),
        *([_allowance(terms, meter, slot, policies, rating)] if meter.allowance else []),
        _price(terms, meter, policies, rating),
    ]


def _shown(meter: Meter, proof: Proof) -> dict[str, Any]:
    return {
        "metric": meter.code,
        "unit": meter.unit,
        "readings": proof.readings,
        "increase": str(plain(proof.increase)),
        "opening": _text(proof.opening),
        "opening_at": _text(proof.opening_at),
        "closing": _text(proof.closing),
        "closing_at": _text(proof.closing_at),
    }


def _read(proof: Proof) -> str:
    if proof.covered_hours:
        return "bill.measured"
    return "bill.readings" if proof.readings else NOTHING_READ


def _covered(proof: Proof) -> dict[str, str]:
    if proof.covered_hours is None:
        return {}
    return {"covered": str(proof.covered_hours), "longest_gap": str(proof.longest_gap_hours)}


def _meter(by: MeterVersion, versions: Sequence[int]) -> Reason:
    """Name the meter and its version, with all that it means."""
    told = by.model_dump(mode="json", include={"version", "threshold", "side", "drawn", "means"}, exclude_none=True)
    inputs = {"meter": by.code, "of": by.metric, "gap_seconds": by.longest_gap, "versions": list(versions), **told}
    return Reason(code=f"bill.meter_{by.way.value}", rule=RULE, inputs=inputs)


def _window(slot: Slot, before: Decimal) -> Reason:
    inputs = {
        "used_before": str(plain(before)),
        "window_from": str(slot.window.start),
        "window_until": str(slot.window.end),
    }
    return Reason(code="bill.counted_over", rule=RULE, inputs=inputs)


def _allowance(terms: Terms, meter: Meter, slot: Slot, policies: Policies, rating: UseRating) -> Reason:
    owed = window_share(terms, slot, policies)
    inputs = {
        "allowance": str(plain(meter.allowance)),
        "counted": owed.days,
        "of": owed.of,
        "included": str(rating.included),
        "billed": str(rating.billed),
    }
    return Reason(code="bill.allowance", rule=RULE, inputs=inputs)


def _price(terms: Terms, meter: Meter, policies: Policies, rating: UseRating) -> Reason:
    tariff, net = terms.tariff, float(rating.net)
    if tariff.price_model is PriceModel.PER_UNIT:
        inputs = {"billed": str(rating.billed), "price": str(as_price(meter.unit_price))}
        return Reason(code="bill.price", rule=RULE, inputs=inputs, effect=net)
    inputs = {
        "model": tariff.price_model.value,
        "counted": str(rating.after),
        "parts": spelled(rating.parts),
        "charged": str(rating.charged),
        "charged_before": str(rating.charged_before),
        "zero_use": policies.zero_use.value,
    }
    return Reason(code=f"bill.{tariff.price_model.value}", rule=RULE, inputs=inputs, effect=net)


def _text(value: Decimal | datetime | None) -> str | None:
    return value.isoformat() if isinstance(value, datetime) else None if value is None else str(value)
