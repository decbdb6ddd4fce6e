"""What happens to a contract, over HTTP: amendments, clauses, charges, decisions, quotes and previews."""

from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Body, Query
from pydantic import BaseModel

from billing import contract_life_queries, queries
from billing.amend_contract import amend_contract
from billing.charge_contract import charge_contract
from billing.contract_life.amendment import Amendment
from billing.contract_life.charge import Charge, NewCharge
from billing.contract_life.clause import CLAUSE, Clause
from billing.contract_life_tables import ContractAmendmentRecord, ContractChargeRecord
from billing.decisions import Decision, decisions
from billing.period import LAST_DAY, Month
from billing.preview_contract import AmendedPreview, MonthPreview, preview_amended, preview_contract
from billing.quote_way_out import Quote, quote_way_out
from billing.rating.pool import Pool
from pas import clock
from pas.access import Asking, Reading, Writing, may
from pas.api.contracts import customer_seen
from pas.api.paging import Cursor, Limit, Page, page
from pas.api.problems import problems
from pas.role import Role

router = APIRouter(prefix="/contracts", tags=["contracts"])

MonthText = Annotated[str, Query(max_length=7, description="The month, such as 2026-10; it need not be over.")]
Day = Annotated[date | None, Query(description="The day; today where it is left out.")]
Days = Annotated[int, Query(ge=0, le=3650, description="So many days are looked ahead.")]


class Amended(BaseModel):
    """An amendment as it was made; `changes` holds contract, lines and pools before and after."""

    id: UUID
    contract_id: UUID
    version: int
    kind: str
    from_day: date
    asked: dict[str, Any]
    changes: dict[str, Any]
    recorded_at: datetime
    actor: str | None
    """Who made it; not told to customers."""


class AgreedClause(BaseModel):
    """A clause, from when on it is in force, and by which version of the contract it was agreed."""

    since: date
    version: int
    terms: Clause


class AgreedPool(Pool):
    """A pool under the contract."""

    id: UUID


class MadeCharge(Charge):
    """A charge as it was made."""

    id: UUID
    contract_id: UUID
    made_at: datetime


@router.get("/decisions", responses=problems(422))
@may(Role.ADMINISTRATOR, Role.FINANCE, Role.FLEET_MANAGER)
def list_decisions(_caller: Asking, session: Reading, days: Days = 60) -> Page[Decision]:
    """List the contracts that somebody must decide about in the next days, the most pressing first."""
    return Page(items=decisions(session, today=clock.now().date(), days=days), next_cursor=None)


@router.get("/{contract_id}/amendments", responses=problems(404, 422))
@may(Role.ADMINISTRATOR, Role.FINANCE, Role.FLEET_MANAGER, Role.CUSTOMER)
def list_amendments(
    contract_id: UUID, caller: Asking, session: Reading, limit: Limit = 50, cursor: Cursor = None
) -> Page[Amended]:
    """List what was changed since the contract was signed, in that order."""
    queries.contract(session, contract_id=contract_id, customer_id=customer_seen(caller))
    one = ContractAmendmentRecord
    query = contract_life_queries.amended(contract_id=contract_id)
    found, next_cursor = page(session, query, by=(one.version, one.id), cursor=cursor, limit=limit)
    is_customer = caller.role is Role.CUSTOMER
    return Page(items=[_amended(record, hide_actor=is_customer) for record in found], next_cursor=next_cursor)


@router.post("/{contract_id}/amendments", status_code=201, responses=problems(404, 409, 422))
@may(Role.ADMINISTRATOR, Role.FINANCE)
def amend(contract_id: UUID, amendment: Annotated[Amendment, Body()], caller: Asking, session: Writing) -> Amended:
    """Amend a contract from a day on; invoices stay as they are, and the next one corrects what reaches back."""
    record = amend_contract(session, contract_id=contract_id, amendment=amendment, now=clock.now(), by=caller.actor)
    return _amended(record, hide_actor=False)


@router.get("/{contract_id}/clauses", responses=problems(404))
@may(Role.ADMINISTRATOR, Role.FINANCE, Role.FLEET_MANAGER, Role.CUSTOMER)
def list_clauses(contract_id: UUID, caller: Asking, session: Reading) -> Page[AgreedClause]:
    """List all clauses that were agreed, in the order in which they begin; of a kind the last begun is in force."""
    queries.contract(session, contract_id=contract_id, customer_id=customer_seen(caller))
    found = contract_life_queries.clauses(session, [contract_id]).of_contract(contract_id)
    told = [
        AgreedClause(since=one.from_day, version=one.version, terms=CLAUSE.validate_python(one.terms)) for one in found
    ]
    return Page(items=told, next_cursor=None)


