"""What was billed of contracts before: the months, the lines, and what was carried over."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import CTE, Uuid
from sqlmodel import Session, col, select

from billing.rating.billed import BilledAs, BilledLine, Of, kind_of
from billing.rating.rated import Component
from billing.tables import InvoiceLineRecord, InvoiceRecord
from telemetry.asked_rows import asked_rows


class BilledSoFar(NamedTuple):
    """What later bills of a contract depend on."""

    months: set[date]
    """The first days of the months that have their bill."""
    lines: list[BilledLine]
    carried: Decimal
    """What was left over and has not yet come off."""


def billed_so_far(session: Session, *, contract_ids: Iterable[UUID], since: date) -> Mapping[UUID, BilledSoFar]:
    """Give what was billed of contracts for days from a day on, and what is carried over, whenever that was."""
    found = defaultdict[UUID, BilledSoFar](lambda: BilledSoFar(set(), [], Decimal("0.00")))
    wanted = asked_rows(session, [(one.hex,) for one in sorted(set(contract_ids))], id=Uuid())
    _months(session, wanted, since, found)
    if found:
        _lines(session, wanted, since, found)
    _carried(session, wanted, found)
    return found


def _months(session: Session, wanted: CTE, since: date, found: Mapping[UUID, BilledSoFar]) -> None:
    one = InvoiceRecord
    query = select(col(one.contract_id), col(one.period_start)).join(wanted, wanted.c.id == one.contract_id)
    for contract_id, start in session.exec(query.where(one.period_start >= since, one.revision == 0)):
        found[contract_id].months.add(start)


def _lines(session: Session, wanted: CTE, since: date, found: Mapping[UUID, BilledSoFar]) -> None:
    """Load the lines of bills and of their credit notes, in the order in which they were issued."""
    line, bill = InvoiceLineRecord, InvoiceRecord
    query = (
        select(line, col(bill.contract_id), col(bill.period_start), col(bill.revision))
        .join(bill, (col(bill.tenant_id) == line.tenant_id) & (col(bill.id) == line.invoice_id))
        .join(wanted, wanted.c.id == bill.contract_id)
        .where(line.period_start >= since)
        .order_by(col(bill.issued_at), col(bill.id), col(line.position))
    )
    for record, contract_id, month, revision in session.exec(query):
        found[contract_id].lines.extend(_billed(record, contract_id, month, is_credit=revision > 0))


def _billed(record: InvoiceLineRecord, contract_id: UUID, month: date, *, is_credit: bool) -> list[BilledLine]:
    inputs = {key: value for why in record.reasons for key, value in why["inputs"].items()}
    kind = kind_of(record.component, inputs, of_contract=record.billed_of == contract_id)
    if kind is None:
        return []
    return [
        BilledLine(
            Of(record.billed_of, record.period_start, BilledAs(kind)),
            until=record.period_end,
            month=month,
            component=record.component,
            revision=record.revision,
            quantity=record.quantity,
            unit=record.unit,
            net=record.net,
            inputs=inputs,
            rules=tuple(why["rule"] for why in record.reasons),
            credited=str(inputs.get("why", "")) if is_credit else None,
        )
    ]


def _carried(session: Session, wanted: CTE, found: dict[UUID, BilledSoFar]) -> None:
    line = InvoiceLineRecord
    query = (
        select(col(line.billed_of), col(line.net))
        .join(wanted, wanted.c.id == line.billed_of)
        .where(line.component == Component.CARRIED_OVER.value)
    )
    for contract_id, net in session.exec(query):
        found[contract_id] = found[contract_id]._replace(carried=found[contract_id].carried + net)
