"""Questions about how fast products wear: their terms, with what was learned last."""

from collections.abc import Iterable, Mapping
from uuid import UUID

from sqlmodel import Session, col, select

from lifecycle.condition.terms import Terms, terms_of
from lifecycle.condition.wear_parameters import WearParameters
from lifecycle.product import Product
from lifecycle.wear_tables import WearParametersRecord
from telemetry.lots import KEYS, lots


def terms_by_product(session: Session, products: Mapping[UUID, Product]) -> dict[UUID, Terms]:
    """Give the terms on which things of some products wear."""
    learned = last_parameters(session, products)
    return {product_id: terms_of(product, learned.get(product_id)) for product_id, product in products.items()}


def last_parameters(session: Session, product_ids: Iterable[UUID]) -> dict[UUID, WearParameters]:
    """Give the parameters learned last of each product of which anything was learned."""
    one = WearParametersRecord
    found: dict[UUID, WearParameters] = {}
    for some in lots(product_ids, KEYS):
        query = select(one).where(col(one.product_id).in_(some)).order_by(col(one.learned_at), col(one.id))
        found |= {row.product_id: WearParameters.model_validate(row.figures) for row in session.exec(query)}
    return found
