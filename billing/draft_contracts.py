"""Draw up the drafts of some contracts anew, and tell which could not be drawn up and why."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlmodel import Session

from billing.bill_run import BillFailure
from billing.draft import Draft, draft_of
from billing.due import Due
from billing.load_due import load_due
from billing.period import Month
from billing.rate_contract import rate_contract
from billing.tables import ContractRecord
from billing.why_not_billed import why_not_billed
from billing.write_drafts import DraftRows, drop_drafts, write_drafts
from telemetry.refusal import Refusal

UNFIT = (Refusal, ValueError, ArithmeticError, LookupError)


class Drafted(NamedTuple):
    """What became of the contracts."""

    drafted: int
    nothing_owed: int
    net_cents: int
    vat_cents: int
    failures: list[BillFailure]


def draft_contracts(session: Session, *, month: Month, contracts: Sequence[ContractRecord], now: datetime) -> Drafted:
    """Replace the drafts of some contracts; one that owes nothing any more loses its own. Numbers nothing."""
    due = load_due(session, month=month, contracts=contracts, now=now)

    drafts: list[tuple[str, Draft]] = []
    failures: list[BillFailure] = []
    for one in due:
        try:
            draft = _draw_up(one, month)
        except UNFIT as why:
            failures.append(why_not_billed(one.contract, why))
        else:
            drafts += [(one.contract.id.hex, draft)] if draft else []

    drop_drafts(session, month=month, contract_ids=[contract.id.hex for contract in contracts])
    write_drafts(session, _rows(drafts), month=month, now=now)
    return Drafted(
        drafted=len(drafts),
        nothing_owed=len(due) - len(drafts) - len(failures),
        net_cents=sum(draft.net_cents for _, draft in drafts),
        vat_cents=sum(draft.vat_cents for _, draft in drafts),
        failures=failures,
    )


def _draw_up(due: Due, month: Month) -> Draft | None:
    lines = rate_contract(due, month=month)
    return draft_of(due.contract, lines) if any(line.net for line in lines) else None


def _rows(drafts: Sequence[tuple[str, Draft]]) -> DraftRows:
    return DraftRows(
        [(contract_id, one.net_cents, one.vat_cents, len(one.lines), one.hash) for contract_id, one in drafts],
        [
            (contract_id, position, *line)
            for contract_id, one in drafts
            for position, line in enumerate(one.lines, start=1)
        ],
    )
