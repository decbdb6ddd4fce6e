"""What to do with one thing next, over all grades that it may have, and what would change that."""

from datetime import datetime
from uuid import UUID

import numpy as np
from sqlmodel import Session

from lifecycle.condition.chances import GRADE_EDGES, chances
from lifecycle.condition_queries import bills_of_materials, latest_condition, products_of
from lifecycle.grade import GRADES
from lifecycle.queries import known_asset
from lifecycle.route.assumptions import assumptions
from lifecycle.route.costing import cost
from lifecycle.route.economics import parts_worth, scrap_worth
from lifecycle.route.outlook import Outlook, Prospect, outlook
from lifecycle.route.worth import worth_of
from lifecycle.tables import AssetRecord, ConditionRecord, ProductRecord
from lifecycle.valuation.value import Valued, value
from lifecycle.valuation_queries import lessons_known_at
from telemetry.refusal import Refusal

_TENTH = 1.2815515655446004
"""So many deviations of a normal distribution lie between its middle and its tenth and ninetieth per cent."""


class NoOutlook(Refusal):
    """The routes of the asset cannot be weighed: it was not assessed, or a likely grade leaves no route open."""


def read_outlook(
    session: Session, *, asset_id: UUID, now: datetime, wage: float | None = None, carbon_price: float | None = None
) -> Outlook:
    """Weigh the routes of one thing as it stands now, by its product's wage and market prices or by those given.

    Writes nothing. Raises UnknownAsset and NoOutlook.
    """
    asset = known_asset(session, asset_id=asset_id, holder_id=None)
    product, condition = products_of(session, [asset])[asset.product_id], latest_condition(session, asset_id=asset_id)
    if condition is None:
        raise NoOutlook("assess the asset first: nothing is known of its grade yet", field="asset_id")
    paid = float(product.wage) if wage is None else wage
    price = float(assumptions()["carbon_price"]["now"]) if carbon_price is None else carbon_price
    found = outlook(_prospects(session, asset, product, condition, now=now, wage=paid), wage=paid, carbon_price=price)
    if found is None:
        raise NoOutlook("a grade that the asset may have leaves no route of its product open", field="asset_id")
    return found


def _prospects(
    session: Session,
    asset: AssetRecord,
    product: ProductRecord,
    condition: ConditionRecord,
    *,
    now: datetime,
    wage: float,
) -> list[Prospect]:
    """Reckon every route at every grade, each with its chance."""
    bill = bills_of_materials(session, {product.id: product})[product.id]
    apart = parts_worth(part for part, _ in bill), scrap_worth(bill, currency=product.currency)
    lesson = lessons_known_at(session, [product.id], at=now).get(product.id)
    thing = Valued(asset.id, asset, product.id, product, None, None, 0, lesson)
    median = value([thing], as_of=now.date(), today=now.date())[0].p50
    whole = None if median is None else float(median)
    prospects = []
    for grade, chance in zip(GRADES, _chances(condition), strict=True):
        worth = worth_of(product, grade, whole, *apart, lesson=lesson)
        takings = cost(product, bill, grade=grade, wage=wage).takings(worth)
        prospects.append(Prospect(grade, chance, tuple(takings)))
    return prospects


def _chances(condition: ConditionRecord) -> list[float]:
    spread = (condition.index_p90 - condition.index_p10) / (2 * _TENTH)
    found = chances(np.array([condition.index_p50]), np.array([spread]), GRADE_EDGES)[0]
    return [float(chance) for chance in found]
