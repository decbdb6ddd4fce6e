"""Find the use of levels that came to be known after its days were billed, so that the next bill holds it."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlmodel import Session, col, select

from billing.period import Period
from billing.proof import Late, in_thousandths
from billing.rating import Component
from billing.tables import InvoiceLineRecord
from telemetry.figure import Figure
from telemetry.lots import KEYS, lots

Billed = Mapping[Period, Decimal]
"""What was billed of each period so far, in its own bill and as late use in others."""


def levels_billed(session: Session, line_ids: Iterable[UUID]) -> dict[UUID, Billed]:
    """Give what was billed of the levels of some contract lines, in any order of the months."""
    one, found = InvoiceLineRecord, defaultdict[UUID, dict[date, tuple[Period, dict[str, Any]]]](dict)
    for some in lots(sorted(set(line_ids)), KEYS):
        query = select(one).where(one.component == Component.USE, col(one.contract_line_id).in_(some))
        for line in session.exec(query.order_by(col(one.revision))):
            inputs = {key: value for why in line.reasons for key, value in why["inputs"].items()}
            if "covered" in inputs:
                found[line.contract_line_id][line.period_start] = Period(line.period_start, line.period_end), inputs
    return {line_id: _billed(list(bills.values())) for line_id, bills in found.items()}


def _billed(bills: list[tuple[Period, dict[str, Any]]]) -> Billed:
    periods = {period.start: period for period, _ in bills}
    billed = {period: Decimal(inputs["increase"]) for period, inputs in bills}
    for period, inputs in bills:
        for start, use in inputs.get("late", {}).items():
            billed[period] -= Decimal(use)
            billed[periods[date.fromisoformat(start)]] += Decimal(use)
    return billed


def late_of(billed: Mapping[UUID, Billed], period: Period, figures: Mapping[UUID, Figure]) -> dict[UUID, Late]:
    """Give by how much the figures of a period differ from what was billed of it; what was forgotten says nothing."""
    late: dict[UUID, Late] = {}
    for line_id, figure in figures.items():
        use = in_thousandths(figure.increase) - billed[line_id][period]
        if use and not figure.forgotten_days:
            late[line_id] = Late(period.start, use)
    return late
