"""Learn from observed sales what products are worth by age and grade, and let their things be valued by that."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

import pandas as pd
from sqlmodel import Session, SQLModel, col, select

from lifecycle.product import Product
from lifecycle.tables import ProductRecord, SaleRecord
from lifecycle.valuation.learn import learn_lessons
from lifecycle.valuation.lesson import Lesson
from lifecycle.valuation.observed import NoSales, observe
from lifecycle.valuation_queries import lessons_known_at, sales_to_learn_from
from lifecycle.valuation_tables import ValueLessonRecord
from telemetry.tables import tenant_of


class LearnedValue(SQLModel):
    """What was learned of one product, and whether that is news."""

    product: str
    engine: str
    sales: int
    mdape: float | None
    coverage80: float | None
    is_news: bool


def learn_values(session: Session, *, now: datetime) -> list[LearnedValue]:
    """Learn trade by trade from the sales up to now; what says nothing new is not written. Values nothing anew.

    A trade with fewer than five sales in the product's currency teaches nothing: the maker's curve stands.
    """
    trades: defaultdict[tuple[str, str], list[ProductRecord]] = defaultdict(list)
    for product in session.exec(select(ProductRecord).order_by(col(ProductRecord.code))):
        trades[product.trade, product.currency].append(product)

    learned = [pair for (trade, _), products in trades.items() for pair in _learn(session, trade, products, now)]

    before = lessons_known_at(session, [product.id for product, _ in learned], at=now)
    news = [(product, lesson) for product, lesson in learned if _is_news(before.get(product.id), lesson)]
    session.add_all([_record(tenant_of(session), product.id, lesson, now) for product, lesson in news])
    session.flush()
    fresh = {product.id for product, _ in news}
    return [_told(product, lesson, is_news=product.id in fresh) for product, lesson in learned]


def _learn(
    session: Session, trade: str, products: Sequence[ProductRecord], now: datetime
) -> list[tuple[ProductRecord, Lesson]]:
    categories = sorted({trade, *(product.code for product in products)})
    sales = sales_to_learn_from(session, categories, currency=products[0].currency, before=now)
    named = {_name(product): product for product in products}
    try:
        observed = observe(frame_of(sales, products), name="kept").sales
    except NoSales:
        return []
    plain: Mapping[str, Product] = dict(named)
    return [(named[name], lesson) for name, lesson in learn_lessons(observed, plain).items()]


def frame_of(sales: Sequence[SaleRecord], products: Sequence[ProductRecord]) -> pd.DataFrame:
    """Lay sales out as a file of them; one that speaks of a product by code or name bears its name and price new."""
    by_word = {_plain(word): product for product in products for word in (product.name, product.code)}
    return pd.DataFrame([_row(sale, by_word, products[0].trade) for sale in sales], columns=_columns(sales))


def _columns(sales: Sequence[SaleRecord]) -> list[str] | None:
    return None if sales else ["price"]


def _row(sale: SaleRecord, by_word: Mapping[str, ProductRecord], trade: str) -> dict[str, object]:
    facts = sale.model_dump(exclude={"id", "tenant_id", "attributes", "guide_price"})
    facts |= {f"attr_{name}": value for name, value in sale.attributes.items()}
    product = by_word.get(_plain(sale.model)) or by_word.get(_plain(sale.category))
    facts |= {"sale_id": f"{sale.source}|{sale.sale_id}", "category": _plain(trade)}
    if product is None:
        return facts
    new = sale.new_price or product.price_new
    return facts | {"make": _plain(product.maker), "model": _plain(product.name), "new_price": new}


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


def _told(product: ProductRecord, lesson: Lesson, *, is_news: bool) -> LearnedValue:
    measured = lesson.figures.get(lesson.engine, {})
    return LearnedValue(
        product=product.code,
        engine=lesson.engine,
        sales=lesson.sales,
        mdape=measured.get("mdape"),
        coverage80=measured.get("coverage80"),
        is_news=is_news,
    )
