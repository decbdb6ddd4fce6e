"""Load the terms of contracts as they hold for the bills of some months, with prices that follow their index."""

from collections import defaultdict
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from datetime import date
from decimal import Decimal
from uuid import UUID

from sqlmodel import Session

from billing.contract.tariff import PLAIN, Tariff
from billing.contract_life.price_index import Indexed
from billing.due import Priced
from billing.index_prices import index_prices, why_indexed
from billing.period import Month
from billing.queries import LeasedAsset, leased_by
from billing.rating.rated import Meter, Terms
from billing.tables import ContractRecord
from telemetry.find_meters import latest_meters


def load_terms(
    session: Session, *, contracts: Mapping[UUID, tuple[ContractRecord, AbstractSet[Month]]]
) -> dict[tuple[UUID, date], Priced]:
    """Give the terms of each contract for the bill of each of its months."""
    leased = leased_by(session, contracts)
    units = {code: meter.unit for code, meter in latest_meters(session).items()}
    by_month = defaultdict[Month, list[ContractRecord]](list)
    for contract, months in contracts.values():
        for month in months:
            by_month[month].append(contract)
    found: dict[tuple[UUID, date], Priced] = {}
    for month, some in by_month.items():
        follows = index_prices(session, contracts=some, month=month)
        for contract in some:
            index = follows.indexed.get(contract.id)
            terms = [_terms(lease, contract, units, index) for lease in leased[contract.id]]
            why = [why_indexed(index)] if index else []
            found[contract.id, month.start] = Priced(terms, why, follows.refused.get(contract.id))
    return found


def _terms(lease: LeasedAsset, contract: ContractRecord, units: Mapping[str, str], index: Indexed | None) -> Terms:
    line = lease.line
    fee = index.fee(line.monthly_fee) if index else line.monthly_fee
    price = line.unit_price or Decimal(0)
    price = index.unit_price(price) if index else price
    metered = line.meter is not None and (line.unit_price is not None or line.tariff.prices_itself)
    return Terms(
        line_id=line.id,
        asset_id=line.asset_id,
        serial=lease.serial,
        product=lease.product,
        starts_on=line.starts_on,
        ends_on=line.ends_on or contract.ends_on,
        monthly_fee=fee,
        meter=Meter(line.meter or "", units.get(line.meter or "", ""), price, line.allowance) if metered else None,
        tariff=_indexed(line.tariff, index) if index else line.tariff,
    )


def _indexed(tariff: Tariff, index: Indexed) -> Tariff:
    """Let the fee of a period and the prices of tiers follow the index; what bounds them stays as agreed."""
    if tariff == PLAIN:
        return tariff
    tiers = [
        tier.model_copy(update={"unit_price": index.unit_price(tier.unit_price), "flat_fee": index.fee(tier.flat_fee)})
        for tier in tariff.tiers
    ]
    fee = None if tariff.period_fee is None else index.fee(tariff.period_fee)
    return tariff.model_copy(update={"tiers": tiers, "period_fee": fee})
