"""What foreseen things net in every scenario of one market: each of them, each group of them, and all together."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from billing.finance_report.foreseen import Foreseen
from lifecycle.grade import Floats
from lifecycle.portfolio.forecast import DRAWS, SEED
from lifecycle.portfolio.holdings import bounds_of
from lifecycle.portfolio.market import Scenarios, draw_markets
from lifecycle.portfolio.standing import as_cells
from lifecycle.portfolio.totals import totals

_AT_ONCE = 250
"""So many things are looked at one by one at once: ten thousand scenarios of each are 80 kB."""


class Net(NamedTuple):
    """What one thing nets over all scenarios."""

    mean: float
    p10: float
    p50: float
    p90: float


class Simulated(NamedTuple):
    """Each thing's own net, and the totals (scenarios,) of each group by kind and name."""

    each: list[Net]
    groups: Mapping[tuple[str, str], Floats]


def simulate(seen: Foreseen, groups: Mapping[str, Sequence[str]], *, draws: int = DRAWS) -> Simulated:
    """Net all things under one market; `groups` name, kind by kind, the group of each thing.

    Totals are added up scenario by scenario, never from quantiles. The draws of a thing are the same as when the whole
    portfolio is netted at once.
    """
    each: list[Net] = []
    sums: dict[tuple[str, str], Floats] = {}
    for first in range(0, len(seen.things), _AT_ONCE):
        nets = _each(seen, first, min(first + _AT_ONCE, len(seen.things)), draws)
        means, (low, middle, high) = nets.mean(axis=1), np.quantile(nets, (0.1, 0.5, 0.9), axis=1)
        each += [Net(*map(float, one)) for one in zip(means, low, middle, high, strict=True)]
        for kind, names in groups.items():
            for at, net in enumerate(nets, start=first):
                key = (kind, names[at])
                sums[key] = sums[key] + net if key in sums else net.copy()
    return Simulated(each, sums)


def total_of(seen: Foreseen, *, draws: int = DRAWS) -> Floats:
    """Give the (scenarios,) total of all things."""
    return np.asarray(totals(seen.held, _market(seen, draws), seed=SEED)[0])


def _market(seen: Foreseen, draws: int) -> Scenarios:
    market = draw_markets(as_cells(seen.cells), scenarios=draws, seed=SEED)
    return Scenarios(market, np.zeros((0, draws)))


def _each(seen: Foreseen, first: int, beyond: int, draws: int) -> Floats:
    """Net some things one by one; the last of all goes along, for the draws follow from how many things there are."""
    held, last = seen.held, len(seen.things) - 1
    rows = np.flatnonzero((held.thing >= first) & (held.thing < beyond))
    along = np.flatnonzero(held.thing == last) if beyond <= last else rows[:0]
    places = np.concatenate([rows, along])
    found = totals(held.rows(places), _market(seen, draws), seed=SEED, bounds=bounds_of(held.thing[places]))
    return np.asarray(found[: beyond - first])
