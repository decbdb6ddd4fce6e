"""Load what contracts owe a month's bill by, each kind at once for all of them."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import NamedTuple
from uuid import UUID

from sqlmodel import Session, col, select

from billing.billed_queries import BilledSoFar, billed_so_far
from billing.charges_of_month import charges_of_month
from billing.due import UNREAD, Due, Priced, Read, policies_of
from billing.late_use_queries import may_change
from billing.load_terms import load_terms
from billing.needed_reads import Need, needed_slots
from billing.period import Month, months_back
from billing.proof import Proof
from billing.rate_month import rate_month
from billing.rating.rated import RatedLine
from billing.read_meters import Reading, read_meters
from billing.tables import ContractRecord
from lifecycle.tables import CustomerRecord
from telemetry.find_meters import latest_meters
from telemetry.lots import KEYS, lots
from telemetry.refusal import Refusal

NOTHING = Decimal("0.00")
NOTICED_MONTHS = 12
"""So many months beyond the late window what differs is still noticed: fees are corrected, late use is refused."""


def load_due(session: Session, *, month: Month, contracts: Sequence[ContractRecord], now: datetime) -> list[Due]:
    """Give what each contract owes its bill of a month by, in the order of the contracts. Bills nothing.

    Why one contract cannot be billed stands in what it owes by, and stops no other.
    """
    refused: dict[UUID, Refusal] = {}

    def tariff(then: Month, some: Sequence[ContractRecord]) -> dict[UUID, list[RatedLine]]:
        return _rated(load_tariff(session, month=then, contracts=some, before={}), then, refused)

    charges = charges_of_month(session, contracts=contracts, month=month, now=now, tariff=tariff)
    furthest = max((contract.late_months for contract in contracts), default=0) + NOTICED_MONTHS
    since = months_back(month.start, furthest)
    before = billed_so_far(session, contract_ids=[contract.id for contract in contracts], since=since)
    return [
        due._replace(charges=charges.get(due.contract.id, []), refused=due.refused or refused.get(due.contract.id))
        for due in load_tariff(session, month=month, contracts=contracts, before=before)
    ]


def _rated(dues: Sequence[Due], month: Month, refused: dict[UUID, Refusal]) -> dict[UUID, list[RatedLine]]:
    """Rate what can be rated, and note what cannot."""
    rated: dict[UUID, list[RatedLine]] = {}
    for due in dues:
        try:
            rated[due.contract.id] = rate_month(due, month)
        except Refusal as why:
            refused[due.contract.id] = why
    return rated


def load_tariff(
    session: Session, *, month: Month, contracts: Sequence[ContractRecord], before: Mapping[UUID, BilledSoFar]
) -> list[Due]:
    """Give what contracts owe by their tariff alone, knowing what was billed of them before."""
    buyers = _buyers(session, {contract.customer_id for contract in contracts})
    months = _months_of(session, month, contracts, before)
    priced = load_terms(session, contracts={one.id: (one, {month, *months[one.id].known}) for one in contracts})
    due = [
        Due(
            contract,
            buyers[contract.customer_id],
            priced[contract.id, month.start].terms,
            [],
            priced[contract.id, month.start].why,
            priced[contract.id, month.start].refused,
            policies_of(contract),
            past=_past(priced, contract.id, months[contract.id].known),
            billed=tuple(before[contract.id].lines) if contract.id in before else (),
            open_months=months[contract.id].opened,
            closed_months=months[contract.id].closed,
            carried=before[contract.id].carried if contract.id in before else NOTHING,
        )
        for contract in contracts
    ]
    return _with_reads(session, due, month)


class _Months(NamedTuple):
    """The months of a contract that were billed before: those still corrected, and those before them."""

    opened: tuple[Month, ...] = ()
    closed: tuple[Month, ...] = ()

    @property
    def known(self) -> tuple[Month, ...]:
        return (*self.closed, *self.opened)


def _months_of(
    session: Session, month: Month, contracts: Sequence[ContractRecord], before: Mapping[UUID, BilledSoFar]
) -> dict[UUID, _Months]:
    """Give the months to look back at: only where a contract was amended or bills by a meter can they differ."""
    amended, metered = may_change(session, before) if before else (set[UUID](), set[UUID]())
    months = {
        one.id: _months(one, month, before[one.id]) if one.id in amended | metered and one.id in before else _Months()
        for one in contracts
    }
    return {key: one if key in amended else one._replace(closed=()) for key, one in months.items()}


def _months(contract: ContractRecord, month: Month, before: BilledSoFar) -> _Months:
    opened = months_back(month.start, contract.late_months)
    closed = months_back(opened, NOTICED_MONTHS)
    months = [Month(f"{start:%Y-%m}") for start in sorted(before.months) if start != month.start]
    return _Months(
        tuple(one for one in months if one.start >= opened),
        tuple(one for one in months if closed <= one.start < opened),
    )


def _past(priced: Mapping[tuple[UUID, date], Priced], contract_id: UUID, months: Iterable[Month]) -> dict[date, Priced]:
    return {one.start: priced[contract_id, one.start] for one in months}


def _buyers(session: Session, customer_ids: Iterable[UUID]) -> dict[UUID, CustomerRecord]:
    return {
        customer.id: customer
        for some in lots(sorted(customer_ids), KEYS)
        for customer in session.exec(select(CustomerRecord).where(col(CustomerRecord.id).in_(some)))
    }


def _with_reads(session: Session, due: Sequence[Due], month: Month) -> list[Due]:
    return with_reads(session, [(one, (month, *one.open_months)) for one in due])


def with_reads(session: Session, due: Sequence[tuple[Due, Sequence[Month]]]) -> list[Due]:
    """Read all meters that the bills of some months of each contract depend on."""
    meters = latest_meters(session)
    needed = [
        (one.contract.zone, need)
        for one, months in due
        for need in needed_slots(one, months)
        if need.terms.meter and need.terms.meter.code in meters
    ]
    proofs = read_meters(session, [reading for zone, need in needed for reading in _readings(zone, need)])
    reads = {
        (need.terms.line_id, need.slot.part.start): _read([proofs[one.key] for one in _readings(zone, need)])
        for zone, need in needed
    }
    return [one._replace(reads=reads) for one, _ in due]


def _read(proofs: Sequence[Proof]) -> Read:
    """Put together what was read of a slot, and of the days before it in its window."""
    if not proofs:
        return UNREAD
    slot, *before = proofs
    gone = sum(proof.forgotten_days for proof in proofs)
    return Read(slot._replace(forgotten_days=gone), before[0].increase if before else None)


def _readings(zone: str, need: Need) -> list[Reading]:
    terms = need.terms
    if terms.meter is None or terms.asset_id is None:
        return []
    return [Reading(terms.line_id, terms.asset_id, terms.meter.code, zone, days) for days in need.spans]
