"""Learn from observed sales what products are worth by age and grade, and let their things be valued by that."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

import pandas as pd
from sqlmodel import Session, SQLModel, col, select

from lifecycle.product import Product
from lifecycle.tables import ProductRecord, SaleRecord
from lifecycle.valuation.learn import learn_lessons
from lifecycle.valuation.lesson import Lesson
from lifecycle.valuation.observed import NoSales, observe
from lifecycle.valuation_queries import MOST, lessons_known_at, sales_to_learn_from
from lifecycle.valuation_tables import ValueLessonRecord
from telemetry.known_metrics import known_metrics
from telemetry.metric import Metric
from telemetry.tables import tenant_of
from telemetry.unit import WrongDimension, conversion, names

_FIELDS = set(Product.model_fields)


class LearnedValue(SQLModel):
    """What was learned of one product, and whether that is news."""

    product: str
    engine: str
    sales: int
    mdape: float | None
    coverage80: float | None
    is_news: bool


class Material(NamedTuple):
    """What is learned from, apart from any database: the sales of a trade in one currency, and products by name."""

    frame: pd.DataFrame
    products: dict[str, Product]
    ids: dict[str, UUID]


def learn_values(session: Session, *, now: datetime) -> list[LearnedValue]:
    """Learn trade by trade from the sales up to now; what says nothing new is not written. Values nothing anew.

    A trade with fewer than five sales in the product's currency teaches nothing: the maker's curve stands.
    """
    trades = session.exec(select(ProductRecord.trade, ProductRecord.currency).distinct()).all()

    taught: dict[UUID, Lesson] = {}
    for trade, currency in sorted(trades):
        taught |= lessons_from(gather_sales(session, trade=trade, currency=currency, now=now))

    return keep_lessons(session, taught, now=now)


def gather_sales(session: Session, *, trade: str, currency: str, now: datetime, at_most: int = MOST) -> Material:
    """Gather what a trade can learn from: the newest sales that speak of it, and its products. Writes nothing."""
    query = select(ProductRecord).where(ProductRecord.trade == trade, ProductRecord.currency == currency)
    products = session.exec(query.order_by(col(ProductRecord.code))).all()
    categories = sorted({trade, *(product.code for product in products)})
    sales = sales_to_learn_from(session, categories, currency=currency, before=now, at_most=at_most)
    plain = {_name(product): Product.model_construct(**product.model_dump(include=_FIELDS)) for product in products}
    frame = frame_of(sales, products, known_metrics(session))
    return Material(frame, plain, {_name(product): product.id for product in products})


def lessons_from(material: Material) -> dict[UUID, Lesson]:
    """Learn, by product; nothing where there are too few sales. Takes long where there are many: needs no database."""
    try:
        observed = observe(material.frame, name="kept").sales
    except NoSales:
        return {}
    return {material.ids[name]: lesson for name, lesson in learn_lessons(observed, material.products).items()}


def keep_lessons(session: Session, taught: Mapping[UUID, Lesson], *, now: datetime) -> list[LearnedValue]:
    """Keep what is news, and tell what was learned of each product."""
    before = lessons_known_at(session, taught, at=now)
    fresh = {of for of, lesson in taught.items() if _is_news(before.get(of), lesson)}
    session.add_all([_record(tenant_of(session), of, taught[of], now) for of in fresh])
    session.flush()
    codes = {of: code for code, of in session.exec(select(ProductRecord.code, ProductRecord.id)).all() if of in taught}
    return [_told(codes[of], taught[of], is_news=of in fresh) for of in sorted(codes, key=lambda of: codes[of])]


def frame_of(
    sales: Sequence[SaleRecord], products: Sequence[ProductRecord], metrics: Mapping[str, Metric]
) -> pd.DataFrame:
    """Lay sales out as a file of them; one that speaks of a product by code or name bears its name and price new.

    Use that was read in a unit of the product's own metric is told in that metric.
    """
    by_word = {_plain(word): product for product in products for word in (product.name, product.code)}
    rows = [_row(sale, by_word, products[0].trade, metrics) for sale in sales]
    return pd.DataFrame(rows, columns=None if sales else ["price"])


def _row(
    sale: SaleRecord, by_word: Mapping[str, ProductRecord], trade: str, metrics: Mapping[str, Metric]
) -> dict[str, object]:
    facts = sale.model_dump(exclude={"id", "tenant_id", "attributes", "guide_price"})
    facts |= {f"attr_{name}": value for name, value in sale.attributes.items()}
    product = by_word.get(_plain(sale.model)) or by_word.get(_plain(sale.category))
    facts |= {"sale_id": f"{sale.source}|{sale.sale_id}", "category": _plain(trade)}
    if product is None:
        return facts
    new = sale.new_price or product.price_new
    facts |= _in_own_metric(sale, product, metrics)
    return facts | {"make": _plain(product.maker), "model": _plain(product.name), "new_price": new}


def _in_own_metric(sale: SaleRecord, product: Product, metrics: Mapping[str, Metric]) -> dict[str, object]:
    """Tell the use in the metric that wears the product, where the sale's unit is one of that metric's."""
    metric = metrics.get(product.usage_metric or "")
    if metric is None or not sale.usage or sale.usage_unit not in names():
        return {}
    try:
        factor = conversion(sale.usage_unit, metric.unit).factor
    except WrongDimension:
        return {}
    return {"usage": sale.usage * factor, "usage_unit": metric.code}


def _name(product: Product) -> str:
    """Give the name under which a product's sales are learned: trade, maker, name and currency."""
    return "|".join(_plain(word) for word in (product.trade, product.maker, product.name, product.currency))


def _plain(word: str) -> str:
    return " ".join(word.lower().replace("|", " ").split())


def _is_news(before: Lesson | None, lesson: Lesson) -> bool:
    return before is None or before.fingerprint != lesson.fingerprint


def _record(tenant: int, product_id: UUID, lesson: Lesson, now: datetime) -> ValueLessonRecord:
    return ValueLessonRecord(
        tenant_id=tenant,
        product_id=product_id,
        learned_at=now,
        engine=lesson.engine,
        sales=lesson.sales,
        rule=lesson.rule,
        lesson=lesson.model_dump(mode="json"),
        fingerprint=lesson.fingerprint,
    )


def _told(product: str, lesson: Lesson, *, is_news: bool) -> LearnedValue:
    measured = lesson.figures.get(lesson.engine, {})
    return LearnedValue(
        product=product,
        engine=lesson.engine,
        sales=lesson.sales,
        mdape=measured.get("mdape"),
        coverage80=measured.get("coverage80"),
        is_news=is_news,
    )
