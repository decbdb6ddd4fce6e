"""Find by how much the pools of months billed before differ since a contract was amended back into them."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID

from sqlmodel import Session, col, select

from billing.contract_life_queries import pools_of
from billing.contract_life_tables import ContractAmendmentRecord, ContractPoolRecord
from billing.period import Month, months_later
from billing.rate_pools import rate_pools
from billing.rating.granted import Booked, still_owed
from billing.rating.rated import Component, RatedLine
from billing.tables import ContractRecord, InvoiceLineRecord, InvoiceRecord
from lifecycle.reason import Reason
from telemetry.lots import KEYS, lots

POOL_CORRECTION_RULE = "amendment/1"
ONE = "C62"


class Bill(NamedTuple):
    """A bill of a month."""

    contract_id: UUID
    start: date
    end: date
    issued_at: datetime


class Billed(NamedTuple):
    """What a bill charged for a pool."""

    pool_id: UUID
    component: str
    revision: int
    start: date
    end: date
    net: Decimal
    credited: str | None = None
    """Why a credit note took it back; None for what was billed."""


def correct_pools(
    session: Session, *, contracts: Sequence[ContractRecord], month: Month
) -> dict[UUID, list[RatedLine]]:
    """Give the lines that a month's bill owes for pools of earlier months, each in its own days. Writes nothing.

    An amendment is corrected once, by the first bill after it.
    """
    if session.exec(select(ContractPoolRecord.id).limit(1)).first() is None:
        return {}
    named = {one.id: one for one in contracts}
    pools = {one.id: of for of, some in pools_of(session, named).items() for one in some}
    billed = _billed(session, pools, month)
    found: defaultdict[UUID, list[RatedLine]] = defaultdict(list)
    for start, amended in sorted(_reaching_back(session, set(pools.values()), month).items()):
        then = Month(f"{start:%Y-%m}")
        rated = rate_pools(session, contracts=[named[one] for one in sorted(amended)], month=then)
        for pool_id, contract_id in pools.items():
            if contract_id in amended:
                now = [line for line in rated.get(contract_id, ()) if line.billed_of == pool_id]
                before = [one for one in billed[pool_id] if then.start <= one.start < then.end]
                found[contract_id] += _difference(pool_id, now, before, amended[contract_id])
    return found


def _reaching_back(
    session: Session, contract_ids: Iterable[UUID], month: Month
) -> dict[date, dict[UUID, ContractAmendmentRecord]]:
    """Find the months billed by then into which contracts were amended since, and that this month's bill corrects."""
    one = ContractAmendmentRecord
    found: defaultdict[date, dict[UUID, ContractAmendmentRecord]] = defaultdict(dict)
    for some in lots(sorted(contract_ids), KEYS):
        query = select(one).where(col(one.contract_id).in_(some), col(one.reaches_back), one.from_day < month.start)
        amended = session.exec(query.order_by(col(one.contract_id), col(one.version))).all()
        bills = _bills(session, some)
        for amendment in amended:
            for bill in _corrected_by(amendment, bills[amendment.contract_id], month):
                found[bill.start][bill.contract_id] = amendment
    return found


def _bills(session: Session, contract_ids: Sequence[UUID]) -> defaultdict[UUID, list[Bill]]:
    one = InvoiceRecord
    query = select(one.contract_id, col(one.period_start), col(one.period_end), one.issued_at).where(
        col(one.contract_id).in_(contract_ids), one.revision == 0
    )
    found: defaultdict[UUID, list[Bill]] = defaultdict(list)
    for row in session.exec(query.order_by(col(one.issued_at), col(one.period_start))):
        found[row[0]].append(Bill(*row))
    return found


def _corrected_by(amendment: ContractAmendmentRecord, bills: Sequence[Bill], month: Month) -> list[Bill]:
    first = next((one for one in bills if one.issued_at >= amendment.recorded_at), None)
    if first is not None and first.start != month.start:
        return []
    known = [one for one in bills if one.issued_at < amendment.recorded_at and one.start < month.start]
    return [one for one in known if one.end > amendment.from_day]


def _billed(session: Session, pool_ids: Iterable[UUID], month: Month) -> defaultdict[UUID, list[Billed]]:
    """Give what was billed and credited of pools so far, of whichever month but this one."""
    line, bill = InvoiceLineRecord, InvoiceRecord
    found: defaultdict[UUID, list[Billed]] = defaultdict(list)
    for some in lots(sorted(pool_ids), KEYS):
        query = (
            select(line, col(bill.revision))
            .join(bill, (col(bill.tenant_id) == line.tenant_id) & (col(bill.id) == line.invoice_id))
            .where(col(line.billed_of).in_(some), bill.period_start != month.start)
            .order_by(col(bill.issued_at), col(bill.id), col(line.position))
        )
        for one, revision in session.exec(query):
            told = Billed(one.billed_of, one.component, one.revision, one.period_start, one.period_end, one.net)
            found[one.billed_of].append(told._replace(credited=_why(one)) if revision else told)
    return found


def _why(one: InvoiceLineRecord) -> str:
    """Give why a credit note was given, from the reason that its lines carry."""
    return next((str(why["inputs"]["why"]) for why in reversed(one.reasons) if why["code"] == "bill.credited"), "")


def _difference(
    pool_id: UUID, now: Sequence[RatedLine], before: Sequence[Billed], amendment: ContractAmendmentRecord
) -> list[RatedLine]:
    comes_to = sum((line.net for line in now), Decimal("0.00"))
    owed = still_owed(comes_to, [Booked(line.net, line.credited) for line in before])
    was = sum((line.net for line in before), Decimal("0.00"))
    if owed == was:
        return []
    corrected = [line.revision for line in before if line.component == Component.CORRECTION and line.credited is None]
    inputs: dict[str, Any] = {
        "was": str(was),
        "now": str(owed),
        "kind": amendment.kind,
        "version": amendment.version,
        "since": str(amendment.from_day),
        "recorded_at": amendment.recorded_at.isoformat(),
    }
    why = Reason(code="bill.amended", rule=POOL_CORRECTION_RULE, inputs=inputs, effect=float(owed - was))
    made = RatedLine(
        billed_of=pool_id,
        product=now[0].product if now else "",
        name=now[0].name if now else "",
        component=Component.CORRECTION,
        revision=max(corrected, default=0) + 1,
        period_start=min([*(one.period_start for one in now), *(one.start for one in before)]),
        period_end=max([*(one.period_end for one in now), *(one.end for one in before)]),
        quantity=Decimal(1 if owed > was else -1),
        unit=ONE,
        unit_price=abs(owed - was),
        net=owed - was,
        formula=f"{owed} − {was} = {owed - was}",
        reasons=[why, *(reason for line in now for reason in line.reasons)],
    )
    return [made]


def reaches_back(from_day: date, recorded_at: datetime) -> bool:
    """Tell whether an amendment may touch a month that was billed before it was made.

    >>> from datetime import UTC
    >>> reaches_back(date(2026, 3, 31), datetime(2026, 4, 1, tzinfo=UTC))
    True
    """
    return from_day < months_later(recorded_at.date(), 0)
