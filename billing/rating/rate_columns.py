"""Rate the plain lines of many contracts at once, in whole numbers by column: a fee by days, a use beyond an allowance.

It must give what `billing.rating.rated` gives line by line; what it cannot rate so, it leaves to that road.
"""

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from billing.contract.contract import Proration
from billing.period import Month
from billing.rating.proration import COMMERCIAL_MONTH

Whole = npt.NDArray[np.int64]
Truth = npt.NDArray[np.bool_]

POLICIES = {Proration.ACTUAL_DAYS: 0, Proration.FIXED_30: 1, Proration.FULL_MONTH: 2}
"""The policies that are rated here, with the number that stands for each in a column."""
LARGEST = float(2**62)
"""A product that comes near what 64 bits hold is left to the other road."""

FEE_DIGITS, PRICE_DIGITS, USE_DIGITS = 4, 8, 3
_CENTS_OF_FEE = 100
_USE_OF_ALLOWANCE = 10
_CENTS_OF_USE = 1_000_000_000
_MILLION = 1_000_000


class TermColumns(NamedTuple):
    """What contract lines owe by, a row each; days as ordinals, fees and allowances in ten-thousandths.

    Prices stand in hundred-millionths; `used`, what the meter counted, in thousandths; `metered` tells whether there
    is a meter at all.
    """

    starts: Whole
    ends: Whole
    policy: Whole
    fee: Whole
    metered: Truth
    unit_price: Whole
    allowance: Whole
    used: Whole


class RatedColumns(NamedTuple):
    """The lines of invoices: each names the row of its terms, and its amounts as a draft holds them."""

    row: Whole
    is_use: Truth
    starts: Whole
    ends: Whole
    quantity: Whole
    whole_month: Truth
    unit_price: Whole
    price_base: Whole
    net_cents: Whole


def too_large(terms: TermColumns) -> Truth:
    """Tell the rows whose products might not fit into 64 bits."""
    used = terms.used.astype(float) * _USE_OF_ALLOWANCE * COMMERCIAL_MONTH * 2
    use = terms.used.astype(float) * terms.unit_price.astype(float)
    fee, allowed = (column.astype(float) * COMMERCIAL_MONTH * 4 for column in (terms.fee * 1.0, terms.allowance * 1.0))
    price = terms.fee.astype(float) * 10**FEE_DIGITS
    return np.asarray(np.maximum.reduce([used, use, fee, allowed, price]) >= LARGEST)


def rate_columns(terms: TermColumns, *, month: Month) -> RatedColumns:
    """Price every row for one month: its fee where it has one, then its use where it has a meter, row by row.

    The days of a row are cut to the month; a row without a day in it gives no line.
    """
    first, last = month.start.toordinal(), month.end.toordinal()
    starts, ends = np.maximum(terms.starts, first), np.minimum(terms.ends, last)
    days, of = _shares(terms.policy, starts, ends, month)
    runs = starts < ends

    fees = np.flatnonzero(runs & (terms.fee != 0))
    uses = np.flatnonzero(runs & terms.metered)
    row = np.concatenate([fees, uses])
    is_use = np.concatenate([np.zeros(len(fees), bool), np.ones(len(uses), bool)])
    amounts = [
        np.concatenate(pair) for pair in zip(_fees(terms, fees, days, of), _uses(terms, uses, days, of), strict=True)
    ]
    order = np.lexsort((is_use, row))
    quantity, whole_month, unit_price, price_base, net_cents = (column[order] for column in amounts)
    row = row[order]
    return RatedColumns(
        row,
        is_use[order],
        starts[row],
        ends[row],
        quantity,
        whole_month.astype(bool),
        unit_price,
        price_base,
        net_cents,
    )


def _shares(policy: Whole, starts: Whole, ends: Whole, month: Month) -> tuple[Whole, Whole]:
    """Give the days that count and of how many, by each row's policy."""
    days, of = ends - starts, np.full(len(starts), month.days)
    commercial = np.array([min(day, COMMERCIAL_MONTH) for day in range(month.days)] + [COMMERCIAL_MONTH])
    first = month.start.toordinal()
    places = [np.clip(column - first, 0, month.days) for column in (starts, ends)]
    fixed = commercial[places[1]] - commercial[places[0]]
    is_fixed, is_full = policy == POLICIES[Proration.FIXED_30], policy == POLICIES[Proration.FULL_MONTH]
    counted = np.where(is_full, 1, np.where(is_fixed, fixed, days))
    return counted, np.where(is_full, 1, np.where(is_fixed, COMMERCIAL_MONTH, of))


def _fees(terms: TermColumns, rows: Whole, days: Whole, of: Whole) -> tuple[Any, ...]:
    fee, days, of = terms.fee[rows], days[rows], of[rows]
    whole = days == of
    return (
        np.where(whole, _MILLION, days * _MILLION),
        whole,
        fee * 10 ** (PRICE_DIGITS - FEE_DIGITS),
        np.where(whole, 1, of),
        _half_up(fee * days, of * _CENTS_OF_FEE),
    )


def _uses(terms: TermColumns, rows: Whole, days: Whole, of: Whole) -> tuple[Any, ...]:
    used, allowance, price, days, of = (
        column[rows] for column in (terms.used, terms.allowance, terms.unit_price, days, of)
    )
    beyond = np.maximum(0, used * _USE_OF_ALLOWANCE * of - allowance * days)
    billed = _half_up(beyond, _USE_OF_ALLOWANCE * of)
    return (
        billed * (_MILLION // 10**USE_DIGITS),
        np.zeros(len(rows), bool),
        price,
        np.ones(len(rows), np.int64),
        _half_up(billed * price, np.full(len(rows), _CENTS_OF_USE)),
    )


def vat_cents(net_cents: Whole, rate: Whole) -> Whole:
    """Give the VAT of whole contracts, their rates in ten-thousandths of a per cent, half-up and never of lines."""
    return _half_up(net_cents * rate, np.full(len(net_cents), 100 * 10**FEE_DIGITS))


def _half_up(above: Whole, below: Whole) -> Whole:
    """Divide by even numbers and round half-up; nothing here is less than nothing."""
    return np.asarray((above + below // 2) // below)
