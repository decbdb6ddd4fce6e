"""Find by how much months billed before differ from what they would be since a contract was amended back into them."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID

from sqlmodel import Session, col, select

from billing.contract_life_tables import ContractAmendmentRecord
from billing.period import LAST_DAY, Month, months_later
from billing.rating import Component, RatedLine
from billing.tables import ContractRecord, InvoiceLineRecord, InvoiceRecord
from lifecycle.reason import Reason
from telemetry.lots import KEYS, lots

CORRECTION_RULE = "amendment/1"
ONE = "C62"
RERATED = frozenset(
    {Component.FEE, Component.USE, Component.MINIMUM, Component.MAXIMUM, Component.DISCOUNT, Component.CORRECTION}
)
"""What follows from a tariff, and so changes when the tariff does."""

Tariff = Callable[[Month, Sequence[ContractRecord]], Mapping[UUID, Sequence[RatedLine]]]
"""Rates contracts for a month as they stand now, without what is charged beside the tariff."""


class Back(NamedTuple):
    """An amendment that reaches back into a month billed before it was made."""

    amendment: ContractAmendmentRecord
    invoice: InvoiceRecord


def correct_past(
    session: Session, *, contracts: Sequence[ContractRecord], month: Month, tariff: Tariff
) -> dict[UUID, list[RatedLine]]:
    """Give the lines that a month's bill owes for earlier months, each in its own service period. Writes nothing.

    An amendment is corrected once, by the first bill after it.
    """
    back = _reaching_back(session, contracts, month)
    if not back:
        return {}
    named = {one.id: one for one in contracts}
    found: defaultdict[UUID, list[RatedLine]] = defaultdict(list)
    by_month: defaultdict[date, dict[UUID, list[Back]]] = defaultdict(lambda: defaultdict(list))
    for one in back:
        by_month[one.invoice.period_start][one.invoice.contract_id].append(one)
    billed = _billed(session, by_month, month)
    for start, of_month in sorted(by_month.items()):
        then = Month(f"{start:%Y-%m}")
        rated = tariff(then, [named[contract_id] for contract_id in sorted(of_month)])
        for contract_id, some in of_month.items():
            lines = [one for one in billed[contract_id] if then.start <= one.period_start < then.end]
            found[contract_id] += _differences(rated.get(contract_id, ()), lines, [one.amendment for one in some])
    return found


def _reaching_back(session: Session, contracts: Sequence[ContractRecord], month: Month) -> list[Back]:
    """Find what was amended back into months billed by then, and is for this month's bill to correct."""
    one = ContractAmendmentRecord
    if session.exec(select(one.id).where(col(one.reaches_back)).limit(1)).first() is None:
        return []
    found: list[Back] = []
    for some in lots(sorted(contract.id for contract in contracts), KEYS):
        query = select(one).where(col(one.contract_id).in_(some), col(one.reaches_back), one.from_day < month.start)
        amended = session.exec(query.order_by(col(one.contract_id), col(one.version))).all()
        invoices = _invoices(session, {amendment.contract_id for amendment in amended})
        for amendment in amended:
            found += _months_of(amendment, invoices[amendment.contract_id], month)
    return found


def _invoices(session: Session, contract_ids: Iterable[UUID]) -> defaultdict[UUID, list[InvoiceRecord]]:
    found: defaultdict[UUID, list[InvoiceRecord]] = defaultdict(list)
    for some in lots(sorted(contract_ids), KEYS):
        query = select(InvoiceRecord).where(col(InvoiceRecord.contract_id).in_(some), InvoiceRecord.revision == 0)
        for invoice in session.exec(query.order_by(col(InvoiceRecord.issued_at), col(InvoiceRecord.period_start))):
            found[invoice.contract_id].append(invoice)
    return found


def _months_of(amendment: ContractAmendmentRecord, invoices: Sequence[InvoiceRecord], month: Month) -> list[Back]:
    first = next((one for one in invoices if one.issued_at >= amendment.recorded_at), None)
    if first is not None and first.period_start != month.start:
        return []
    return [
        Back(amendment, one)
        for one in invoices
        if one.issued_at < amendment.recorded_at
        and one.period_end > amendment.from_day
        and one.period_start < month.start
    ]


