"""Read what a choice of route rests on for one thing: its product, its parts, how it fares, what it would sell for."""

from datetime import datetime
from typing import NamedTuple

from sqlmodel import Session

from lifecycle.condition_queries import bills_of_materials, latest_condition, products_of
from lifecycle.route.choice import Choice, choose_costed
from lifecycle.route.costing import Costed, cost
from lifecycle.route.economics import Worth, parts_worth, scrap_worth
from lifecycle.route.work_plan import Bill
from lifecycle.route.worth import worth_of
from lifecycle.tables import AssetRecord, ConditionRecord, ProductRecord
from lifecycle.valuation.value import Valued, value
from lifecycle.valuation_queries import lessons_known_at
from telemetry.refusal import Refusal


class NothingToChoose(Refusal):
    """No route can be chosen: the thing was not assessed, or its product names no route that is open to it."""


class Case(NamedTuple):
    """One thing on which a route is to be chosen, as it stands now."""

    asset: AssetRecord
    product: ProductRecord
    condition: ConditionRecord
    bill: Bill
    costed: Costed
    worth: Worth
    choice: Choice


def read_case(session: Session, *, asset: AssetRecord, now: datetime, wage: float | None = None) -> Case:
    """Read the case of a thing; writes nothing.

    Raises NothingToChoose.
    """
    product, condition = products_of(session, [asset])[asset.product_id], latest_condition(session, asset_id=asset.id)
    if condition is None:
        raise NothingToChoose("assess the asset first: nothing is known of its grade yet", field="asset_id")
    bill = bills_of_materials(session, [product.id])[product.id]
    costed = cost(product, bill, grade=condition.grade, wage=wage)
    worth = _worth(session, asset, product, condition.grade, bill, now)
    choice = choose_costed(costed, worth)
    if choice is None:
        raise NothingToChoose("no route of its product is open to this asset as it is graded now", field="asset_id")
    return Case(asset, product, condition, bill, costed, worth, choice)


def _worth(
    session: Session, asset: AssetRecord, product: ProductRecord, grade: str, bill: Bill, now: datetime
) -> Worth:
    """Tell what the thing can be sold as."""
    lesson = lessons_known_at(session, [product.id], at=now).get(product.id)
    thing = Valued(asset.id, asset, product.id, product, None, None, 0, lesson)
    median = value([thing], as_of=now.date(), today=now.date())[0].p50
    whole = None if median is None else float(median)
    apart = parts_worth(part for part, _ in bill), scrap_worth(bill, currency=product.currency)
    return worth_of(product, grade, whole, *apart, lesson=lesson)
