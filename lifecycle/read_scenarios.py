"""Read how the routes of the whole fleet would change under other prices: alike things are counted, not walked."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple
from uuid import UUID

import numpy as np
from sqlalchemy import String, type_coerce
from sqlmodel import Session, col, func, select

from lifecycle.asset import AssetStatus
from lifecycle.condition_queries import bills_of_materials
from lifecycle.grade import GRADES, Floats
from lifecycle.portfolio.forecast import BASE, Setting
from lifecycle.portfolio.route_scenario import NAMED, RouteScenarios, Rows, Stock, lines_of, scenarios, weigh
from lifecycle.read_looks import hex_of
from lifecycle.route.economics import by_route
from lifecycle.route.verdict import VerdictKind
from lifecycle.route.work_plan import Bill
from lifecycle.route_tables import RouteVerdictRecord
from lifecycle.tables import AssetRecord, ProductRecord
from lifecycle.valuation.curve import read
from lifecycle.valuation.lesson import Lesson
from lifecycle.valuation_queries import lessons_known_at
from telemetry.lots import KEYS, lots

_DAYS_A_YEAR = 365.25


class _Alike(NamedTuple):
    """So many things of one product and grade, of the same day, with the route that a person decided, if any.

    `product` is the product's id as 32 hexadecimal digits: to make objects of ids takes longer than to read them.
    """

    product: str
    grade: str
    born: date
    number: int
    decided: str | None = None


class _Fleet(NamedTuple):
    products: Mapping[UUID, ProductRecord]
    bills: Mapping[UUID, Bill]
    lessons: Mapping[UUID, Lesson]
    rows: Mapping[UUID, Rows]


def read_scenarios(session: Session, *, settings: Sequence[Setting] = NAMED, now: datetime) -> RouteScenarios:
    """Weigh everything that is not retired at today's prices and at others, each thing at the grade it was given last.

    A thing without grade, age or value is left out and counted. Writes nothing.
    """
    alike = _alike(session)
    things = _how_many(session)
    fleet = _fleet(session, alike, now)
    told = [weigh(_stocks(fleet, setting), setting) for setting in settings]
    weighed = sum(int(rows.number.sum()) for rows in fleet.rows.values())
    return scenarios(told, things=things, left_out=things - weighed)


def _how_many(session: Session) -> int:
    query = select(func.count()).select_from(AssetRecord)
    return session.exec(query.where(AssetRecord.status != AssetStatus.RETIRED)).one()


def _alike(session: Session) -> list[_Alike]:
    """Count things that are alike; those whose route somebody decided stand apart."""
    decided = _decided(session)
    one = AssetRecord
    born: Any = func.coalesce(one.made_on, one.in_service_on)
    alike: tuple[Any, ...] = (type_coerce(col(one.product_id), String), one.grade, born)
    known: tuple[Any, ...] = (one.status != AssetStatus.RETIRED, col(one.grade).is_not(None), born.is_not(None))
    columns: tuple[Any, ...] = (*alike, func.count())
    query = select(*columns).where(*known).group_by(*alike)
    counted = {(hex_of(made), grade, _day(day)): many for made, grade, day, many in session.execute(query)}
    apart = []
    for some in lots(sorted(decided), KEYS):
        named: tuple[Any, ...] = (one.id, *alike)
        told = select(*named).where(*known, col(one.id).in_(some))
        for asset_id, made, grade, day in session.execute(told):
            counted[hex_of(made), grade, _day(day)] -= 1
            apart.append(_Alike(hex_of(made), grade, _day(day), 1, decided[asset_id]))
    return [_Alike(*key, count) for key, count in counted.items() if count] + apart


def _day(told: date | str) -> date:
    """Read a day; of a computed one SQLite does not know what it is."""
    return date.fromisoformat(told) if isinstance(told, str) else told


def _decided(session: Session) -> dict[UUID, str]:
    """Give the route that stands decided, by thing."""
    one = RouteVerdictRecord
    query = select(one.asset_id, one.kind, one.route).order_by(col(one.decided_at), col(one.id))
    last = {asset_id: (kind, route) for asset_id, kind, route in session.exec(query)}
    return {asset_id: route for asset_id, (kind, route) in last.items() if kind is VerdictKind.DECIDED}


def _fleet(session: Session, alike: Iterable[_Alike], now: datetime) -> _Fleet:
    of_product: defaultdict[str, list[_Alike]] = defaultdict(list)
    for one in alike:
        of_product[one.product].append(one)
    found = session.exec(select(ProductRecord).order_by(col(ProductRecord.code))).all()
    products = {one.id: one for one in found if one.id.hex in of_product and one.routes}
    lessons = lessons_known_at(session, products, at=now)
    bills = bills_of_materials(session, products)
    rows = {key: _rows(one, of_product[key.hex], lessons.get(key), bills[key], now) for key, one in products.items()}
    return _Fleet(products, bills, lessons, rows)


def _rows(product: ProductRecord, alike: Sequence[_Alike], lesson: Lesson | None, bill: Bill, now: datetime) -> Rows:
    """Give the things of a product by column; those that cannot be valued, or have no way to go, are left out."""
    lines = lines_of(product, bill, BASE, lesson)
    places = {route: at for at, route in enumerate(by_route(product.routes))}
    ages = np.array([(now.date() - one.born).days for one in alike], dtype=np.float64) / _DAYS_A_YEAR
    grade = np.array([GRADES.index(one.grade) for one in alike], dtype=np.int64)
    decided = np.array([places.get(one.decided or "", -1) for one in alike], dtype=np.int64)
    barred = lines.fixed == -np.inf
    decided = np.where((decided >= 0) & barred[grade, decided], -1, decided)
    value = _values(product, lesson, np.maximum(ages, 0))
    kept = (ages >= 0) & ~np.isnan(value) & ~barred.all(axis=1)[grade]
    count = np.array([one.number for one in alike], dtype=np.int64)
    return Rows(grade[kept], value[kept], count[kept], decided[kept])


def _values(product: ProductRecord, lesson: Lesson | None, ages: Floats) -> Floats:
    """Value things by age without regard to grade; not a number where no curve is known."""
    curve = product.value_curve if lesson is None else [point.model_dump() for point in lesson.points]
    if not curve:
        return np.full(len(ages), np.nan)
    nothing = np.zeros(len(ages))
    shares = read(curve, ages=ages, spread_years=nothing, extra_spread=nothing)
    return np.asarray(np.round(float(product.price_new) * shares.p50, 2))


def _stocks(fleet: _Fleet, setting: Setting) -> list[Stock]:
    return [
        Stock(
            product.code,
            product.currency,
            fleet.rows[key],
            lines_of(product, fleet.bills[key], BASE, fleet.lessons.get(key)),
            lines_of(product, fleet.bills[key], setting, fleet.lessons.get(key)),
        )
        for key, product in fleet.products.items()
        if len(fleet.rows[key].number)
    ]
