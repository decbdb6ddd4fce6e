"""Value things as of a date, from what was known of their condition then."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID

from sqlmodel import Session, col, select

from lifecycle.condition.assessment import limit
from lifecycle.condition.remaining_life import DAYS_A_YEAR
from lifecycle.condition_queries import conditions_known_at, products_of, sales_by_category
from lifecycle.grade import grades_of
from lifecycle.opinion_queries import opinions_heard
from lifecycle.product import Product
from lifecycle.tables import AssetRecord, ConditionRecord, ProductRecord
from lifecycle.valuation.opinions import Heard
from lifecycle.valuation.use import Use
from lifecycle.valuation.value import AssetValue, Valued, value
from lifecycle.valuation_queries import lessons_known_at

_AT_ONCE = 500


def value_assets(session: Session, *, asset_ids: Sequence[UUID] | None, as_of: date, now: datetime) -> list[AssetValue]:
    """Value the assets named, in that order, or all of them by serial; an id that is not ours is left out.

    As of a past date the condition counts that was known at the end of that day; as of a future one the last
    condition wears on at the pace it foretells. Writes nothing.
    """
    assets = _assets(session, asset_ids)
    products = products_of(session, assets)
    until = datetime.combine(min(as_of, now.date()) + timedelta(days=1), time.min, tzinfo=UTC)
    conditions = conditions_known_at(session, [asset.id for asset in assets], at=until)
    sales = _sales(session, products.values(), until)
    lessons = lessons_known_at(session, products, at=until)
    heard = opinions_heard(session, product_ids=products, as_of=as_of, at=until)

    things = [
        _valued(asset, products[asset.product_id], conditions.get(asset.id), sales, as_of)._replace(
            lesson=lessons.get(asset.product_id), heard=said_of(heard, asset)
        )
        for asset in assets
    ]
    return value(things, as_of=as_of, today=now.date())


def index_on(condition: ConditionRecord, product: Product, *, on: date) -> float:
    """Give the index a thing will have on a day after it was assessed, wearing on at the pace it foretells."""
    days = max((on - condition.assessed_at.date()).days, 0)
    end, left = limit(product, "end"), condition.remaining_days_p50
    a_day = (condition.index_p50 - end) / left if left else (100 - end) / (product.rated_years * DAYS_A_YEAR)
    return min(max(condition.index_p50 - a_day * days, 0.0), condition.index_p50)


def said_of(heard: Mapping[UUID, Sequence[Heard]], asset: AssetRecord) -> list[Heard]:
    """Give what was said of a thing or of its product."""
    return [one for one in heard.get(asset.product_id, ()) if one.asset_id in {None, asset.id}]


def use_known(condition: ConditionRecord | None) -> Use | None:
    """Give what the meter had read when a thing was last assessed; nothing where none was known."""
    if condition is None or condition.usage is None:
        return None
    return Use(condition.usage, condition.assessed_at.date())


def _assets(session: Session, asset_ids: Sequence[UUID] | None) -> list[AssetRecord]:
    if asset_ids is None:
        return list(session.exec(select(AssetRecord).order_by(col(AssetRecord.serial), col(AssetRecord.id))))
    found: dict[UUID, AssetRecord] = {}
    for start in range(0, len(asset_ids), _AT_ONCE):
        query = select(AssetRecord).where(col(AssetRecord.id).in_(asset_ids[start : start + _AT_ONCE]))
        found |= {asset.id: asset for asset in session.exec(query)}
    return [found[asset_id] for asset_id in asset_ids if asset_id in found]


def _sales(session: Session, products: Iterable[ProductRecord], until: datetime) -> dict[UUID, int]:
    """Count the sales that speak of each product: those of its trade, or of its own code."""
    listed = list(products)
    names = {name for product in listed for name in (product.trade, product.code)}
    counts = sales_by_category(session, sorted(names), before=until)
    return {product.id: sum(counts.get(name, 0) for name in {product.trade, product.code}) for product in listed}


def _valued(
    asset: AssetRecord,
    product: ProductRecord,
    condition: ConditionRecord | None,
    sales: Mapping[UUID, int],
    as_of: date,
) -> Valued:
    grade = None if condition is None else grades_of([index_on(condition, product, on=as_of)])[0]
    use = use_known(condition)
    return Valued(asset.id, asset, product.id, product, grade, asset.route, sales[product.id], use=use)
