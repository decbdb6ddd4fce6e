"""Who does not pay is reminded in steps: a friendly word, a notice with what the law adds, a formal notice."""

import json
from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum
from functools import cache
from importlib.resources import files
from typing import Any, NamedTuple

from billing.collection.late_interest import Balance, interest
from lifecycle.money import to_cents
from lifecycle.reason import Reason

DUNNING_RULE = "dunning/1"
_NOTHING = Decimal("0.00")


class DunningStep(StrEnum):
    """How firmly somebody is reminded, in this order."""

    REMINDER = "reminder"
    NOTICE = "notice"
    FORMAL_NOTICE = "formal_notice"


class Owed(NamedTuple):
    """An overdue invoice: what was open from which day on, and whom we deal with."""

    due_on: date
    balances: list[Balance]
    is_consumer: bool
    """A customer without a VAT number: nothing is added, for that needs a clause that we do not know of."""
    taken: Mapping[DunningStep, date]
    """The steps that were taken, and when."""
    collection_failed: bool = False
    """Whether our last debit or charge of it was refused."""


class Claim(NamedTuple):
    """What a step asks for, until when, and why."""

    step: DunningStep
    open: Decimal
    interest: Decimal
    compensation: Decimal
    pay_before: date
    reasons: list[Reason]

    @property
    def total(self) -> Decimal:
        """Give all that is asked for."""
        return self.open + self.interest + self.compensation


@cache
def figures() -> dict[str, Any]:
    """Give the days of the steps and the fixed compensation, with their sources."""
    read: dict[str, Any] = json.loads(files("billing").joinpath("collection/dunning.json").read_text(encoding="utf-8"))
    return read


def next_claim(owed: Owed, *, today: date) -> Claim | None:
    """Give the step that is due today, None where none is: each once, in order, never two on the heels of another."""
    step = _next_step(owed, today)
    if step is None or owed.balances[-1].open <= 0:
        return None
    open_now = owed.balances[-1].open
    pay_before = today + timedelta(days=figures()["pay_within_days"])
    failed = [Reason(code="dunning.collection_failed", rule=DUNNING_RULE, inputs={})] if owed.collection_failed else []
    adds = step is not DunningStep.REMINDER and not owed.is_consumer
    late = interest(owed.balances, until=today)
    fixed = to_cents(Decimal(figures()["fixed_compensation"]["amount"]))
    reasons = [Reason(code="dunning.overdue", rule=DUNNING_RULE, inputs=_overdue(owed, today, open_now)), *failed]
    if not adds:
        why = "dunning.consumer" if owed.is_consumer else "dunning.free_reminder"
        reasons.append(Reason(code=why, rule=DUNNING_RULE, inputs={}))
        return Claim(step, open_now, _NOTHING, _NOTHING, pay_before, reasons)
    reasons += [*late.reasons, Reason(code="dunning.fixed", rule=DUNNING_RULE, inputs={"amount": str(fixed)})]
    return Claim(step, open_now, late.amount, fixed, pay_before, reasons)


def _overdue(owed: Owed, today: date, open_now: Decimal) -> dict[str, Any]:
    return {"due_on": owed.due_on.isoformat(), "days": (today - owed.due_on).days, "open": str(open_now)}


def _next_step(owed: Owed, today: date) -> DunningStep | None:
    """Find the first step not yet taken; due so many days after the due day and so many after the step before."""
    rules = figures()["steps"]
    before: date | None = None
    for step in DunningStep:
        if step in owed.taken:
            before = owed.taken[step]
            continue
        rule = rules[step.value]
        since_due = today >= owed.due_on + timedelta(days=rule["days_after_due"])
        since_step = before is None or today >= before + timedelta(days=rule["days_after_step"])
        return step if since_due and since_step else None
    return None
