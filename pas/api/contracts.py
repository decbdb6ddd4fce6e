"""Contracts over HTTP: finance signs them, customers see their own."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response
from sqlmodel import Session

from billing import queries
from billing.contract.contract import Contract, ContractLine, NewContract
from billing.contract_life.planned_change import HeldLine
from billing.contract_life_queries import amendments
from billing.contract_versions import as_of_version
from billing.sign_contracts import sign_contracts
from billing.tables import ContractLineRecord, ContractRecord
from pas import clock
from pas.access import Asking, Caller, Reading, Writing, may
from pas.api.paging import Cursor, Limit, Page, page
from pas.api.problems import problems
from pas.role import Role

router = APIRouter(prefix="/contracts", tags=["contracts"])

NOBODY = UUID(int=0)

Version = Annotated[
    int | None,
    Query(ge=1, le=1_000_000, description="As it stood after so many signings and amendments; 1 is as it was signed."),
]
CustomerFilter = Annotated[UUID | None, Query(description="Only those of this customer.")]


class SignedLine(ContractLine):
    """A line as it was signed."""

    id: UUID


class SignedContract(Contract):
    """A contract as it stands, with its lines; what was signed and what changed since stands in its versions."""

    id: UUID
    signed_at: datetime
    lines: list[SignedLine]


def customer_seen(caller: Caller, asked: UUID | None = None) -> UUID | None:
    """Give the one customer whose papers the caller may see and asks for; None is everybody's.

    A customer's contact sees that customer only, and asking for another gives nothing.
    """
    if caller.role is not Role.CUSTOMER and caller.customer_id is None:
        return asked
    own = caller.customer_id or NOBODY
    return own if asked in {None, own} else NOBODY


@router.get("", responses=problems(422))
@may(Role.ADMINISTRATOR, Role.FINANCE, Role.FLEET_MANAGER, Role.CUSTOMER)
def list_contracts(
    caller: Asking, session: Reading, customer: CustomerFilter = None, limit: Limit = 50, cursor: Cursor = None
) -> Page[SignedContract]:
    """List contracts by code; a customer's contact sees that customer's."""
    query = queries.contracts(customer_id=customer_seen(caller, customer))
    by = (ContractRecord.code, ContractRecord.id)
    found, next_cursor = page(session, query, by=by, cursor=cursor, limit=limit)
    return Page(items=_shown(session, found), next_cursor=next_cursor)


@router.post("", status_code=201, responses=problems(409, 422))
@may(Role.ADMINISTRATOR, Role.FINANCE)
def sign_contract(new: NewContract, response: Response, caller: Asking, session: Writing) -> SignedContract:
    """Sign a contract; the very same one again changes nothing, other terms under its code are refused."""
    signed = sign_contracts(session, [new], now=clock.now(), by=caller.actor)
    shown = _shown(session, [*signed.new, *signed.unchanged])[0]
    response.headers["Location"] = f"/api/v1/contracts/{shown.id}"
    return shown


@router.get("/{contract_id}", responses=problems(404, 422))
@may(Role.ADMINISTRATOR, Role.FINANCE, Role.FLEET_MANAGER, Role.CUSTOMER)
def get_contract(contract_id: UUID, caller: Asking, session: Reading, version: Version = None) -> SignedContract:
    """Give one contract with its lines, as it stands or as it stood after one of its amendments."""
    found = queries.contract(session, contract_id=contract_id, customer_id=customer_seen(caller))
    if version is None:
        return _shown(session, [found])[0]
    made = amendments(session, contract_id=contract_id)
    terms, lines = as_of_version(found, queries.lines_of(session, [contract_id])[contract_id], made, version)
    return _as(found, terms, lines)


def _shown(session: Session, contracts: list[ContractRecord]) -> list[SignedContract]:
    lines = queries.lines_of(session, [contract.id for contract in contracts])
    return [_one(contract, lines[contract.id]) for contract in contracts]


def _one(contract: ContractRecord, lines: list[ContractLineRecord]) -> SignedContract:
    return _as(contract, contract, lines)


def _as(contract: ContractRecord, terms: Contract, lines: Sequence[ContractLineRecord | HeldLine]) -> SignedContract:
    """Show a contract with the terms and lines of one of its versions."""
    shown = [line.model_dump(include=set(SignedLine.model_fields)) for line in lines]
    own = {"id": contract.id, "signed_at": contract.signed_at, "lines": shown}
    return SignedContract.model_validate(terms.model_dump(include=set(Contract.model_fields)) | own)
