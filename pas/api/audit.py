"""The audit over HTTP: who changed a right, a tariff, a contract, a product or a setting."""

from fastapi import APIRouter
from pydantic import AwareDatetime, BaseModel
from sqlmodel import select

from lifecycle.tables import AuditRecord
from lifecycle.verify_history import ChainReport, verify_chains
from pas.access import Asking, Reading, may
from pas.api.paging import Cursor, Limit, Page, page
from pas.role import Role

router = APIRouter(prefix="/audit", tags=["audit"])


class AuditLink(BaseModel):
    """One change; `before` and `after` are digests of the whole of what was changed."""

    sequence: int
    at: AwareDatetime
    actor_kind: str
    actor: str
    action: str
    subject: str
    before: str
    after: str
    previous_hash: str
    hash: str


@router.get("")
@may(Role.ADMINISTRATOR)
def list_audit(_caller: Asking, session: Reading, limit: Limit = 50, cursor: Cursor = None) -> Page[AuditLink]:
    """List the changes in the order in which they were made."""
    found, next_cursor = page(session, select(AuditRecord), by=(AuditRecord.sequence,), cursor=cursor, limit=limit)
    items = [AuditLink.model_validate(link, from_attributes=True) for link in found]
    return Page(items=items, next_cursor=next_cursor)


@router.get("/verify")
@may(Role.ADMINISTRATOR)
def verify(_caller: Asking, session: Reading) -> ChainReport:
    """Walk every chain of the tenant and name the first broken link."""
    return verify_chains(session)
