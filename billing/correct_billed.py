"""Correct what was billed: hold the bills of former months against what is known now, and bill the difference."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

from billing.contract.unit import unit_code
from billing.due import UNREAD, Due
from billing.period import Month
from billing.proof import NO_READINGS, Proof, plain
from billing.rate_month import Beside, of_month, rate_again, rate_month
from billing.rating.billed import CHARGED, BilledAs, BilledLine, Of, of_line
from billing.rating.granted import Booked, still_owed
from billing.rating.price_use import PricedPart, total
from billing.rating.rated import Component, Meter, RatedLine, Terms, as_amount, as_price
from lifecycle.reason import Reason

CORRECTION_RULE = "correction/2"
NOTHING = Decimal("0.00")


class Held(NamedTuple):
    """What was billed and credited of one thing and period so far, and what it comes to by what is known now."""

    of: Of
    until: date
    billed: list[BilledLine]
    now: list[RatedLine]
    proof: Proof | None

    @property
    def net(self) -> Decimal:
        """Give by how much it comes to more than was billed; less than nothing where too much was."""
        return self.owed - self.was

    @property
    def was(self) -> Decimal:
        """Give what was billed, less what was credited."""
        return sum((line.net for line in self.billed), NOTHING)

    @property
    def comes_to(self) -> Decimal:
        """Give what it comes to by what is known now, whatever was granted of it."""
        return sum((line.net for line in self.now), NOTHING)

    @property
    def owed(self) -> Decimal:
        """Give what is owed of it in all, after what was granted of it."""
        return still_owed(self.comes_to, [Booked(line.net, line.credited) for line in self.billed])

    @property
    def credited(self) -> Decimal:
        """Give what credit notes took back."""
        return -sum((line.net for line in self.billed if line.credited is not None), NOTHING)

    @property
    def use(self) -> Decimal:
        """Give by how much more was used than was billed."""
        counted = self.proof.increase if self.proof and self.now else Decimal(0)
        return plain(counted - sum((line.use for line in self.billed), Decimal(0)))

    @property
    def differs(self) -> bool:
        """Tell whether anything is to be billed or credited; use that no longer can be counted says nothing."""
        return bool(self.net or self.use)


def hold_billed(due: Due, months: Sequence[Month], *, by_any_rule: bool = False) -> list[Held]:
    """Hold what the bills of some months charged by the tariff against what is known now, each thing and period once.

    A bill that was made by an older version of our rule stays as it is, unless it is asked for; and so does use that is
    no longer known, and a month that cannot be rated.
    """
    billed = defaultdict[Of, list[BilledLine]](list)
    for line in due.billed:
        billed[line.of].append(line)
    beside = [Beside(line.of.start, line.net) for line in _beside(due)]
    held = dict[Of, Held]()
    for month in months:
        then = of_month(due, month)
        if then.refused is None:
            held |= {
                of: one for of, one in _hold(_without_forgotten(then), month, billed, beside).items() if of not in held
            }
    return [one for _, one in sorted(held.items()) if by_any_rule or not _is_by_another_rule(one)]


def _is_by_another_rule(held: Held) -> bool:
    return any(line.is_by_another_rule for line in held.billed)


def _beside(due: Due) -> Iterable[BilledLine]:
    own = {due.contract.id, *(terms.line_id for terms in due.terms)}
    return (line for line in due.billed if _counts_beside(line) and line.of.billed_of not in own)


def _counts_beside(line: BilledLine) -> bool:
    return line.component in CHARGED and line.credited is None


def _without_forgotten(due: Due) -> Due:
    gone = {line_id for (line_id, _), read in due.reads.items() if read.proof.forgotten_days}
    return due._replace(terms=[terms for terms in due.terms if terms.line_id not in gone])


def _hold(due: Due, month: Month, billed: Mapping[Of, list[BilledLine]], beside: Sequence[Beside]) -> dict[Of, Held]:
    now = defaultdict[Of, list[RatedLine]](list)
    for line in rate_month(due, month, beside):
        now[of_line(line)].append(line)
    asked = {of for of, lines in billed.items() if any(_stood_on(line, month) for line in lines) and _is_own(due, of)}
    return {of: _held(due, of, billed.get(of, []), now.get(of), beside) for of in asked | set(now)}


def _stood_on(line: BilledLine, month: Month) -> bool:
    return line.month == month.start and line.component != Component.CORRECTION


def _is_own(due: Due, of: Of) -> bool:
    """Tell what the tariff of this contract charges from what is charged beside it."""
    if of.billed_of == due.contract.id:
        return of.kind is BilledAs.BOUNDS
    return any(terms.line_id == of.billed_of for terms in due.terms)


def _held(due: Due, of: Of, billed: list[BilledLine], now: list[RatedLine] | None, beside: Sequence[Beside]) -> Held:
    lines = rate_again(due, of, beside) if now is None else now
    until = lines[0].period_end if lines else billed[0].until
    proof = due.reads.get((of.billed_of, of.start), UNREAD).proof if of.kind is BilledAs.USE else None
    return Held(of, until, billed, lines, proof)


def corrections(due: Due) -> list[RatedLine]:
    """Give a line for each thing and period billed before that comes to something else now, in its own days."""
    revisions = Counter((line.of.billed_of, line.of.start) for line in due.billed if _corrects(line))
    made = list[RatedLine]()
    for held in (*_fees(due), *hold_billed(due, due.open_months)):
        if held.differs:
            revisions[held.of.billed_of, held.of.start] += 1
            made.append(_correction(due, held, revisions[held.of.billed_of, held.of.start]))
    return made


def _fees(due: Due) -> list[Held]:
    """Hold the fees of months in which late readings are refused: they do not hang on readings."""
    return [held for held in hold_billed(due, due.closed_months) if held.of.kind is BilledAs.FEE]


def _corrects(line: BilledLine) -> bool:
    return line.component == Component.CORRECTION and line.credited is None


def _correction(due: Due, held: Held, revision: int) -> RatedLine:
    terms = next((terms for terms in due.terms if terms.line_id == held.of.billed_of), None)
    return RatedLine(
        billed_of=held.of.billed_of,
        contract_line_id=terms.line_id if terms else None,
        asset_id=terms.asset_id if terms else None,
        serial=terms.serial if terms else "",
        product=terms.product if terms else "",
        component=Component.CORRECTION,
        revision=revision,
        period_start=held.of.start,
        period_end=held.until,
        formula=_formula(held),
        reasons=[_why(held), *_granted(held)],
        **_amount(held, terms),
        **_readings(held, terms.meter if terms else None),
    )


def _amount(held: Held, terms: Terms | None) -> dict[str, Any]:
    """Give quantity and price: units at the price of a unit where that makes the difference, else an amount."""
    if terms is None or terms.meter is None or held.of.kind is not BilledAs.USE:
        return as_amount(held.net, Decimal(0), "")
    unit, price = unit_code(terms.meter.unit), as_price(terms.meter.unit_price)
    quantity = plain(_units(held, unit))
    if quantity and not terms.tariff.tiers and total([PricedPart(quantity, price)]) == held.net:
        return {"quantity": quantity, "unit": unit, "unit_price": price, "net": held.net}
    return as_amount(held.net, quantity, unit)


def _units(held: Held, unit: str) -> Decimal:
    """Give by how many units the bill changes."""
    now = sum((line.quantity for line in held.now if line.component is Component.USE), Decimal(0))
    counted = [line for line in held.billed if line.component in {Component.USE, Component.CORRECTION}]
    return now - sum((line.quantity for line in counted if line.unit == unit), Decimal(0))


def _readings(held: Held, meter: Meter | None) -> dict[str, Any]:
    """Show what the meter shows now of the days of use that is corrected."""
    if meter is None or held.of.kind is not BilledAs.USE:
        return {}
    proof = held.proof or NO_READINGS
    shown = {key: getattr(proof, key) for key in ("opening", "opening_at", "closing", "closing_at")}
    return {"meter": meter.code, **shown}


def _formula(held: Held) -> str:
    how = "; ".join(line.formula for line in held.now) or f"{held.comes_to}"
    granted = held.comes_to - held.owed
    after = f"; {held.comes_to} − {granted} = {held.owed}" if granted else ""
    return f"{how}{after}; {held.owed} − {held.was} = {held.net}"


def _why(held: Held) -> Reason:
    inputs = {
        "billed_as": held.of.kind.value,
        "from": str(held.of.start),
        "until": str(held.until),
        "was": str(held.was),
        "now": str(held.owed),
        "difference": str(held.net),
        "use_difference": str(held.use),
        "formulas": [line.formula for line in held.now],
    }
    return Reason(code="bill.rerated", rule=CORRECTION_RULE, inputs=inputs, effect=float(held.net))


def _granted(held: Held) -> list[Reason]:
    """Say what credit notes took back of it, which counts towards the correction."""
    if not held.credited:
        return []
    inputs = {"granted": str(held.credited), "comes_to": str(held.comes_to), "owed": str(held.owed)}
    return [Reason(code="bill.granted", rule=CORRECTION_RULE, inputs=inputs)]
