"""How frozen things stand on days to come, in columns: the grades they may have, and what each route then nets."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import date
from typing import NamedTuple
from uuid import UUID

import numpy as np

from billing.finance_report.best_price import BestPrices, best_prices
from billing.finance_report.known_thing import KnownThing
from billing.finance_report.route_lines import RouteLines, route_lines
from billing.finance_report.stress import AS_IS, Stress
from lifecycle.condition.chances import GRADE_EDGES, chances
from lifecycle.grade import GRADES, Floats
from lifecycle.portfolio.holdings import BARRED, Holdings, Whole
from lifecycle.portfolio.standing import LEAST_CHANCE, TENTH, own_sd, quarter
from lifecycle.valuation.value import DAYS_A_YEAR

Days = Callable[[KnownThing], date]
"""Says on which day a thing is looked at."""


class Foreseen(NamedTuple):
    """Things of one currency that can be netted, in the order of their ids.

    `prices` is what each would bring at grade A; `likely` (things, grades) how likely each grade is; `held` the same
    things as holdings, a row a likely grade; `cells` the markets that move them.
    """

    things: list[KnownThing]
    days: list[date]
    prices: Floats
    sd: Floats
    likely: Floats
    lines: list[RouteLines]
    held: Holdings
    cells: list[tuple[str, float]]

    def expected(self) -> list[dict[str, float]]:
        """Give what each route that is ever open is expected to net of each thing; see `RouteLines.expected`."""
        found: dict[int, dict[str, float]] = {}
        by_product: defaultdict[UUID, list[int]] = defaultdict(list)
        for at, one in enumerate(self.things):
            by_product[one.frozen.product_id].append(at)
        for places in by_product.values():
            lines = self.lines[places[0]]
            nets = lines.expected(self.prices[places], self.likely[places])
            for at, row in zip(places, nets.tolist(), strict=True):
                found[at] = {name: net for name, net in zip(lines.routes, row, strict=True) if net > BARRED}
        return [found[at] for at in range(len(self.things))]


def foresee(things: Sequence[KnownThing], *, days: Days, known_on: date, stress: Stress = AS_IS) -> Foreseen:
    """Foresee things; one that was never assessed, that has no route or no value, or may get stuck, is left out."""
    asked = [one for one in things if one.frozen.condition is not None and one.known.product.routes]
    on = [days(one) for one in asked]
    told = best_prices(asked, on, known_on=known_on)
    likely, lines = _likely(asked, on, AS_IS), _lines(asked, AS_IS)
    sound = [
        at
        for at, price in enumerate(told.median)
        if np.isfinite(price) and price > 0 and lines[at].are_open(likely[at])
    ]
    return stressed([asked[at] for at in sound], [on[at] for at in sound], known_on=known_on, stress=stress)


def stressed(things: list[KnownThing], days: list[date], *, known_on: date, stress: Stress) -> Foreseen:
    """Foresee things that can be netted, with something changed; where no route is open then, nothing comes in."""
    told: BestPrices = best_prices(things, days, known_on=known_on, use=stress.use)
    prices, lines, likely = told.median * stress.price, _lines(things, stress), _likely(things, days, stress)
    years = [quarter((day - known_on).days / DAYS_A_YEAR) for day in days]
    markets = [(one.known.product.trade, ahead) for one, ahead in zip(things, years, strict=True)]
    cells = sorted(set(markets))
    places = {market: at for at, market in enumerate(cells)}
    sd = np.array([own_sd(one, ahead) for one, ahead in zip(told.sd.tolist(), years, strict=True)], dtype=np.float64)
    cell = np.array([places[market] for market in markets], dtype=np.int64)
    held = _holdings(prices, likely, lines, cell, sd)
    return Foreseen(things, days, prices, sd, likely, lines, held, cells)


def _lines(things: Sequence[KnownThing], stress: Stress) -> list[RouteLines]:
    by_product = {one.frozen.product_id: one.known for one in things}
    lines = {product_id: route_lines(known, stress) for product_id, known in by_product.items()}
    return [lines[one.frozen.product_id] for one in things]


def _likely(things: Sequence[KnownThing], days: Sequence[date], stress: Stress) -> Floats:
    if not things:
        return np.zeros((0, len(GRADES)))
    conditions = [one.frozen.condition for one in things]
    middle = np.array([one.index_on(day, use=stress.use) or 0.0 for one, day in zip(things, days, strict=True)])
    spread = np.array([0.0 if one is None else (one.index_p90 - one.index_p10) / (2 * TENTH) for one in conditions])
    found = chances(middle, spread, GRADE_EDGES)
    for _ in range(stress.grades_down):
        found = np.hstack([0 * found[:, :1], found[:, :-2], found[:, -2:].sum(axis=1, keepdims=True)])
    return found


def _holdings(prices: Floats, likely: Floats, lines: Sequence[RouteLines], cell: Whole, sd: Floats) -> Holdings:
    """Lay things out, a row a likely grade; what is hardly possible is shared among the likely ones."""
    kept = np.where(likely >= LEAST_CHANCE, likely, 0.0)
    high = np.cumsum(kept, axis=1) / np.maximum(kept.sum(axis=1, keepdims=True), LEAST_CHANCE)
    low = np.hstack([np.zeros((len(high), 1)), high[:, :-1]])
    thing, grade = np.nonzero(kept)
    last = np.append(thing[1:] != thing[:-1], [True] * min(len(thing), 1))
    routes = max((len(one.routes) for one in lines), default=1)
    share, fixed = np.zeros((len(thing), routes)), np.full((len(thing), routes), BARRED)
    for row, (at, rank) in enumerate(zip(thing.tolist(), grade.tolist(), strict=True)):
        count = len(lines[at].routes)
        share[row, :count] = prices[at] * lines[at].slope[rank]
        fixed[row, :count] = lines[at].fixed[rank]
    fixed[(fixed == BARRED).all(axis=1), 0] = 0.0
    return Holdings(
        share=share,
        fixed=fixed,
        by_driver=np.zeros((len(thing), routes, 0)),
        cell=cell[thing],
        sd=sd[thing],
        thing=thing.astype(np.int64),
        low=low[thing, grade],
        high=np.where(last, 1.0, high[thing, grade]),
    )
