"""Keep others from a tenant's journal of readings, or from its packed days, until a transaction ends."""

from sqlmodel import Session, func, select

from telemetry.tables import TenantRecord, tenant_of

_DAYS = 7301
"""Names our locks among the advisory locks of a PostgreSQL database."""


def lock_journal(session: Session) -> None:
    """Wait for whoever adds to the journal or compacts it, and hold it; readers are not kept waiting.

    SQLite has one writer at a time anyway.
    """
    if session.get_bind().dialect.name != "sqlite":
        own = TenantRecord.id == tenant_of(session)
        session.exec(select(TenantRecord.id).where(own).with_for_update(key_share=True))


def try_lock_days(session: Session) -> bool:
    """Hold the packed days alone; give False, and hold nothing, where somebody holds them still."""
    if session.get_bind().dialect.name == "sqlite":
        return True
    return bool(session.scalar(select(func.pg_try_advisory_xact_lock(_DAYS, tenant_of(session)))))


def lock_days(session: Session) -> None:
    """Wait for whoever reads packed days in order to write, and hold the days alone."""
    if session.get_bind().dialect.name != "sqlite":
        session.scalar(select(func.pg_advisory_xact_lock(_DAYS, tenant_of(session))))


def hold_days_still(session: Session) -> None:
    """Let nobody compact while a writing transaction reads, statement by statement, what is open and what is packed.

    A session that only reads sees one moment anyway, and so does every transaction of SQLite.
    """
    if session.get_bind().dialect.name != "sqlite" and not session.info.get("reads_only"):
        session.scalar(select(func.pg_advisory_xact_lock_shared(_DAYS, tenant_of(session))))
