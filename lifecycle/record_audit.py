"""Write into the tenant's audit chain who changed a right, a tariff, a contract, a product or a setting."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple, Protocol

from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session, select

from lifecycle.actor import Actor
from lifecycle.chain import digest
from lifecycle.tables import AuditHeadRecord, AuditRecord
from telemetry.tables import tenant_of


class Change(NamedTuple):
    """One change: what was done to what, and the whole of it before and after (None where there was none)."""

    action: str
    subject: str
    before: Any
    after: Any


class AuditLink(Protocol):
    """What an audit link's hash covers."""

    tenant_id: int
    sequence: int
    at: datetime
    actor_kind: str
    actor: str
    action: str
    subject: str
    before: str
    after: str
    previous_hash: str


def record_audit(
    session: Session, *, action: str, subject: str, before: Any, after: Any, now: datetime, by: Actor
) -> AuditRecord:
    """Append one change; only the digests of `before` and `after` are kept."""
    return record_changes(session, [Change(action, subject, before, after)], now=now, by=by)[0]


def record_changes(session: Session, changes: Sequence[Change], *, now: datetime, by: Actor) -> list[AuditRecord]:
    """Append changes to the chain, in the order given."""
    if not changes:
        return []
    head = _held_head(session)

    links = [_linked(head, change, now=now, by=by) for change in changes]

    session.add_all(links)
    session.flush()
    return links


def audit_hash(link: AuditLink) -> str:
    """Give the hash that chains an audit link to the one before."""
    return digest(
        [
            link.previous_hash,
            link.tenant_id,
            link.sequence,
            link.at,
            link.actor_kind,
            link.actor,
            link.action,
            link.subject,
            link.before,
            link.after,
        ]
    )


def _linked(head: AuditHeadRecord, change: Change, *, now: datetime, by: Actor) -> AuditRecord:
    link = AuditRecord(
        tenant_id=head.tenant_id,
        sequence=head.sequence + 1,
        at=now,
        actor_kind=by.kind,
        actor=by.name,
        action=change.action,
        subject=change.subject[:200],
        before=digest(change.before),
        after=digest(change.after),
        previous_hash=head.hash,
        hash="",
    )
    link.hash = audit_hash(link)
    head.sequence, head.hash = link.sequence, link.hash
    return link


def _held_head(session: Session) -> AuditHeadRecord:
    """Hold the chain's head until the transaction ends; a tenant's first link makes it, whoever comes first."""
    query = select(AuditHeadRecord).with_for_update().execution_options(populate_existing=True)
    head = session.exec(query).first()
    if head is None:
        dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
        first = dialect.insert(AuditHeadRecord).values(tenant_id=tenant_of(session), sequence=0, hash="")
        session.execute(first.on_conflict_do_nothing())
        head = session.exec(query).one()
    return head