def _billed(
    session: Session, by_month: Mapping[date, Mapping[UUID, Sequence[Back]]], month: Month
) -> defaultdict[UUID, list[InvoiceLineRecord]]:
    """Give what was billed so far beside the lines and bounds of the tariff, in whichever bill but this month's own."""
    wanted = {contract_id for of_month in by_month.values() for contract_id in of_month}
    found: defaultdict[UUID, list[InvoiceLineRecord]] = defaultdict(list)
    for some in lots(sorted(wanted), KEYS):
        query = (
            select(InvoiceRecord.contract_id, InvoiceLineRecord)
            .join(
                InvoiceLineRecord,
                (col(InvoiceLineRecord.tenant_id) == InvoiceRecord.tenant_id)
                & (col(InvoiceLineRecord.invoice_id) == InvoiceRecord.id),
            )
            .where(
                col(InvoiceRecord.contract_id).in_(some),
                InvoiceRecord.period_start != month.start,
                col(InvoiceLineRecord.contract_line_id).is_(None),
                InvoiceLineRecord.billed_of != InvoiceRecord.contract_id,
            )
        )
        for contract_id, line in session.exec(query):
            found[contract_id].append(line)
    return found


def _differences(
    rated: Sequence[RatedLine], billed: Sequence[InvoiceLineRecord], amended: Sequence[ContractAmendmentRecord]
) -> list[RatedLine]:
    """Compare, thing by thing, what the amendments touched."""
    touched = _touched(amended)
    now: defaultdict[UUID, list[RatedLine]] = defaultdict(list)
    before: defaultdict[UUID, list[InvoiceLineRecord]] = defaultdict(list)
    for line in rated:
        now[line.billed_of].append(line)
    for was in billed:
        if was.component in RERATED:
            before[was.billed_of].append(was)
    keys = sorted(key for key in now.keys() | before.keys() if touched is None or key in touched)
    lines = (_difference(key, now[key], before[key], amended[-1]) for key in keys)
    return [line for line in lines if line is not None]


def _touched(amended: Sequence[ContractAmendmentRecord]) -> set[UUID] | None:
    """Give the lines and pools that amendments touched; None is all of them."""
    if any(one.kind == "agree" or "ends_on" in one.changes["contract"] or one.changes["pool_of"] for one in amended):
        return None
    changes = [change for one in amended for name in ("lines", "pools") for change in one.changes[name]]
    return {UUID(change["after"]["id"]) for change in changes}


def _difference(
    key: UUID, now: Sequence[RatedLine], before: Sequence[InvoiceLineRecord], amendment: ContractAmendmentRecord
) -> RatedLine | None:
    owed = sum((line.net for line in now), Decimal(0))
    was = sum((line.net for line in before), Decimal(0))
    if owed == was:
        return None
    any_of: RatedLine | InvoiceLineRecord = now[0] if now else before[0]
    start = min(line.period_start for line in (*now, *before))
    end = max(line.period_end for line in (*now, *before))
    corrected = [line.revision for line in before if line.component == Component.CORRECTION]
    quantity = Decimal(1 if owed > was else -1)
    inputs: dict[str, Any] = {
        "was": str(was),
        "now": str(owed),
        "kind": amendment.kind,
        "version": amendment.version,
        "since": str(amendment.from_day),
        "recorded_at": amendment.recorded_at.isoformat(),
    }
    why = Reason(code="bill.correction", rule=CORRECTION_RULE, inputs=inputs, effect=float(owed - was))
    return RatedLine(
        billed_of=key,
        contract_line_id=any_of.contract_line_id,
        asset_id=any_of.asset_id,
        serial=now[0].serial if now else "",
        product=now[0].product if now else "",
        name=now[0].name if now else "",
        component=Component.CORRECTION,
        revision=max(corrected, default=0) + 1,
        period_start=start,
        period_end=end,
        quantity=quantity,
        unit=ONE,
        unit_price=abs(owed - was),
        net=owed - was,
        formula=f"{owed} − {was} = {owed - was}",
        reasons=[why, *(reason for line in now for reason in line.reasons)],
    )


def reaches_back(from_day: date, recorded_at: datetime) -> bool:
    """Tell whether an amendment may touch a month that was billed before it was made.

    >>> from datetime import UTC
    >>> reaches_back(date(2026, 3, 31), datetime(2026, 4, 1, tzinfo=UTC))
    True
    """
    return from_day < min(months_later(recorded_at.date(), 0), LAST_DAY)
