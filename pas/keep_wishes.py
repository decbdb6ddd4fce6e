"""Keep how a person wants to be told of alerts."""

from datetime import datetime
from uuid import UUID

from sqlmodel import Session, select

from lifecycle.actor import Actor
from lifecycle.record_audit import record_audit
from pas.find_readers import wishes_of
from pas.message_tables import WishesRecord
from pas.wishes import Wishes
from telemetry.tables import tenant_of


def keep_wishes(session: Session, *, person_id: UUID, wishes: Wishes, now: datetime, by: Actor) -> Wishes:
    """Keep a person's wishes from now on; the same again changes nothing. What is on its way goes as it was."""
    record = session.exec(select(WishesRecord).where(WishesRecord.person_id == person_id).with_for_update()).first()
    before = wishes_of(record)
    if wishes == before:
        return before

    said = wishes.model_dump()
    if record is None:
        facts = {"tenant_id": tenant_of(session), "person_id": person_id, "changed_at": now}
        session.add(WishesRecord.model_validate(wishes, update=facts))
    else:
        record.sqlmodel_update(said | {"changed_at": now})
    session.flush()

    old, new = before.model_dump(mode="json"), wishes.model_dump(mode="json")
    subject = f"person:{person_id}"
    record_audit(session, action="wishes-kept", subject=subject, before=old, after=new, now=now, by=by)
    return wishes
