"""Keep who stands at the head of the invoices; issued ones stay as they were."""

from datetime import datetime

from sqlmodel import Session, select

from billing.seller import Seller, checked
from billing.tables import SellerRecord
from lifecycle.actor import Actor
from lifecycle.record_audit import record_audit
from telemetry.tables import tenant_of


def keep_seller(session: Session, seller: Seller, *, now: datetime, by: Actor) -> SellerRecord:
    """Name or rename the seller, with the change in the audit. Raises WrongNumber and UnknownZone."""
    kept = session.exec(select(SellerRecord)).first()
    before = None if kept is None else Seller.model_validate(kept, from_attributes=True)

    after = checked(seller)
    if before == after and kept is not None:
        return kept

    record = SellerRecord.model_validate(after, update={"tenant_id": tenant_of(session)})
    record = session.merge(record)
    record_audit(
        session,
        action="seller-kept",
        subject="seller",
        before=before and before.model_dump(mode="json"),
        after=after.model_dump(mode="json"),
        now=now,
        by=by,
    )
    return record
