"""Keep a product's checklist: what differs from the newest version becomes a new one, and nothing is rewritten."""

from datetime import UTC, datetime
from uuid import UUID

from sqlmodel import Session, col, select

from lifecycle.actor import Actor
from lifecycle.checklist import NewChecklist, graded_items
from lifecycle.checklist_queries import versions_of
from lifecycle.checklist_tables import ChecklistRecord
from lifecycle.queries import NotInCatalogue
from lifecycle.record_audit import record_audit
from lifecycle.tables import ProductRecord
from telemetry.moment import plainly
from telemetry.queries import metrics
from telemetry.refusal import Refusal
from telemetry.tables import tenant_of
from telemetry.unit import WrongDimension, conversion


class ImpossibleChecklist(Refusal):
    """A checklist asks for what nobody measures, in a unit that cannot be, or comes before the one it replaces."""


def keep_checklist(
    session: Session, *, product_id: UUID, told: NewChecklist, now: datetime, by: Actor
) -> tuple[ChecklistRecord, bool]:
    """Keep a checklist; give its version, and whether that is new. The same items again change nothing.

    A version that is in force also says what the product's own checklist holds: its components and their weights.
    Raises NotInCatalogue and ImpossibleChecklist.
    """
    product = session.exec(select(ProductRecord).where(ProductRecord.id == product_id).with_for_update()).first()
    if product is None:
        raise NotInCatalogue("there is no such product")
    last = session.exec(versions_of(product_id).order_by(col(ChecklistRecord.version).desc()).limit(1)).first()
    items = [item.model_dump(mode="json", exclude_defaults=True) for item in told.items]
    if last is not None and last.items == items and (told.valid_from is None or told.valid_from == last.valid_from):
        return last, False
    valid_from = (told.valid_from or now).astimezone(UTC)
    _refuse_impossible(session, told, last, valid_from)

    record = ChecklistRecord(
        tenant_id=tenant_of(session),
        product_id=product_id,
        version=last.version + 1 if last else 1,
        valid_from=valid_from,
        items=items,
        recorded_at=now,
        recorded_by=by.name,
    )

    session.add(record)
    if valid_from <= now:
        product.checklist = graded_items(told.items)
        session.add(product)
    subject = f"checklist of {product.code}, version {record.version}"
    before = last.items if last else None
    record_audit(session, action="checklist.added", subject=subject, before=before, after=items, now=now, by=by)
    return record, True


def _refuse_impossible(
    session: Session, told: NewChecklist, last: ChecklistRecord | None, valid_from: datetime
) -> None:
    if last is not None and valid_from < last.valid_from:
        sentence = (
            f"version {last.version} is valid from {plainly(last.valid_from)}; the next one begins then or later, "
            f"not on {plainly(valid_from)}"
        )
        raise ImpossibleChecklist(sentence, field="valid_from")
    known = metrics(session)
    for place, item in enumerate(told.items):
        if item.metric is None or item.unit is None:
            continue
        if item.metric not in known:
            sentence = (
                f"question {item.name} measures {item.metric}, which is no metric; they are listed under /metrics"
            )
            raise ImpossibleChecklist(sentence, field=f"items.{place}.metric")
        try:
            conversion(item.unit, known[item.metric].unit)
        except WrongDimension as wrong:
            raise ImpossibleChecklist(f"question {item.name}: {wrong.sentence}", field=f"items.{place}.unit") from wrong
