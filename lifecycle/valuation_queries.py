"""Questions about what sales taught: the lessons that held at a moment, and the sales to learn from."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from sqlmodel import Session, col, select

from lifecycle.tables import SaleRecord
from lifecycle.valuation.lesson import Lesson
from lifecycle.valuation_tables import ValueLessonRecord
from telemetry.lots import KEYS, lots

MOST = 200_000
"""Sales that are learned from at once: the newest."""


def lessons_known_at(session: Session, product_ids: Iterable[UUID], *, at: datetime) -> dict[UUID, Lesson]:
    """Give the lesson learned last before a moment, of each product of which anything was learned."""
    one = ValueLessonRecord
    found: dict[UUID, Lesson] = {}
    for some in lots(product_ids, KEYS):
        query = select(one).where(col(one.product_id).in_(some), col(one.learned_at) < at)
        for row in session.exec(query.order_by(col(one.learned_at), col(one.id))):
            found[row.product_id] = Lesson.model_validate(row.lesson)
    return found


def sales_to_learn_from(
    session: Session, categories: Iterable[str], *, currency: str, before: datetime, at_most: int = MOST
) -> list[SaleRecord]:
    """Give the newest sales of some categories in one currency up to a moment; one without a date counts always."""
    found: list[SaleRecord] = []
    sold_on = col(SaleRecord.sold_on)
    for some in lots(categories, KEYS):
        query = (
            select(SaleRecord)
            .where(col(SaleRecord.category).in_(some), SaleRecord.currency == currency)
            .where((sold_on.is_(None)) | (sold_on <= before.date()))
            .order_by(sold_on.desc(), col(SaleRecord.source), col(SaleRecord.sale_id))
            .limit(at_most)
        )
        found += session.exec(query)
    return found
