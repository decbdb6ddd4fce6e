"""A credit note takes back an invoice or a part of it; those of one invoice never add up to more than it."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from pydantic import BaseModel, ConfigDict, Field

from billing.contract.contract import VatCategory
from billing.invoice import Credited, Invoice, InvoiceLine, Kind, Why
from billing.proof import plain
from billing.vat import PERCENT, Taxed, VatShare, vat_shares
from lifecycle.label import Line
from lifecycle.money import CENT, to_cents
from lifecycle.reason import Reason
from telemetry.refusal import Refusal

RULE = "credit_note/1"
ONE = "C62"
"""Unit of a line that takes back an amount, not so many of what was billed."""


class NotToBeCredited(Refusal):
    """The document cannot be credited so: it is a credit note itself, has no such line, or nothing is left of it."""


class TooMuchCredited(Refusal):
    """More would be given back than is left of what was billed."""


class CreditLine(BaseModel):
    """A line to take back: all that is left of it, or an amount without VAT, or so many of its units."""

    model_config = ConfigDict(extra="forbid")

    position: int = Field(ge=1, le=1_000_000)
    amount: Decimal | None = Field(default=None, gt=0, max_digits=14, decimal_places=2)
    quantity: Decimal | None = Field(default=None, gt=0, max_digits=14, decimal_places=3)


class CreditWanted(BaseModel):
    """What to take back of an invoice and why; without lines all that is left of it."""

    model_config = ConfigDict(extra="forbid")

    why: Why
    note: Line = Field(default="", max_length=500)
    lines: list[CreditLine] = Field(default=[], max_length=10_000)


class _Taken(NamedTuple):
    """What is taken back of a line: so many at a price, and the net of it."""

    quantity: Decimal
    unit: str
    unit_price: Decimal
    price_base: Decimal
    net: Decimal


def draw_credit_note(
    invoice: Invoice, earlier: Sequence[Invoice], wanted: CreditWanted, *, number: str, issued_on: date
) -> Invoice:
    """Draw up a credit note; `earlier` are those that the invoice has already. Allocates no number.

    Each amount is less than nothing, so that an invoice and its credit notes add up to what is still owed. The VAT is
    that of all that is credited so far, less what was credited before: the last one takes the remainder, to the cent.
    Raises NotToBeCredited and TooMuchCredited.
    """
    if invoice.kind is Kind.CREDIT_NOTE:
        raise NotToBeCredited(f"{invoice.number} is a credit note; credit the invoice it belongs to", field="number")
    lines = _lines(invoice, _left(invoice, earlier), wanted)
    shares = _shares(invoice, earlier, lines)
    net = sum((line.net for line in lines), Decimal("0.00"))
    vat = sum((part.vat for part in shares), Decimal("0.00"))
    if net > 0:
        raise TooMuchCredited(f"these lines of {invoice.number} took off its amount; credit the others too")
    told = {
        "kind": Kind.CREDIT_NOTE,
        "number": number,
        "issued_on": issued_on,
        "due_on": issued_on,
        "lines": lines,
        "vat_shares": shares,
        "net": net,
        "vat": vat,
        "gross": net + vat,
        "credited": Credited(number=invoice.number, issued_on=invoice.issued_on, why=wanted.why, note=wanted.note),
    }
    kept = {name: getattr(invoice, name) for name in Invoice.model_fields if name != "rule"}
    return Invoice(**kept | told)


def _left(invoice: Invoice, earlier: Sequence[Invoice]) -> dict[int, Decimal]:
    """Give what is left of each line."""
    left = {line.position: line.net for line in invoice.lines}
    for line in (line for note in earlier for line in note.lines):
        if line.credits_line is not None:
            left[line.credits_line] += line.net
    return left


def _lines(invoice: Invoice, left: dict[int, Decimal], wanted: CreditWanted) -> list[InvoiceLine]:
    """Take lines back: those that are asked for, or all of which something is left."""
    by_position = {line.position: line for line in invoice.lines}
    asked = wanted.lines or [CreditLine(position=position) for position, net in left.items() if net]
    if not asked:
        raise NotToBeCredited(f"nothing is left of {invoice.number} to credit", field="number")
    if len({one.position for one in asked}) < len(asked):
        raise NotToBeCredited("a line is named twice; name each once", field="lines")
    lines: list[InvoiceLine] = []
    for place, one in enumerate(asked):
        line = by_position.get(one.position)
        if line is None or not left[one.position]:
            why = "has no line" if line is None else "has nothing left of line"
            raise NotToBeCredited(f"{invoice.number} {why} {one.position}", field=f"lines.{place}.position")
        taken = _taken(line, left[one.position], one, place)
        lines.append(_turned(line, taken, position=len(lines) + 1, wanted=wanted))
    return lines


def _taken(line: InvoiceLine, left: Decimal, asked: CreditLine, place: int) -> _Taken:
    """Say what is taken back: the whole line as it was billed turned round, or an amount of it."""
    if asked.quantity is not None and asked.amount is not None:
        raise NotToBeCredited("say an amount or a quantity, not both", field=f"lines.{place}.amount")
    if left == line.net and asked.amount is None and asked.quantity in {None, line.quantity}:
        return _Taken(-line.quantity, line.unit, line.unit_price, line.price_base, -line.net)
    sign = 1 if left > 0 else -1
    if asked.quantity is not None:
        net = to_cents(sign * asked.quantity * abs(line.unit_price) / line.price_base)
        _check_left(line, left, net, f"lines.{place}.quantity")
        quantity = -sign * asked.quantity
        return _Taken(quantity, line.unit, abs(line.unit_price), line.price_base, -net)
    net = left if asked.amount is None else sign * asked.amount.quantize(CENT)
    _check_left(line, left, net, f"lines.{place}.amount")
    return _Taken(Decimal(-sign), ONE, abs(net), Decimal(1), -net)


def _check_left(line: InvoiceLine, left: Decimal, net: Decimal, field: str) -> None:
    if abs(net) > abs(left):
        sentence = f"{abs(left)} is left of line {line.position}, so {abs(net)} cannot be given back"
        raise TooMuchCredited(sentence, field=field)


def _turned(line: InvoiceLine, taken: _Taken, *, position: int, wanted: CreditWanted) -> InvoiceLine:
    whole = taken.net == -line.net and taken.unit == line.unit
    formula = line.formula if whole else _formula(taken)
    inputs = {"line": line.position, "billed": str(line.net), "credited": str(-taken.net), "why": wanted.why.value}
    reason = Reason(code="bill.credited", rule=RULE, inputs=inputs, effect=float(taken.net))
    fields = {name: getattr(line, name) for name in InvoiceLine.model_fields}
    changed = {"position": position, "credits_line": line.position, "formula": formula}
    return InvoiceLine(**fields | taken._asdict() | changed | {"reasons": [*line.reasons, reason]})


def _formula(taken: _Taken) -> str:
    per = "" if taken.price_base == 1 else f" / {plain(taken.price_base)}"
    return f"{plain(abs(taken.quantity))} × {taken.unit_price}{per} = {abs(taken.net)}"


def _shares(invoice: Invoice, earlier: Sequence[Invoice], lines: Sequence[InvoiceLine]) -> list[VatShare]:
    billed = {_key(part): part for part in invoice.vat_shares}
    before: dict[tuple[VatCategory, Decimal], list[VatShare]] = defaultdict(list)
    for part in (part for note in earlier for part in note.vat_shares):
        before[_key(part)].append(part)
    fresh = vat_shares(Taxed(line.vat_category, line.vat_rate, line.net) for line in lines)
    vat = {_key(part): _vat(billed[_key(part)], part.taxable, before[_key(part)]) for part in fresh}
    return [part.model_copy(update={"vat": vat[_key(part)]}) for part in fresh]


def _key(part: VatShare) -> tuple[VatCategory, Decimal]:
    return part.category, part.rate


def _vat(billed: VatShare, taxable: Decimal, before: Sequence[VatShare]) -> Decimal:
    """Give the VAT of what is credited now: that of all credited so far, less what was credited before."""
    credited = taxable + sum(one.taxable for one in before)
    whole = -billed.vat if credited == -billed.taxable else to_cents(credited * billed.rate / PERCENT)
    return to_cents(whole - sum(one.vat for one in before))
