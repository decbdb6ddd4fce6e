"""Load what contracts owe a month's bill by, each kind at once for all of them."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from sqlmodel import Session, select

from billing.charges_of_month import charges_of_month
from billing.due import Due
from billing.index_prices import index_prices, why_indexed
from billing.period import Month
from billing.price_index import Indexed
from billing.queries import LeasedAsset, lines_running
from billing.rate_contract import rate_contract
from billing.rating import Meter, RatedLine, Terms
from billing.read_meters import read_meters
from billing.tables import ContractRecord
from lifecycle.tables import CustomerRecord
from telemetry.find_meters import latest_meters
from telemetry.refusal import Refusal


def load_due(session: Session, *, month: Month, contracts: Sequence[ContractRecord], now: datetime) -> list[Due]:
    """Give what each contract owes its bill of a month by, in the order of the contracts. Bills nothing.

    Why one contract cannot be billed stands in what it owes by, and stops no other.
    """
    refused: dict[UUID, Refusal] = {}

    def tariff(then: Month, some: Sequence[ContractRecord]) -> dict[UUID, list[RatedLine]]:
        return _rated(_load_tariff(session, then, some), then, refused)

    charges = charges_of_month(session, contracts=contracts, month=month, now=now, tariff=tariff)
    return [
        due._replace(charges=charges.get(due.contract.id, []), refused=due.refused or refused.get(due.contract.id))
        for due in _load_tariff(session, month, contracts)
    ]


def _rated(dues: Sequence[Due], month: Month, refused: dict[UUID, Refusal]) -> dict[UUID, list[RatedLine]]:
    """Rate what can be rated, and note what cannot."""
    rated: dict[UUID, list[RatedLine]] = {}
    for due in dues:
        try:
            rated[due.contract.id] = rate_contract(due, month=month)
        except Refusal as why:
            refused[due.contract.id] = why
    return rated


def _load_tariff(session: Session, month: Month, contracts: Sequence[ContractRecord]) -> list[Due]:
    """Give what contracts owe by their tariff alone."""
    leased: dict[UUID, list[LeasedAsset]] = defaultdict(list)
    for lease in lines_running(session, period=month, contract_ids=[one.id for one in contracts]):
        leased[lease.line.contract_id].append(lease)
    buyers = {customer.id: customer for customer in session.exec(select(CustomerRecord))}
    units = {code: meter.unit for code, meter in latest_meters(session).items()}
    follows = index_prices(session, contracts=contracts, month=month)
    index = follows.indexed
    terms = {c.id: [_terms(lease, c, units, index.get(c.id)) for lease in leased[c.id]] for c in contracts}
    metered = [(c.zone, line) for c in contracts for line in terms[c.id] if line.meter and line.meter.code in units]
    proofs = read_meters(session, month=month, lines=metered)
    why = {contract_id: [why_indexed(one)] for contract_id, one in index.items()}
    return [
        Due(c, buyers[c.customer_id], terms[c.id], proofs, [], why.get(c.id, ()), follows.refused.get(c.id))
        for c in contracts
    ]


def _terms(lease: LeasedAsset, contract: ContractRecord, units: dict[str, str], index: Indexed | None) -> Terms:
    line = lease.line
    fee = index.fee(line.monthly_fee) if index else line.monthly_fee
    price = line.unit_price or Decimal(0)
    price = index.unit_price(price) if index else price
    metered = line.meter is not None and line.unit_price is not None
    return Terms(
        line_id=line.id,
        asset_id=line.asset_id,
        serial=lease.serial,
        product=lease.product,
        starts_on=line.starts_on,
        ends_on=line.ends_on or contract.ends_on,
        monthly_fee=fee,
        meter=Meter(line.meter or "", units.get(line.meter or "", ""), price, line.allowance) if metered else None,
    )
