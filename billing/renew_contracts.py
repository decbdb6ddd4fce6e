"""Renew the contracts whose day of notice has passed without notice; a contract that cannot be stops no other."""

from datetime import date, datetime
from typing import NamedTuple

from sqlmodel import Session

from billing.amend_contract import amend_contract
from billing.contract_life.amendment import Renew
from billing.contract_life.clause import ClauseKind, Renewal, notice_by
from billing.contract_life_queries import clauses, noticed, renewable
from billing.contract_life_tables import ContractAmendmentRecord
from billing.period import local_day
from billing.tables import ContractRecord
from lifecycle.actor import SYSTEM, Actor
from telemetry.refusal import Refusal

MOST_AT_ONCE = 24
"""So many terms at the most are caught up on at once."""


class NotRenewed(NamedTuple):
    """A contract that could not be renewed, and why."""

    contract: str
    sentence: str


class Renewals(NamedTuple):
    """What was renewed, and what could not be."""

    renewed: list[ContractAmendmentRecord]
    failed: list[NotRenewed]


def renew_contracts(session: Session, *, now: datetime, by: Actor = SYSTEM) -> Renewals:
    """Renew each contract as long as its day of notice has passed; a second run finds nothing to do."""
    found = Renewals([], [])
    contracts = renewable(session)
    ended_by_notice = noticed(session, [one.id for one in contracts])
    agreed = clauses(session, [one.id for one in contracts])
    for contract in contracts:
        for _ in range(MOST_AT_ONCE):
            clause = agreed.in_force(contract.id, ClauseKind.RENEWAL, on=contract.ends_on or date.max)
            if clause is None or not isinstance(clause.terms, Renewal) or contract.id in ended_by_notice:
                break
            if not _is_due(contract, clause.terms, now) or not _renewed(
                session, contract, clause.terms, found, now, by
            ):
                break
    return found


def _is_due(contract: ContractRecord, terms: Renewal, now: datetime) -> bool:
    return contract.ends_on is not None and local_day(now, contract.zone) > notice_by(terms, contract.ends_on)


def _renewed(
    session: Session, contract: ContractRecord, terms: Renewal, found: Renewals, now: datetime, by: Actor
) -> bool:
    try:
        with session.begin_nested():
            asked = Renew(months=terms.months)
            found.renewed.append(amend_contract(session, contract_id=contract.id, amendment=asked, now=now, by=by))
    except Refusal as why:
        found.failed.append(NotRenewed(contract.code, why.sentence))
        return False
    return True
