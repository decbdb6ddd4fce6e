"""Checklists as files: one row a version; versions are added and never rewritten."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlmodel import Session, col, select

from lifecycle.actor import Actor
from lifecycle.checklist import Item, NewChecklist
from lifecycle.checklist_tables import ChecklistRecord
from lifecycle.keep_checklist import keep_checklist
from lifecycle.tables import ProductRecord
from pas.exchange.cell import Nested, Text
from pas.exchange.column import Column, Row
from pas.exchange.day import Moment
from pas.exchange.draft import Draft, checked
from pas.exchange.kind import Blame, Kind, codes_by_id, found, ids_by_code
from pas.exchange.number import Whole
from telemetry.refusal import Refusal


class Checklists(Kind):
    """What to look at on products, version by version."""

    name = "checklists"
    about = "What to look at on products, in versions; `pas checklist` takes them as XLSForms."
    key = ("product", "version")
    columns = (
        Column("product", Text(), "code of the product", ("product_code", "produit", "produkt"), required=True),
        Column("version", Whole(), "its number, one more than the last", ("versie",), required=True),
        Column("valid_from", Moment(), "from when on it is in force; now where left out", ("geldig_vanaf", "depuis")),
        Column("items", Nested(list[Item]), "the questions", ("questions", "vragen"), required=True),
    )

    def stored(self, session: Session) -> Iterable[Row]:
        """Give all, by product and version."""
        codes = codes_by_id(session, ProductRecord)
        records = session.exec(select(ChecklistRecord).order_by(col(ChecklistRecord.version)))
        for record in sorted(records, key=lambda record: (codes[record.product_id], record.version)):
            facts = {"version": record.version, "valid_from": record.valid_from, "items": record.items}
            yield self.plain(facts | {"product": codes[record.product_id]})

    def decide(self, session: Session, drafts: Sequence[Draft]) -> None:
        """Find the product and hold each row against its class; a version that is there may only be said again."""
        products = ids_by_code(session, ProductRecord)
        next_version = _next_versions(session)
        for draft in sorted(drafts, key=lambda draft: draft.after.get("version") or 0):
            product_id = found(draft, "product", products, of="product")
            if product_id is None:
                continue
            facts = {"items": draft.after["items"], "valid_from": draft.after.get("valid_from")}
            told = checked(draft, NewChecklist, facts)
            if told is None:
                continue
            draft.value = (product_id, told)
            version, wanted = draft.after["version"], next_version.get(product_id, 1)
            if draft.before is not None and draft.changes:
                why = "this version is there already, with other content, and is not rewritten"
                draft.refuse(draft.changes[0], draft.after[draft.changes[0]], why, f"a new one has number {wanted}")
            elif draft.before is None and version != wanted:
                draft.refuse("version", version, "versions follow each other", f"the next one has number {wanted}")
            elif draft.before is None:
                next_version[product_id] = wanted + 1

    def write(self, session: Session, drafts: Sequence[Draft], *, now: datetime, by: Actor) -> None:
        """Keep them, in their order."""
        for draft in sorted(drafts, key=lambda draft: draft.after["version"]):
            product_id, told = draft.value
            keep_checklist(session, product_id=product_id, told=told, now=now, by=by)

    def blame(self, refusal: Refusal, drafts: Sequence[Draft]) -> Blame:
        """Point at the column; what lies inside a question is a matter of the questions."""
        only = drafts[0] if len(drafts) == 1 else None
        return Blame("valid_from" if refusal.field == "valid_from" else "items", refusal.sentence, only)


def _next_versions(session: Session) -> dict[Any, int]:
    versions: dict[Any, int] = {}
    for product_id, version in session.exec(select(ChecklistRecord.product_id, ChecklistRecord.version)):
        versions[product_id] = max(versions.get(product_id, 1), version + 1)
    return versions
