"""What other prices of labour, CO2 and materials would change: how many things go another way, and what that moves."""

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel

from lifecycle.grade import GRADES, Floats
from lifecycle.portfolio.forecast import SETTINGS, Setting
from lifecycle.product import Product
from lifecycle.route.assumptions import rule
from lifecycle.route.costing import cost
from lifecycle.route.economics import parts_worth, scrap_worth
from lifecycle.route.work_plan import Bill
from lifecycle.route.worth import worth_of
from lifecycle.valuation.lesson import Lesson

NAMED = SETTINGS
_BARRED = -np.inf
Whole = NDArray[np.int64]


class Lines(NamedTuple):
    """What each route nets at each grade, (grades, routes), as a line in the value: `fixed + share x value`.

    `carbon` is the kg of CO2e saved; a route that is barred nets less than anything.
    """

    routes: tuple[str, ...]
    fixed: Floats
    share: Floats
    carbon: Floats

    def nets(self, rows: "Rows", carbon_price: float) -> Floats:
        """Give what every route nets for every row, (rows, routes)."""
        priced = self.fixed + carbon_price * self.carbon / 1000
        return np.asarray(priced[rows.grade] + self.share[rows.grade] * rows.value[:, None])


class Rows(NamedTuple):
    """Things of one product, alike ones in one row: grade (place in GRADES), value without regard to it, how many.

    `decided` is the place of the route that a person decided on, -1 where nobody did.
    """

    grade: Whole
    value: Floats
    number: Whole
    decided: Whole


class Stock(NamedTuple):
    """One product with its things and its routes, as prices are today and as they would be."""

    product: str
    currency: str
    rows: Rows
    now: Lines
    then: Lines


class Moved(BaseModel):
    """What other prices move. Money in `currency`, CO2e in kg that the routes are expected to save.

    `net_now` is at today's prices, `net_then` at the others, CO2 included at its price; their difference is what the
    prices do to the routes of today (`of_prices`) and what going another way adds to that (`of_flips`, never less than
    nothing). `held` are things whose route a person decided: they stay on it.
    """

    currency: str
    things: int
    held: int
    flips: int
    ways: dict[str, int]
    routes_now: dict[str, int]
    routes_then: dict[str, int]
    net_now: float
    net_then: float
    of_prices: float
    of_flips: float
    carbon_now: float
    carbon_then: float
    carbon_change: float


class MovedProduct(Moved):
    """What moves for the things of one product."""

    product: str


class RouteScenario(BaseModel):
    """One set of other prices: factors on wages and on scrap, a price for a tonne of CO2e; and what it moves."""

    name: str
    labour: float
    carbon: float
    scrap: float
    totals: list[Moved]
    products: list[MovedProduct]


class RouteScenarios(BaseModel):
    """The scenarios that were asked for; `left_out` things have no grade, no value, or no open route."""

    rule: str = ""
    things: int
    left_out: int
    scenarios: list[RouteScenario]


def lines_of(product: Product, bill: Bill, setting: Setting, lesson: Lesson | None) -> Lines:
    """Draw the lines of a product's routes at some prices."""
    scrap = scrap_worth(bill, currency=product.currency)
    apart = parts_worth(part for part, _ in bill), None if scrap is None else scrap * setting.material_factor
    nothing, one = [], []
    for grade in GRADES:
        costed = cost(product, bill, grade=grade, wage=float(product.wage) * setting.wage_factor)
        nothing.append(costed.takings(worth_of(product, grade, 0.0, *apart, lesson=lesson)))
        one.append(costed.takings(worth_of(product, grade, 1.0, *apart, lesson=lesson)))
    fixed = [[_BARRED if taken.barred else taken.net for taken in at] for at in nothing]
    share = [
        [0.0 if rich.barred else rich.income - poor.income for poor, rich in zip(*pair, strict=True)]
        for pair in zip(nothing, one, strict=True)
    ]
    carbon = [[0.0 if taken.barred else taken.carbon for taken in at] for at in nothing]
    return Lines(tuple(taken.route for taken in nothing[0]), np.array(fixed), np.array(share), np.array(carbon))


def weigh(stocks: Sequence[Stock], setting: Setting) -> RouteScenario:
    """Weigh every thing at both prices; of equals the route that its product names first is taken."""
    products = [_moved(stock, setting.carbon_price) for stock in stocks]
    currencies = sorted({one.currency for one in products})
    return RouteScenario(
        name=setting.name,
        labour=setting.wage_factor,
        carbon=setting.carbon_price,
        scrap=setting.material_factor,
        totals=[_together(currency, [one for one in products if one.currency == currency]) for currency in currencies],
        products=products,
    )


def scenarios(told: Sequence[RouteScenario], *, things: int, left_out: int) -> RouteScenarios:
    """Put scenarios together under the rule that weighed them."""
    return RouteScenarios(rule=rule(), things=things, left_out=left_out, scenarios=list(told))


def _moved(stock: Stock, carbon_price: float) -> MovedProduct:
    rows = stock.rows
    at = np.arange(len(rows.number))
    today, other = stock.now.nets(rows, 0.0), stock.then.nets(rows, carbon_price)
    first = np.where(rows.decided < 0, today.argmax(axis=1), rows.decided)
    second = np.where(rows.decided < 0, other.argmax(axis=1), rows.decided)
    net_now, stay, net_then = (
        float((nets[at, way] * rows.number).sum()) for nets, way in ((today, first), (other, first), (other, second))
    )
    carbon = [float((rows.number * lines.carbon[rows.grade, way]).sum())
              for lines, way in ((stock.now, first), (stock.then, second))]  # fmt: skip
    ways = _ways(stock, first, second)
    return MovedProduct(
        product=stock.product,
        currency=stock.currency,
        things=int(rows.number.sum()),
        held=int(rows.number[rows.decided >= 0].sum()),
        flips=sum(ways.values()),
        ways=ways,
        routes_now=_taken(stock, first),
        routes_then=_taken(stock, second),
        net_now=round(net_now, 2),
        net_then=round(net_then, 2),
        of_prices=round(stay - net_now, 2),
        of_flips=round(net_then - stay, 2),
        carbon_now=round(carbon[0], 1),
        carbon_then=round(carbon[1], 1),
        carbon_change=round(carbon[1] - carbon[0], 1),
    )


def _ways(stock: Stock, first: Whole, second: Whole) -> dict[str, int]:
    names = stock.now.routes
    flipped = first != second
    pairs = np.bincount(
        first[flipped] * len(names) + second[flipped], stock.rows.number[flipped], len(names) ** 2
    ).reshape(len(names), -1)
    return {f"{names[one]} -> {names[other]}": int(pairs[one, other]) for one, other in np.argwhere(pairs > 0).tolist()}


def _taken(stock: Stock, way: Whole) -> dict[str, int]:
    counts = np.bincount(way, stock.rows.number, len(stock.now.routes))
    return {name: int(count) for name, count in zip(stock.now.routes, counts, strict=True) if count}


_SUMS = ("things", "held", "flips", "net_now", "net_then", "of_prices", "of_flips")
_CARBON = ("carbon_now", "carbon_then", "carbon_change")


def _together(currency: str, products: Sequence[MovedProduct]) -> Moved:
    sums = {name: round(sum(getattr(one, name) for one in products), 2) for name in (*_SUMS, *_CARBON)}
    counts: dict[str, Counter[str]] = {name: Counter() for name in ("ways", "routes_now", "routes_then")}
    for one in products:
        for name, total in counts.items():
            total.update(getattr(one, name))
    return Moved(currency=currency, **sums, **{name: dict(sorted(total.items())) for name, total in counts.items()})
