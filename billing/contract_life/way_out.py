"""What it costs to leave early, to buy the thing, or to go on: each by a formula that is printed."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from billing.contract_life.anniversary import months_between, months_on
from billing.contract_life.clause import BuyOut, EarlyTermination, Quantile, RenewalPrice, TerminationFormula
from billing.proof import plain
from billing.rating.rated import as_price
from lifecycle.money import to_cents
from lifecycle.reason import Reason
from telemetry.refusal import Refusal

RULE = "way_out/1"
HUNDRED = Decimal(100)

Values = Mapping[Quantile, Decimal | None]
"""What a thing is worth on a day."""


class ValueUnknown(Refusal):
    """A price rests on the value of a thing that cannot be told."""


class Price(NamedTuple):
    """A price with its formula and reasons."""

    amount: Decimal
    formula: str
    reason: Reason


class Leaving(NamedTuple):
    """A line that ends before its day: its fee a month, the day it ends and the day agreed."""

    serial: str
    monthly_fee: Decimal
    on: date
    agreed: date


def remaining_fees(leaving: Leaving, at_most_months: int | None) -> tuple[Decimal, str]:
    """Give the fees from the end up to the agreed end, whole months and the days that remain, and how."""
    until = leaving.agreed if at_most_months is None else min(leaving.agreed, months_on(leaving.on, at_most_months))
    months = months_between(leaving.on, until)
    last = months_on(leaving.on, months)
    days, of = (until - last).days, (months_on(leaving.on, months + 1) - last).days
    fee = as_price(leaving.monthly_fee)
    fees = to_cents(fee * months + fee * days / of)
    return fees, f"{fee} × ({months} + {days}/{of})" if days else f"{fee} × {months}"


def termination_price(terms: EarlyTermination, leaving: Leaving, *, then: Values, agreed: Values) -> Price:
    """Give what it costs to end a line early. Raises ValueUnknown."""
    fees, formula = remaining_fees(leaving, terms.at_most_months)
    part = fees * terms.percent / HUNDRED
    formula = f"{formula} × {plain(terms.percent)} %"
    kept = Decimal(0)
    if terms.formula is TerminationFormula.LOST_VALUE:
        now, later = _known(then, Quantile.P50, leaving.serial), _known(agreed, Quantile.P50, leaving.serial)
        kept = max(now - later, Decimal(0))
        formula = f"max(0, {formula} − ({now} − {later}))"
    amount = to_cents(max(part - kept, Decimal(0)))
    inputs = {
        "serial": leaving.serial,
        "formula": f"{formula} = {amount}",
        "how": terms.formula.value,
        "percent": str(plain(terms.percent)),
        "fees": str(fees),
        "kept_value": str(to_cents(kept)),
        "on": str(leaving.on),
        "agreed": str(leaving.agreed),
    }
    why = Reason(code="bill.termination", rule=RULE, inputs=inputs, effect=float(amount))
    return Price(amount, f"{formula} = {amount}", why)


def buy_out_price(terms: BuyOut, *, serial: str, on: date, values: Values) -> Price:
    """Give for how much a thing may be bought on a day. Raises ValueUnknown."""
    worth = _known(values, terms.quantile, serial)
    amount = to_cents(max(worth * terms.percent / HUNDRED, terms.minimum))
    formula = f"max({as_price(terms.minimum)}, {worth} × {plain(terms.percent)} %) = {amount}"
    return Price(amount, formula, _of_value("bill.buy_out", serial, on, terms.quantile, worth, formula, amount))


def renewal_fee(terms: RenewalPrice, *, serial: str, on: date, months: int, values: Values) -> Price:
    """Give the monthly fee of a thing after a renewal. Raises ValueUnknown."""
    worth = _known(values, terms.quantile, serial)
    amount = to_cents(max(worth * terms.percent / HUNDRED / months, terms.minimum))
    formula = f"max({as_price(terms.minimum)}, {worth} × {plain(terms.percent)} % / {months}) = {amount}"
    return Price(amount, formula, _of_value("bill.renewal_fee", serial, on, terms.quantile, worth, formula, amount))


def _of_value(
    code: str, serial: str, on: date, quantile: Quantile, worth: Decimal, formula: str, amount: Decimal
) -> Reason:
    inputs = {
        "serial": serial,
        "on": str(on),
        "quantile": quantile.value,
        "worth": str(to_cents(worth)),
        "formula": formula,
    }
    return Reason(code=code, rule=RULE, inputs=inputs, effect=float(amount))


def _known(values: Values, quantile: Quantile, serial: str) -> Decimal:
    worth = values.get(quantile)
    if worth is None:
        sentence = f"the value of {serial} cannot be told, and this price rests on it; give its product a value curve"
        raise ValueUnknown(sentence, field="asset_id")
    return to_cents(worth)