@router.get("/{contract_id}/pools", responses=problems(404))
@may(Role.ADMINISTRATOR, Role.FINANCE, Role.FLEET_MANAGER, Role.CUSTOMER)
def list_pools(contract_id: UUID, caller: Asking, session: Reading) -> Page[AgreedPool]:
    """List the lines by product and count, by code and first day."""
    queries.contract(session, contract_id=contract_id, customer_id=customer_seen(caller))
    found = contract_life_queries.pools_of(session, [contract_id]).get(contract_id, [])
    told = [AgreedPool.model_validate(one.model_dump(include=set(AgreedPool.model_fields))) for one in found]
    return Page(items=told, next_cursor=None)


@router.get("/{contract_id}/charges", responses=problems(404, 422))
@may(Role.ADMINISTRATOR, Role.FINANCE, Role.FLEET_MANAGER, Role.CUSTOMER)
def list_charges(
    contract_id: UUID, caller: Asking, session: Reading, limit: Limit = 50, cursor: Cursor = None
) -> Page[MadeCharge]:
    """List what was charged or credited once, by day."""
    queries.contract(session, contract_id=contract_id, customer_id=customer_seen(caller))
    one = ContractChargeRecord
    query = contract_life_queries.charged(contract_id=contract_id)
    found, next_cursor = page(session, query, by=(one.on_day, one.id), cursor=cursor, limit=limit)
    return Page(items=[_charged(record) for record in found], next_cursor=next_cursor)


@router.post("/{contract_id}/charges", status_code=201, responses=problems(404, 409, 422))
@may(Role.ADMINISTRATOR, Role.FINANCE)
def charge(contract_id: UUID, new: NewCharge, caller: Asking, session: Writing) -> MadeCharge:
    """Charge a contract once: its bill of that day's month holds it, or the next one where that is issued."""
    record = charge_contract(session, contract_id=contract_id, charge=new, now=clock.now(), by=caller.actor)
    return _charged(record)


@router.get("/{contract_id}/quotes", responses=problems(404, 409, 422))
@may(Role.ADMINISTRATOR, Role.FINANCE, Role.FLEET_MANAGER, Role.CUSTOMER)
def quote(contract_id: UUID, caller: Asking, session: Reading, day: Day = None) -> Page[Quote]:
    """Quote what leaving early and buying out cost on a day, and what going on would cost, each by its formula."""
    now = clock.now()
    on = min(day or now.date(), LAST_DAY)
    found = quote_way_out(session, contract_id=contract_id, customer_id=customer_seen(caller), day=on, now=now)
    return Page(items=found, next_cursor=None)


@router.get("/{contract_id}/preview", responses=problems(404, 409, 410, 422))
@may(Role.ADMINISTRATOR, Role.FINANCE, Role.FLEET_MANAGER, Role.CUSTOMER)
def preview(contract_id: UUID, month: MonthText, caller: Asking, session: Reading) -> MonthPreview:
    """Tell what the bill of a month would be, by the very rules that bill it, and what of it is owed so far."""
    seen = customer_seen(caller)
    return preview_contract(session, contract_id=contract_id, month=Month(month), customer_id=seen, now=clock.now())


@router.post("/{contract_id}/preview", responses=problems(404, 409, 410, 422))
@may(Role.ADMINISTRATOR, Role.FINANCE)
def preview_change(
    contract_id: UUID,
    month: MonthText,
    amendment: Annotated[Amendment, Body()],
    caller: Asking,
    session: Writing,
) -> AmendedPreview:
    """Tell what the bill of a month would be with an amendment, and without; nothing of it stays."""
    return preview_amended(
        session,
        contract_id=contract_id,
        month=Month(month),
        amendment=amendment,
        now=clock.now(),
        by=caller.actor,
    )


def _amended(record: ContractAmendmentRecord, *, hide_actor: bool) -> Amended:
    told = record.model_dump(include=set(Amended.model_fields))
    return Amended(**(told | {"actor": None if hide_actor else record.actor}))


def _charged(record: ContractChargeRecord) -> MadeCharge:
    return MadeCharge.model_validate(record.model_dump(include=set(MadeCharge.model_fields)))
