"""Rate the pools of contracts for a month: by the number agreed, or by the days of the things that stood there."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from uuid import UUID

from sqlmodel import Session, col, select

from billing.contract_life_queries import pool_of_lines, pools_of
from billing.contract_life_tables import ContractPoolRecord
from billing.index_prices import index_prices, why_indexed
from billing.period import Month, Period
from billing.queries import lines_of
from billing.rating.pool import PoolTerms, rate_pool
from billing.rating.rated import RatedLine
from billing.tables import ContractRecord
from lifecycle.tables import ProductRecord


def rate_pools(session: Session, *, contracts: Sequence[ContractRecord], month: Month) -> dict[UUID, list[RatedLine]]:
    """Give the lines of the pools of contracts. A contract whose index is not known is left out: it is refused."""
    if session.exec(select(ContractPoolRecord.id).limit(1)).first() is None:
        return {}
    pools = pools_of(session, [one.id for one in contracts])
    pooling = [one for one in contracts if pools.get(one.id)]
    follows = index_prices(session, contracts=pooling, month=month)
    products = _products(session, pools.values())
    deployed = _deployed(session, pooling, month)
    found: defaultdict[UUID, list[RatedLine]] = defaultdict(list)
    for contract in pooling:
        if contract.id in follows.refused:
            continue
        index = follows.indexed.get(contract.id)
        for pool in pools[contract.id]:
            stood = deployed[contract.id, pool.code]
            terms = PoolTerms(pool.id, pool, products[pool.product_id], pool.ends_on or contract.ends_on, stood)
            fee = index.fee(pool.monthly_fee) if index else pool.monthly_fee
            why = [why_indexed(index)] if index else []
            found[contract.id] += rate_pool(terms, month=month, proration=contract.proration, fee=fee, why=why)
    return found


def _products(session: Session, pools: Collection[Sequence[ContractPoolRecord]]) -> dict[UUID, str]:
    wanted = {pool.product_id for some in pools for pool in some}
    rows = session.exec(select(ProductRecord.id, ProductRecord.name).where(col(ProductRecord.id).in_(wanted)))
    return dict(rows.all())


def _deployed(
    session: Session, contracts: Sequence[ContractRecord], month: Month
) -> defaultdict[tuple[UUID, str], list[Period]]:
    """Give the days that each thing of a pool stood there in a month."""
    of_line = pool_of_lines(session, [one.id for one in contracts])
    lines = lines_of(session, [one.id for one in contracts])
    found: defaultdict[tuple[UUID, str], list[Period]] = defaultdict(list)
    for contract in contracts:
        for line in lines[contract.id]:
            days = month.meet(line.starts_on, line.ends_on or contract.ends_on)
            if line.id in of_line and days is not None:
                found[contract.id, of_line[line.id]].append(days)
    return found
