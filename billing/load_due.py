"""Load what contracts owe a month's bill by, each kind at once for all of them."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from sqlmodel import Session, select

from billing.due import Due
from billing.period import Month
from billing.queries import LeasedAsset, lines_running
from billing.rating import Meter, Terms
from billing.read_meters import read_meters
from billing.tables import ContractRecord
from lifecycle.tables import CustomerRecord
from telemetry.find_meters import latest_meters


def load_due(session: Session, *, month: Month, contracts: Sequence[ContractRecord], now: datetime) -> list[Due]:  # noqa: ARG001 - what is charged beside the tariff needs it
    """Give what each contract owes its bill of a month by, in the order of the contracts. Bills nothing."""
    leased: dict[UUID, list[LeasedAsset]] = defaultdict(list)
    for lease in lines_running(session, period=month):
        leased[lease.line.contract_id].append(lease)
    buyers = {customer.id: customer for customer in session.exec(select(CustomerRecord))}
    units = {code: meter.unit for code, meter in latest_meters(session).items()}
    terms = {c.id: [_terms(lease, c, units) for lease in leased[c.id]] for c in contracts}
    metered = [(c.zone, line) for c in contracts for line in terms[c.id] if line.meter and line.meter.code in units]
    proofs = read_meters(session, month=month, lines=metered)
    return [Due(c, buyers[c.customer_id], terms[c.id], proofs, []) for c in contracts]


def _terms(lease: LeasedAsset, contract: ContractRecord, units: dict[str, str]) -> Terms:
    line = lease.line
    metered = line.meter is not None and line.unit_price is not None
    return Terms(
        line_id=line.id,
        asset_id=line.asset_id,
        serial=lease.serial,
        product=lease.product,
        starts_on=line.starts_on,
        ends_on=line.ends_on or contract.ends_on,
        monthly_fee=line.monthly_fee,
        meter=Meter(line.meter or "", units.get(line.meter or "", ""), line.unit_price or Decimal(0), line.allowance)
        if metered
        else None,
    )
