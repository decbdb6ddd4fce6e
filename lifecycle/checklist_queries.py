"""Questions about checklists: which versions a product has, and which one is in force."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from uuid import UUID

from sqlmodel import Session, col, select
from sqlmodel.sql.expression import SelectOfScalar

from lifecycle.checklist import Checklist, Item, of_product
from lifecycle.checklist_tables import ChecklistRecord
from lifecycle.tables import ProductRecord
from telemetry.lots import lots
from telemetry.refusal import Refusal

_AT_ONCE = 500


class UnknownChecklist(Refusal):
    """The product has no checklist of that version."""


class Checklists:
    """The checklists of some products, every version."""

    def __init__(self, products: Iterable[ProductRecord], records: Iterable[ChecklistRecord]) -> None:
        """Put the versions of each product in order."""
        self._versions = {product.id: [of_product(product.id, product)] for product in products}
        for record in sorted(records, key=lambda record: record.version):
            self._versions[record.product_id].append(as_value(record))

    def at(self, product_id: UUID, moment: datetime) -> Checklist:
        """Give the newest version in force at a moment; before the first one, the first one there is."""
        told = self._versions[product_id]
        made = told[1:] or told
        return next((one for one in reversed(made) if one.valid_from is None or one.valid_from <= moment), made[0])

    def version(self, product_id: UUID, version: int) -> Checklist | None:
        """Give one version."""
        return next((one for one in self._versions[product_id] if one.version == version), None)

    def components(self, product_id: UUID) -> set[str]:
        """Give every component that any version asks about."""
        return {component for one in self._versions[product_id] for component in one.components}


def checklists_of(session: Session, products: Mapping[UUID, ProductRecord]) -> Checklists:
    """Load the checklists of some products."""
    records: list[ChecklistRecord] = []
    for some in lots(products, _AT_ONCE):
        records += session.exec(select(ChecklistRecord).where(col(ChecklistRecord.product_id).in_(some)))
    return Checklists(products.values(), records)


def checklist_of(session: Session, *, product: ProductRecord, at: datetime, version: int | None = None) -> Checklist:
    """Give the checklist of a product: the version named, or the one in force at a moment.

    Raises UnknownChecklist.
    """
    known = checklists_of(session, {product.id: product})
    found = known.at(product.id, at) if version is None else known.version(product.id, version)
    if found is None:
        raise UnknownChecklist("the product has no checklist of that version", field="version")
    return found


def versions_of(product_id: UUID) -> SelectOfScalar[ChecklistRecord]:
    """Ask for the versions that were made of a product's checklist."""
    return select(ChecklistRecord).where(ChecklistRecord.product_id == product_id)


def as_value(record: ChecklistRecord) -> Checklist:
    """Give the value of a row."""
    items = tuple(Item.model_validate(item) for item in record.items)
    return Checklist(record.product_id, record.version, record.valid_from, items)
