"""Rate contracts for their invoices of a month: what each owes, who owes nothing, and what keeps some from it."""

from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

from sqlmodel import Session

from billing.bill_run_queries import approved
from billing.due import Due
from billing.issue_invoice import Issuing, Owed
from billing.load_due import load_due
from billing.month.bill_run import BillFailure
from billing.month.draft import draft_of
from billing.rate_contract import rate_contract
from billing.tables import ContractRecord
from billing.why_not_billed import why_not_billed
from telemetry.refusal import Refusal

UNFIT = (Refusal, ValueError, ArithmeticError, LookupError)
"""What is told of one contract and stops no other."""


class DraftOutdated(Refusal):
    """What was approved is no longer what would be billed."""


class Ready(NamedTuple):
    """What became of some contracts on the way to their invoices."""

    owed: list[Owed]
    settled: list[UUID]
    """Owe nothing."""
    failures: list[BillFailure]
    not_approved: int


def ready_to_issue(
    session: Session, *, issuing: Issuing, contracts: Sequence[ContractRecord], only_approved: bool
) -> Ready:
    """Rate contracts; where finance approves, only those approved, and exactly as approved. Stores nothing."""
    wanted = (
        approved(session, period=issuing.month, contract_ids=[one.id for one in contracts]) if only_approved else {}
    )
    waiting = [one for one in contracts if one.id in wanted] if only_approved else contracts
    ready = Ready([], [], [], len(contracts) - len(waiting))
    for due in load_due(session, month=issuing.month, contracts=waiting, now=issuing.now):
        try:
            owed = _owed(due, issuing, wanted.get(due.contract.id))
        except UNFIT as why:
            ready.failures.append(why_not_billed(due.contract, why))
            continue
        if any(line.net for line in owed.lines):
            ready.owed.append(owed)
        else:
            ready.settled.append(due.contract.id)
    return ready


def _owed(due: Due, issuing: Issuing, wanted: str | None) -> Owed:
    lines = rate_contract(due, month=issuing.month)
    if wanted is not None and draft_of(due.contract, lines).hash != wanted:
        sentence = (
            f"{due.contract.code} would be billed otherwise than was approved; draft it again and look at the change"
        )
        raise DraftOutdated(sentence, field="hash")
    return Owed(due.contract, due.buyer, lines)
