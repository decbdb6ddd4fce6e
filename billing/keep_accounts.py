"""Keep which account of the ledger stands for what; what was exported stays as it was."""

from datetime import datetime

from sqlmodel import Session

from billing.books.accounts import Accounts
from billing.journal_queries import accounts
from billing.journal_tables import LedgerAccountsRecord
from lifecycle.actor import Actor
from lifecycle.record_audit import record_audit
from telemetry.tables import tenant_of


def keep_accounts(session: Session, after: Accounts, *, now: datetime, by: Actor) -> Accounts:
    """Name the accounts, with the change in the audit."""
    before = accounts(session)

    if before == after:
        return before

    session.merge(LedgerAccountsRecord.model_validate(after, update={"tenant_id": tenant_of(session)}))
    record_audit(
        session,
        action="ledger-accounts-kept",
        subject="ledger",
        before=before.model_dump(mode="json"),
        after=after.model_dump(mode="json"),
        now=now,
        by=by,
    )
    return after
