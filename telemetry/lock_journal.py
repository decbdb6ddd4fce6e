"""Let one transaction at a time add to a tenant's journal of readings or compact it."""

from sqlmodel import Session, select

from telemetry.tables import TenantRecord, tenant_of


def lock_journal(session: Session) -> None:
    """Wait for whoever holds the journal, and hold it until the transaction ends; readers are not kept waiting.

    SQLite has one writer at a time anyway.
    """
    session.exec(select(TenantRecord.id).where(TenantRecord.id == tenant_of(session)).with_for_update(key_share=True))
