"""What each route of a product nets at each grade, as a straight line in the price of a thing at grade A."""

from typing import NamedTuple

import numpy as np

from billing.finance_report.known_thing import KnownProduct
from billing.finance_report.stress import AS_IS, Stress
from lifecycle.grade import GRADES, Floats
from lifecycle.portfolio.holdings import BARRED
from lifecycle.route.costing import cost
from lifecycle.route.economics import Takings, parts_worth, scrap_worth
from lifecycle.route.worth import worth_of


class RouteLines(NamedTuple):
    """(grades, routes): `slope` a unit of price at grade A, `fixed` whatever the price; BARRED where not open.

    `free` are the takings of a thing that brings nothing.
    """

    routes: tuple[str, ...]
    slope: Floats
    fixed: Floats
    free: list[list[Takings]]

    def are_open(self, chance: Floats) -> bool:
        """Tell whether every grade that is likely leaves a route open."""
        return bool((self.fixed[chance > 0] > BARRED).any(axis=1).all())

    def expected(self, prices: Floats, likely: Floats) -> Floats:
        """Give (things, routes): what each route is expected to net at the median price; minus infinity where none is.

        It is begun before the grade is known: at a grade that bars it, the best that is then open is done.
        """
        is_open = self.fixed > BARRED
        nets = np.where(is_open, self.slope * prices[:, None, None] + self.fixed, -np.inf)
        best = nets.max(axis=2, keepdims=True)
        filled = np.where(np.isfinite(nets), nets, np.where(np.isfinite(best), best, 0.0))
        ever = np.einsum("ng,gr->nr", likely > 0, is_open) > 0
        return np.where(ever, np.einsum("ng,ngr->nr", likely, filled), -np.inf)

    def taken(self, route: str, grade: str, price: float) -> Takings | None:
        """Give the takings of a route at a grade, or of the best that is open there; None where none is."""
        rank = GRADES.index(grade)
        at_price = [
            one._replace(income=one.income + self.slope[rank, at] * price)
            for at, one in enumerate(self.free[rank])
            if one.barred is None
        ]
        return min(at_price, key=lambda one: (one.route != route, -one.net), default=None)


def route_lines(known: KnownProduct, stress: Stress = AS_IS) -> RouteLines:
    """Reckon all routes of a product; it rests on nothing of a single thing."""
    priced = [_takings(known, grade, 1.0, stress) for grade in GRADES]
    free = [_takings(known, grade, 0.0, stress) for grade in GRADES]
    shape = len(GRADES), len(free[0])
    slope, fixed = np.zeros(shape), np.full(shape, BARRED)
    for rank, route in np.ndindex(*shape):
        one, none = priced[rank][route], free[rank][route]
        if one.barred is None:
            slope[rank, route] = one.income - none.income
            fixed[rank, route] = none.net_at(stress.carbon_price)
    return RouteLines(tuple(one.route for one in free[0]), slope, fixed, free)


def _takings(known: KnownProduct, grade: str, at_grade_a: float, stress: Stress) -> list[Takings]:
    """Give every route's takings of a thing that would bring so much at grade A."""
    product, bill = known.product, known.bill
    apart = parts_worth(part for part, _ in bill), scrap_worth(bill, currency=product.currency)
    worth = worth_of(product, grade, 1.0, *apart, lesson=known.lesson)._replace(at_grade_a=at_grade_a)
    return cost(product, bill, grade=grade, wage=float(product.wage) * stress.wage).takings(worth)
