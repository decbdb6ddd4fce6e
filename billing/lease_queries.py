"""Which asset is under which contract on which days; asked before one is leased out."""

from collections.abc import Iterable
from uuid import UUID

from sqlmodel import Session, col, select

from billing.contract.contract import Lease
from billing.tables import ContractLineRecord, ContractRecord
from lifecycle.tables import AssetRecord
from telemetry.lots import KEYS, lots


def held_assets(session: Session, asset_ids: Iterable[UUID]) -> set[UUID]:
    """Give which of the assets exist, and hold them, so that nobody else leases them out meanwhile."""
    found: set[UUID] = set()
    for some in lots(sorted(set(asset_ids)), KEYS):
        query = select(AssetRecord.id).where(col(AssetRecord.id).in_(some)).order_by(col(AssetRecord.id))
        found |= set(session.exec(query.with_for_update()))
    return found


def leases_of_assets(session: Session, asset_ids: Iterable[UUID]) -> list[Lease]:
    """Give all leases of assets but those that never came into force."""
    lines: list[ContractLineRecord] = []
    for some in lots(sorted(set(asset_ids)), KEYS):
        lines += session.exec(select(ContractLineRecord).where(col(ContractLineRecord.asset_id).in_(some)))
    contracts: dict[UUID, ContractRecord] = {}
    for some in lots(sorted({line.contract_id for line in lines}), KEYS):
        found = session.exec(select(ContractRecord).where(col(ContractRecord.id).in_(some)))
        contracts |= {contract.id: contract for contract in found}
    leases = [
        Lease(line.asset_id, line.starts_on, line.ends_on or contract.ends_on, contract.code)
        for line in lines
        for contract in [contracts[line.contract_id]]
    ]
    return [lease for lease in leases if lease.until is None or lease.since < lease.until]
