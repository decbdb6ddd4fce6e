"""List which contracts somebody must decide about soon: notice before it is renewed, or another one before it ends."""

from datetime import date, timedelta
from enum import StrEnum
from uuid import UUID

from pydantic import BaseModel
from sqlmodel import Session

from billing.contract_life.anniversary import months_on
from billing.contract_life.clause import ClauseKind, Renewal, notice_by
from billing.contract_life_queries import Clauses, clauses, ending, noticed, renewable
from billing.tables import ContractRecord

A_DAY = timedelta(days=1)


class Prospect(StrEnum):
    """What happens if nobody does anything."""

    IS_RENEWED = "is_renewed"
    ENDS = "ends"
    ENDS_BY_NOTICE = "ends_by_notice"


class Decision(BaseModel):
    """A contract with the last day on which something can be decided: of notice, or its own where it is not renewed."""

    contract_id: UUID
    contract: str
    customer_id: UUID
    decide_by: date
    ends_on: date
    renews_until: date | None
    prospect: Prospect


def decisions(session: Session, *, today: date, days: int) -> list[Decision]:
    """Give the contracts to decide about from today for so many days, the most pressing first."""
    until = today + timedelta(days=days)
    contracts = {one.id: one for one in (*renewable(session), *ending(session, since=today, until=until + A_DAY))}
    agreed, by_notice = clauses(session, contracts), noticed(session, contracts)
    found = [_decision(one, agreed, is_noticed=one.id in by_notice) for one in contracts.values() if one.ends_on]
    soon = [one for one in found if today <= one.decide_by <= until]
    return sorted(soon, key=lambda one: (one.decide_by, one.contract))


def _decision(contract: ContractRecord, agreed: Clauses, *, is_noticed: bool) -> Decision:
    ends_on = contract.ends_on or date.max
    clause = agreed.in_force(contract.id, ClauseKind.RENEWAL, on=ends_on)
    told = {"contract_id": contract.id, "contract": contract.code, "customer_id": contract.customer_id}
    if clause is None or not isinstance(clause.terms, Renewal) or is_noticed:
        prospect = Prospect.ENDS_BY_NOTICE if is_noticed else Prospect.ENDS
        return Decision(**told, decide_by=ends_on - A_DAY, ends_on=ends_on, renews_until=None, prospect=prospect)
    return Decision(
        **told,
        decide_by=notice_by(clause.terms, ends_on),
        ends_on=ends_on,
        renews_until=months_on(ends_on, clause.terms.months),
        prospect=Prospect.IS_RENEWED,
    )
