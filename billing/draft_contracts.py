"""Draw up the drafts of some contracts anew, and tell which could not be drawn up and why."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlmodel import Session

from billing.draft_columns import draft_columns
from billing.due import Due
from billing.load_columns import load_columns
from billing.load_due import load_due
from billing.month.bill_run import BillFailure
from billing.month.draft import Draft, draft_of
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


class Drawn(NamedTuple):
    """Drafts as rows, and what could not be drawn up."""

    rows: DraftRows
    failures: list[BillFailure]


def draft_contracts(session: Session, *, month: Month, contracts: Sequence[ContractRecord], now: datetime) -> Drafted:
    """Replace the drafts of some contracts; one that owes nothing any more loses its own. Numbers nothing."""
    drawn = draw_up_drafts(session, month=month, contracts=contracts, now=now)

    drop_drafts(session, month=month, contract_ids=[contract.id.hex for contract in contracts])
    write_drafts(session, drawn.rows, month=month, now=now)
    drafts = drawn.rows.drafts
    return Drafted(
        drafted=len(drafts),
        nothing_owed=len(contracts) - len(drafts) - len(drawn.failures),
        net_cents=sum(row[1] for row in drafts),
        vat_cents=sum(row[2] for row in drafts),
        failures=drawn.failures,
    )


def draw_up_drafts(session: Session, *, month: Month, contracts: Sequence[ContractRecord], now: datetime) -> Drawn:
    """Draw up drafts: plain contracts together by column, the others one by one. Stores nothing."""
    plain = load_columns(session, month=month, contracts=contracts)
    by_column = draft_columns(plain, month=month, contracts={one.id.hex: one for one in contracts})
    rest = [one for one in contracts if one.id in plain.rich or one.id.hex in by_column.odd]
    one_by_one = draw_up_one_by_one(session, month=month, contracts=rest, now=now)
    rows = DraftRows(
        [*by_column.drafts, *one_by_one.rows.drafts],
        [*by_column.lines, *one_by_one.rows.lines],
    )
    return Drawn(rows, one_by_one.failures)


def draw_up_one_by_one(session: Session, *, month: Month, contracts: Sequence[ContractRecord], now: datetime) -> Drawn:
    """Draw up drafts the way that every invoice is rated. Stores nothing."""
    drawn = Drawn(DraftRows([], []), [])
    for due in load_due(session, month=month, contracts=contracts, now=now) if contracts else ():
        try:
            draft = _draw_up(due, month)
        except UNFIT as why:
            drawn.failures.append(why_not_billed(due.contract, why))
        else:
            _add(drawn.rows, due.contract.id.hex, draft)
    return drawn


def _draw_up(due: Due, month: Month) -> Draft | None:
    lines = rate_contract(due, month=month)
    return draft_of(due.contract, lines) if any(line.net for line in lines) else None


def _add(rows: DraftRows, contract_id: str, draft: Draft | None) -> None:
    if draft is None:
        return
    rows.drafts.append((contract_id, draft.net_cents, draft.vat_cents, len(draft.lines), draft.hash))
    lines: list[tuple[Any, ...]] = [
        (contract_id, position, *line) for position, line in enumerate(draft.lines, start=1)
    ]
    rows.lines.extend(lines)
