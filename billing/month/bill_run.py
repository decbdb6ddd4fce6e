"""What a run over a month did: what it drew up, what it found done, where nothing was owed, what it could not bill."""

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

from pydantic import BaseModel


class Deed(StrEnum):
    """What a run does with the contracts of its month."""

    ISSUE = "issue"
    """Draw up and number at once."""
    DRAFT = "draft"
    """Draw up without a number, for finance to look at."""
    ISSUE_APPROVED = "issue_approved"
    """Number what finance approved, and nothing else."""


class RunState(StrEnum):
    """How far a run is."""

    RUNNING = "running"
    DONE = "done"


class BillFailure(BaseModel):
    """A contract that could not be billed, and why."""

    contract_id: UUID
    contract: str
    code: str
    sentence: str


class BillRun(BaseModel):
    """The news of one run; `net`, `vat` and `gross` are the sums of what it issued or drafted itself.

    Of `to_do` contracts `done` were looked at; `already_issued` had their invoice before it began.
    """

    id: UUID
    month: str
    deed: Deed = Deed.ISSUE
    state: RunState = RunState.DONE
    only_failed: bool = False
    period_start: date
    period_end: date
    ran_at: datetime
    ran_by: str
    to_do: int = 0
    done: int = 0
    issued: int
    drafted: int = 0
    already_issued: int
    nothing_owed: int
    not_approved: int = 0
    failed: int
    currency: str
    net: Decimal
    vat: Decimal
    gross: Decimal
    first_number: str | None
    last_number: str | None
    failures: list[BillFailure]
