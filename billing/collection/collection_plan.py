"""What to do next about an invoice at Stripe: decided from how it stands there, never from what we think we did."""

from collections import defaultdict
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, NamedTuple

from billing.collection.collecting import CollectedState
from billing.collection.till import AddLines, Deed, FinalizeInvoice, PayInvoice, SeenInvoice, Tax, TillLine
from lifecycle.money import split

MOST_LINES = 250
"""Lines that Stripe takes at once; a longer invoice goes over as one line for each VAT rate."""
_CENTS = 100
_UNPAID = frozenset({CollectedState.OPEN, CollectedState.FAILED, CollectedState.UNCOLLECTIBLE})


class Wanted(NamedTuple):
    """An invoice as it should stand at Stripe, and how it is to be paid."""

    number: str
    total: int
    lines: tuple[TillLine, ...]
    payment_method: str
    nth: int
    """Which try this is: each order to collect is one."""
    try_again: bool
    """Collect although an earlier try failed."""


class OtherTotal(Exception):
    """Stripe adds an invoice up to something else than we did; it is never made final like that."""


class Next(NamedTuple):
    """A deed and the name of its operation, which has its effect once."""

    name: str
    deed: Deed


def next_deed(seen: SeenInvoice, wanted: Wanted) -> Next | None:
    """Give what brings an invoice further, None where nothing is left to do. Raises OtherTotal."""
    if seen.state is CollectedState.DRAFT and not seen.lines:
        return Next("lines", AddLines(seen.id, wanted.lines))
    if seen.state is CollectedState.DRAFT:
        if seen.total != wanted.total:
            raise OtherTotal(f"Stripe adds {wanted.number} up to {seen.total} cents, we to {wanted.total}")
        return Next("finalize", FinalizeInvoice(seen.id))
    first = seen.state is CollectedState.OPEN and not seen.attempts
    again = seen.state in _UNPAID and wanted.try_again
    if first or again:
        return Next(f"pay:{wanted.nth}", PayInvoice(seen.id, wanted.payment_method))
    return None


def cents(amount: Decimal) -> int:
    """Give an amount in cents.

    >>> cents(Decimal("12.34"))
    1234
    """
    return int((amount * _CENTS).to_integral_exact())


def till_lines(document: Mapping[str, Any]) -> tuple[TillLine, ...]:
    """Give the lines of a document with our VAT: that of each rate, shared out so that it adds up to the cent."""
    groups: defaultdict[tuple[str, str], list[Mapping[str, Any]]] = defaultdict(list)
    for line in document["lines"]:
        groups[line["vat_category"], _rate(line["vat_rate"])].append(line)
    shares = {(part["category"], _rate(part["rate"])): part for part in document["vat_shares"]}
    country = document["seller"]["country"]
    if len(document["lines"]) > MOST_LINES:
        return tuple(_whole(document["number"], part, country) for part in shares.values())
    made = {}
    for key, lines in groups.items():
        taxes = _shared_out(Decimal(shares[key]["vat"]), [Decimal(line["net"]) for line in lines])
        for line, tax in zip(lines, taxes, strict=True):
            net = cents(Decimal(line["net"]))
            made[line["position"]] = TillLine(_text(line), net, Tax(cents(tax), net, key[1], key[0], country))
    return tuple(made[position] for position in sorted(made))


def _rate(text: str) -> str:
    return format(Decimal(text).normalize(), "f")


def _shared_out(vat: Decimal, nets: list[Decimal]) -> list[Decimal]:
    """Share the VAT of a rate out over its lines by their amounts; where those cancel out, the first bears it."""
    if sum(nets) == 0:
        return [vat, *[Decimal(0)] * (len(nets) - 1)]
    return split(vat, nets)


def _whole(number: str, part: Mapping[str, Any], country: str) -> TillLine:
    net, rate = cents(Decimal(part["taxable"])), _rate(part["rate"])
    return TillLine(
        f"{number}, VAT {rate} %", net, Tax(cents(Decimal(part["vat"])), net, rate, part["category"], country)
    )


def _text(line: Mapping[str, Any]) -> str:
    words = (line.get("name"), line.get("product"), line.get("serial"), str(line["component"]).replace("_", " "))
    named = " · ".join(str(word) for word in words if word)
    return f"{named}, {line['period_start']} – {line['period_end']}"[:500]
