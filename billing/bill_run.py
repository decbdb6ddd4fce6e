"""What a run over a month did: what it issued, what it found issued, where nothing was owed, what it could not bill."""

from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from pydantic import BaseModel


class BillFailure(BaseModel):
    """A contract that could not be billed, and why."""

    contract_id: UUID
    contract: str
    code: str
    sentence: str


class BillRun(BaseModel):
    """The news of one run; `net`, `vat` and `gross` are the sums of what it issued itself."""

    id: UUID
    month: str
    period_start: date
    period_end: date
    ran_at: datetime
    ran_by: str
    issued: int
    already_issued: int
    nothing_owed: int
    failed: int
    currency: str
    net: Decimal
    vat: Decimal
    gross: Decimal
    first_number: str | None
    last_number: str | None
    failures: list[BillFailure]
