"""Which things' contracts end in a period, as it was known on a day: what was signed and amended later is left out."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlmodel import Session, col, select

from billing.contract_life.ending import Ending
from billing.contract_life_tables import ContractAmendmentRecord
from billing.contract_versions import as_of_version
from billing.period import Period
from billing.queries import leases_ending, lines_of
from billing.tables import ContractRecord
from lifecycle.tables import AssetRecord, CustomerRecord
from telemetry.lots import KEYS, lots


def endings_known(session: Session, *, period: Period, as_of: date, known_until: datetime) -> list[Ending]:
    """Give each thing once, on the last day that was agreed for it in the period.

    A contract counts that was signed by then, or that ran by then. Raises NotAPeriod.
    """
    amended = _amended_later(session, known_until)
    unknown = _not_yet_signed(session, as_of, known_until)
    now = [one for one in leases_ending(session, period=period) if one.contract not in unknown]
    codes = {contract.code for contract, _ in amended}
    told = [one for one in now if one.contract not in codes] + _before(
        session, [pair for pair in amended if pair[0].code not in unknown], period
    )
    latest = {one.asset_id: one for one in sorted(told, key=lambda one: (one.last_day, one.contract))}
    return [latest[asset_id] for asset_id in sorted(latest)]


def _not_yet_signed(session: Session, as_of: date, known_until: datetime) -> set[str]:
    query = select(ContractRecord.code).where(ContractRecord.signed_at > known_until, ContractRecord.starts_on > as_of)
    return set(session.exec(query))


def _amended_later(session: Session, known_until: datetime) -> list[tuple[ContractRecord, int]]:
    """Give the contracts that were amended since, each with the version that held."""
    one = ContractAmendmentRecord
    since = session.exec(select(one.contract_id, one.version).where(one.recorded_at > known_until))
    held: dict[UUID, int] = {}
    for contract_id, version in since:
        held[contract_id] = min(version - 1, held.get(contract_id, version))
    contracts: dict[UUID, ContractRecord] = {}
    for some in lots(sorted(held), KEYS):
        contracts |= {
            row.id: row for row in session.exec(select(ContractRecord).where(col(ContractRecord.id).in_(some)))
        }
    return [(contracts[contract_id], version) for contract_id, version in sorted(held.items())]


def _before(session: Session, amended: list[tuple[ContractRecord, int]], period: Period) -> list[Ending]:
    """Read the contracts as they stood."""
    ids = [contract.id for contract, _ in amended]
    lines, amendments = lines_of(session, ids), _amendments(session, ids)
    found: list[tuple[ContractRecord, UUID, date]] = []
    for record, version in amended:
        contract, held = as_of_version(record, lines[record.id], amendments[record.id], version)
        ends = [(line.asset_id, line.ends_on or contract.ends_on) for line in held]
        found += [(record, asset_id, end) for asset_id, end in ends if end and period.start < end <= period.end]
    return _named(session, found)


def _amendments(session: Session, contract_ids: Iterable[UUID]) -> defaultdict[UUID, list[ContractAmendmentRecord]]:
    one = ContractAmendmentRecord
    found: defaultdict[UUID, list[ContractAmendmentRecord]] = defaultdict(list)
    for some in lots(sorted(contract_ids), KEYS):
        for row in session.exec(select(one).where(col(one.contract_id).in_(some)).order_by(col(one.version))):
            found[row.contract_id].append(row)
    return found


def _named(session: Session, found: list[tuple[ContractRecord, UUID, date]]) -> list[Ending]:
    customers: dict[UUID, CustomerRecord] = {}
    for some in lots(sorted({contract.customer_id for contract, _, _ in found}), KEYS):
        rows = session.exec(select(CustomerRecord).where(col(CustomerRecord.id).in_(some)))
        customers |= {row.id: row for row in rows}
    assets: dict[UUID, str] = {}
    for some in lots(sorted({asset_id for _, asset_id, _ in found}), KEYS):
        query = select(AssetRecord.id, AssetRecord.public_id).where(col(AssetRecord.id).in_(some))
        assets |= dict(session.exec(query).all())
    return [
        Ending(
            contract=contract.code,
            customer=customers[contract.customer_id].code,
            customer_name=customers[contract.customer_id].name,
            asset_id=asset_id,
            public_id=assets[asset_id],
            last_day=end - timedelta(days=1),
        )
        for contract, asset_id, end in found
    ]
