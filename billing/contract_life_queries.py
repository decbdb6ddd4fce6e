"""Questions about what happens to contracts: their clauses, pools, amendments and charges."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import exists
from sqlmodel import Session, col, select
from sqlmodel.sql.expression import SelectOfScalar

from billing.contract_life.clause import CLAUSE, Clause, ClauseKind
from billing.contract_life.price_index import IndexFigure
from billing.contract_life_tables import (
    ContractAmendmentRecord,
    ContractChargeRecord,
    ContractClauseRecord,
    ContractPoolRecord,
    PoolMemberRecord,
    PriceIndexRecord,
)
from billing.queries import UnknownContract
from billing.tables import ContractRecord
from telemetry.lots import KEYS, lots


class Agreed(NamedTuple):
    """A clause in force, and since when."""

    id: UUID
    since: date
    terms: Clause


class Clauses:
    """All clauses of some contracts; of each kind the newest that has begun on a day is in force."""

    def __init__(self, records: Iterable[ContractClauseRecord]) -> None:
        """Sort them by contract and kind."""
        self._of: defaultdict[tuple[UUID, str], list[ContractClauseRecord]] = defaultdict(list)
        for one in records:
            self._of[one.contract_id, one.kind].append(one)

    def in_force(self, contract_id: UUID, kind: ClauseKind, *, on: date) -> Agreed | None:
        """Give the clause of a kind that is in force on a day, None where there is none."""
        begun = [one for one in self._of.get((contract_id, kind.value), ()) if one.from_day <= on]
        if not begun:
            return None
        newest = max(begun, key=lambda one: (one.from_day, one.version))
        return Agreed(newest.id, newest.from_day, CLAUSE.validate_python(newest.terms))

    def contracts_with(self, kind: ClauseKind) -> set[UUID]:
        """Give the contracts that ever agreed a clause of a kind."""
        return {contract_id for contract_id, one in self._of if one == kind.value}

    def of_contract(self, contract_id: UUID) -> list[ContractClauseRecord]:
        """Give all of one contract, in the order in which they begin."""
        found = [one for (of, _), records in self._of.items() if of == contract_id for one in records]
        return sorted(found, key=lambda one: (one.from_day, one.version))


def contract_by_code(session: Session, *, code: str) -> ContractRecord:
    """Give one contract by its code. Raises UnknownContract."""
    found = session.exec(select(ContractRecord).where(ContractRecord.code == code)).first()
    if found is None:
        raise UnknownContract(f"there is no contract {code[:60]!r}", field="code")
    return found


def clauses(session: Session, contract_ids: Iterable[UUID] | None = None) -> Clauses:
    """Give the clauses of contracts, or of all."""
    if contract_ids is None:
        return Clauses(session.exec(select(ContractClauseRecord)))
    if session.exec(select(ContractClauseRecord.id).limit(1)).first() is None:
        return Clauses(())
    found: list[ContractClauseRecord] = []
    for some in lots(sorted(set(contract_ids)), KEYS):
        found += session.exec(select(ContractClauseRecord).where(col(ContractClauseRecord.contract_id).in_(some)))
    return Clauses(found)


def pools_of(session: Session, contract_ids: Iterable[UUID]) -> dict[UUID, list[ContractPoolRecord]]:
    """Give the pools of contracts, by code and first day."""
    found: defaultdict[UUID, list[ContractPoolRecord]] = defaultdict(list)
    for some in lots(sorted(set(contract_ids)), KEYS):
        query = select(ContractPoolRecord).where(col(ContractPoolRecord.contract_id).in_(some))
        for one in session.exec(query.order_by(col(ContractPoolRecord.code), col(ContractPoolRecord.starts_on))):
            found[one.contract_id].append(one)
    return found


def pool_of_lines(session: Session, contract_ids: Iterable[UUID]) -> dict[UUID, str]:
    """Give to which pool the lines of contracts belong that belong to one."""
    found: dict[UUID, str] = {}
    for some in lots(sorted(set(contract_ids)), KEYS):
        query = select(PoolMemberRecord).where(col(PoolMemberRecord.contract_id).in_(some))
        found |= {one.contract_line_id: one.pool for one in session.exec(query)}
    return found


def amended(*, contract_id: UUID) -> SelectOfScalar[ContractAmendmentRecord]:
    """Ask for the amendments of a contract."""
    return select(ContractAmendmentRecord).where(ContractAmendmentRecord.contract_id == contract_id)


def charged(*, contract_id: UUID) -> SelectOfScalar[ContractChargeRecord]:
    """Ask for the charges of a contract."""
    return select(ContractChargeRecord).where(ContractChargeRecord.contract_id == contract_id)


def published(*, source: str | None) -> SelectOfScalar[PriceIndexRecord]:
    """Ask for the figures of an index, or of all."""
    query = select(PriceIndexRecord)
    return query if source is None else query.where(PriceIndexRecord.source == source)


def amendments(session: Session, *, contract_id: UUID) -> list[ContractAmendmentRecord]:
    """Give all amendments of a contract, in their order."""
    return list(session.exec(amended(contract_id=contract_id).order_by(col(ContractAmendmentRecord.version))))


def amendments_of(session: Session, contract_ids: Iterable[UUID]) -> dict[UUID, list[ContractAmendmentRecord]]:
    """Give all amendments of contracts, in their order."""
    found: defaultdict[UUID, list[ContractAmendmentRecord]] = defaultdict(list)
    for some in lots(sorted(set(contract_ids)), KEYS):
        query = select(ContractAmendmentRecord).where(col(ContractAmendmentRecord.contract_id).in_(some))
        for one in session.exec(query.order_by(col(ContractAmendmentRecord.version))):
            found[one.contract_id].append(one)
    return found


def charges_of(session: Session, *, contract_id: UUID) -> list[ContractChargeRecord]:
    """Give all charges of a contract, by day."""
    query = charged(contract_id=contract_id)
    return list(session.exec(query.order_by(col(ContractChargeRecord.on_day), col(ContractChargeRecord.id))))


def renewable(session: Session) -> list[ContractRecord]:
    """Give the contracts with an end that ever agreed to be renewed, by code."""
    agreed = exists().where(
        col(ContractClauseRecord.tenant_id) == ContractRecord.tenant_id,
        col(ContractClauseRecord.contract_id) == ContractRecord.id,
        col(ContractClauseRecord.kind) == ClauseKind.RENEWAL.value,
    )
    query = select(ContractRecord).where(agreed, col(ContractRecord.ends_on).is_not(None))
    return list(session.exec(query.order_by(col(ContractRecord.code))))


def ending(session: Session, *, since: date, until: date) -> list[ContractRecord]:
    """Give the contracts whose end lies between two days, both included, by code."""
    query = select(ContractRecord).where(col(ContractRecord.ends_on) >= since, col(ContractRecord.ends_on) <= until)
    return list(session.exec(query.order_by(col(ContractRecord.code))))


def noticed(session: Session, contract_ids: Iterable[UUID]) -> set[UUID]:
    """Give which of the contracts end at their end because notice was given."""
    one = ContractAmendmentRecord
    found: set[UUID] = set()
    for some in lots(sorted(set(contract_ids)), KEYS):
        query = (
            select(one.contract_id)
            .join(
                ContractRecord,
                (col(ContractRecord.tenant_id) == one.tenant_id) & (col(ContractRecord.id) == one.contract_id),
            )
            .where(col(one.contract_id).in_(some), one.kind == "give_notice", one.ends_on == ContractRecord.ends_on)
        )
        found |= set(session.exec(query))
    return found


def index_figures(session: Session, sources: Iterable[str] | None = None) -> Sequence[IndexFigure]:
    """Give the published figures of some indices, or of all, in the order of their publication."""
    query = select(PriceIndexRecord)
    if sources is not None:
        query = query.where(col(PriceIndexRecord.source).in_(sorted(set(sources))))
    one = PriceIndexRecord
    return list(session.exec(query.order_by(col(one.source), col(one.month), col(one.published_on))))
