"""Past months rated again, and the late use that was refused, over HTTP; nothing here changes a bill."""

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import BaseModel

from billing.late_use_queries import late_use_refused
from billing.late_use_tables import LateUseRefusedRecord
from billing.period import Month
from billing.rerate_month import Rerated, rerate_month
from pas.access import Asking, Reading, may
from pas.api.paging import Cursor, Limit, Page, page
from pas.api.problems import problems
from pas.role import Role

router = APIRouter(tags=["invoices"])

MonthAsked = Annotated[str, Query(pattern=r"^\d{4}-\d{2}$", description="Such as 2026-10.")]
ContractFilter = Annotated[UUID | None, Query(description="Only that of this contract.")]


class LateUseRefused(BaseModel):
    """A period whose readings changed after its late window was over; its bill stays as it is."""

    id: UUID
    contract_id: UUID
    contract_line_id: UUID
    period_start: date
    period_end: date
    revision: int
    meter: str
    unit: str
    billed_use: Decimal
    use_now: Decimal
    refused_use: Decimal
    refused_net: Decimal
    late_months: int
    found_at: datetime


@router.get("/rerates", responses=problems(422))
@may(Role.ADMINISTRATOR, Role.FINANCE, Role.FLEET_MANAGER)
def rerate(_caller: Asking, session: Reading, month: MonthAsked, contract: ContractFilter = None) -> Rerated:
    """Rate a month again by what is known now: the same as was billed so far, or each difference with its reason."""
    return rerate_month(session, month=Month(month), contract_ids=None if contract is None else [contract])


@router.get("/late-use-refused", responses=problems(422))
@may(Role.ADMINISTRATOR, Role.FINANCE, Role.FLEET_MANAGER)
def list_late_use_refused(
    _caller: Asking, session: Reading, contract: ContractFilter = None, limit: Limit = 50, cursor: Cursor = None
) -> Page[LateUseRefused]:
    """List the use that was read too late to be billed, by the moment it was found."""
    by = (LateUseRefusedRecord.found_at, LateUseRefusedRecord.id)
    found, next_cursor = page(session, late_use_refused(contract_id=contract), by=by, cursor=cursor, limit=limit)
    items = [LateUseRefused.model_validate(one, from_attributes=True) for one in found]
    return Page(items=items, next_cursor=next_cursor)
