"""Give what a month's bills hold beside the tariff: pools, credits, charges, deposits and corrections of the past."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlmodel import Session, col, select

from billing.contract_life.charge import ChargeKind, Thing, back_of, deposit_back, line_of_charge
from billing.contract_life.clause import ClauseKind, Deposit, ServiceLevel
from billing.contract_life.service_credit import service_credit
from billing.contract_life_queries import Clauses, clauses
from billing.contract_life_tables import ContractChargeRecord
from billing.correct_pools import correct_pools
from billing.measure_downtime import Watched, measure_downtime
from billing.period import Month, Period
from billing.queries import contracts_invoiced
from billing.rate_pools import rate_pools
from billing.rating.rated import Component, RatedLine
from billing.tables import ContractRecord, InvoiceLineRecord, InvoiceRecord
from lifecycle.tables import AssetRecord, ProductRecord
from telemetry.lots import KEYS, lots

Tariff = Callable[[Month, Sequence[ContractRecord]], Mapping[UUID, Sequence[RatedLine]]]
"""Rates contracts for a month by their tariff, without what is charged beside it."""


def charges_of_month(
    session: Session, *, contracts: Sequence[ContractRecord], month: Month, now: datetime, tariff: Tariff
) -> dict[UUID, list[RatedLine]]:
    """Give the lines beside the tariff of each contract that has any; `tariff` rates one by its tariff alone.

    Writes nothing. Raises UnknownMeter.
    """
    found: defaultdict[UUID, list[RatedLine]] = defaultdict(list)
    agreed = clauses(session, [one.id for one in contracts])

    for lines in (
        rate_pools(session, contracts=contracts, month=month),
        _credits(session, contracts, agreed, month, now=now, tariff=tariff),
        _charges(session, contracts, month),
        _deposits_back(session, contracts, agreed, month),
        correct_pools(session, contracts=contracts, month=month),
    ):
        for contract_id, some in lines.items():
            found[contract_id] += some
    return dict(found)


def _credits(
    session: Session,
    contracts: Sequence[ContractRecord],
    agreed: Clauses,
    month: Month,
    *,
    now: datetime,
    tariff: Tariff,
) -> dict[UUID, list[RatedLine]]:
    """Credit what the contracts with a service level give back for hours down."""
    levels: dict[UUID, ServiceLevel] = {}
    for contract in contracts:
        found = agreed.in_force(contract.id, ClauseKind.SERVICE_LEVEL, on=month.start)
        if found is not None and isinstance(found.terms, ServiceLevel):
            levels[contract.id] = found.terms
    if not levels:
        return {}
    rated = tariff(month, [one for one in contracts if one.id in levels])
    zones = {one.id: one.zone for one in contracts}
    fees = [
        (contract_id, fee)
        for contract_id in levels
        for fee in rated.get(contract_id, ())
        if fee.component is Component.FEE and fee.asset_id is not None
    ]
    watched = [_watched(fee, levels[contract_id], zones[contract_id]) for contract_id, fee in fees]
    credits_: defaultdict[UUID, list[RatedLine]] = defaultdict(list)
    for (contract_id, fee), down in zip(fees, measure_downtime(session, watched, now=now), strict=True):
        line = service_credit(levels[contract_id], fee, down)
        credits_[contract_id] += [line] if line else []
    return credits_


def _watched(fee: RatedLine, level: ServiceLevel, zone: str) -> Watched:
    start, end = Period(fee.period_start, fee.period_end).instants(zone)
    return Watched(fee.asset_id or fee.billed_of, level, start, end)


def _charges(session: Session, contracts: Sequence[ContractRecord], month: Month) -> dict[UUID, list[RatedLine]]:
    """Give the charges of the month, and those of months before that no bill has held."""
    records: list[ContractChargeRecord] = []
    one = ContractChargeRecord
    if session.exec(select(one.id).limit(1)).first() is None:
        return {}
    for some in lots(sorted(contract.id for contract in contracts), KEYS):
        query = select(one).where(col(one.contract_id).in_(some), one.on_day < month.end)
        records += session.exec(query.order_by(col(one.on_day), col(one.id)))
    open_ones = _for_this_bill(session, {charge.id: charge for charge in records}, month)
    things = _things(session, {charge.asset_id for charge in open_ones if charge.asset_id})
    found: defaultdict[UUID, list[RatedLine]] = defaultdict(list)
    for charge in open_ones:
        thing = things.get(charge.asset_id, Thing()) if charge.asset_id else Thing()
        found[charge.contract_id].append(line_of_charge(charge.id, charge, thing))
    return found


def _for_this_bill(
    session: Session, records: Mapping[UUID, ContractChargeRecord], month: Month
) -> list[ContractChargeRecord]:
    """Leave out what another bill holds, and what the bill of its own month is still to hold."""
    billed_in = _bills_of(session, records)
    earlier = {charge.on_day.replace(day=1) for charge in records.values()} - {month.start}
    invoiced = {day: contracts_invoiced(session, month=Month(f"{day:%Y-%m}")) for day in earlier}
    return [
        charge
        for charge in records.values()
        if billed_in.get(charge.id, month.start) == month.start
        and (charge.id in billed_in or _is_due(charge, month, invoiced))
    ]


def _is_due(charge: ContractChargeRecord, month: Month, invoiced: Mapping[date, set[UUID]]) -> bool:
    own = charge.on_day.replace(day=1)
    return own == month.start or charge.contract_id in invoiced[own]


def _bills_of(session: Session, ids: Iterable[UUID]) -> dict[UUID, date]:
    """Give the month of the bill that holds each, of those that one holds."""
    found: dict[UUID, date] = {}
    for some in lots(sorted(ids), KEYS):
        query = (
            select(InvoiceLineRecord.billed_of, col(InvoiceRecord.period_start))
            .join(
                InvoiceRecord,
                (col(InvoiceRecord.tenant_id) == InvoiceLineRecord.tenant_id)
                & (col(InvoiceRecord.id) == InvoiceLineRecord.invoice_id),
            )
            .where(col(InvoiceLineRecord.billed_of).in_(some), InvoiceLineRecord.revision == 0)
        )
        found |= dict(session.exec(query).all())
    return found


def _things(session: Session, asset_ids: Iterable[UUID]) -> dict[UUID, Thing]:
    found: dict[UUID, Thing] = {}
    for some in lots(sorted(asset_ids), KEYS):
        query = (
            select(AssetRecord.id, AssetRecord.serial, ProductRecord.name)
            .join(
                ProductRecord,
                (col(ProductRecord.tenant_id) == AssetRecord.tenant_id)
                & (col(ProductRecord.id) == AssetRecord.product_id),
            )
            .where(col(AssetRecord.id).in_(some))
        )
        found |= {asset_id: Thing(serial, product) for asset_id, serial, product in session.exec(query)}
    return found


def _deposits_back(
    session: Session, contracts: Sequence[ContractRecord], agreed: Clauses, month: Month
) -> dict[UUID, list[RatedLine]]:
    """Give back the deposits of contracts that have ended, so many days after their last one as was agreed."""
    due: dict[UUID, date] = {}
    for contract in contracts:
        found = agreed.in_force(contract.id, ClauseKind.DEPOSIT, on=month.end) if contract.ends_on else None
        if found is not None and contract.ends_on is not None and isinstance(found.terms, Deposit):
            due[contract.id] = contract.ends_on + timedelta(days=found.terms.return_after_days - 1)
    taken = _taken(session, [contract_id for contract_id, on in due.items() if on < month.end])
    back = {one.id: back_of(one.id) for one in taken}
    billed_in = _bills_of(session, back.values())
    return {
        one.contract_id: [deposit_back(back[one.id], one, max(due[one.contract_id], one.on_day))]
        for one in taken
        if billed_in.get(back[one.id], month.start) == month.start
    }


def _taken(session: Session, contract_ids: Iterable[UUID]) -> list[ContractChargeRecord]:
    one = ContractChargeRecord
    found: list[ContractChargeRecord] = []
    for some in lots(sorted(contract_ids), KEYS):
        found += session.exec(select(one).where(col(one.contract_id).in_(some), one.kind == ChargeKind.DEPOSIT))
    return found
