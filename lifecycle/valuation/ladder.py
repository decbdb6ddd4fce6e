"""The ladder of engines, from the textbook to boosted trees: each rung must beat the one below it on held-out sales."""

from collections.abc import Callable, Collection, Mapping
from functools import cache
from time import perf_counter
from typing import NamedTuple

from lifecycle.product import Product
from lifecycle.valuation.boosted import LEAST, fit_boosted
from lifecycle.valuation.conjugate import fit_conjugate, fit_sisters
from lifecycle.valuation.declared_curve import DeclaredCurves
from lifecycle.valuation.expert_curve import fit_expert_curve
from lifecycle.valuation.hedonic import Prior, fit_hedonic
from lifecycle.valuation.observed import Observed
from lifecycle.valuation.price_new import learn_prices_new
from lifecycle.valuation.textbook import fit_declining_balance, fit_straight_line
from lifecycle.valuation.told import Fitted
from telemetry.refusal import Refusal

TEXTBOOK = ("straight_line", "declining_balance")
RUNGS = (*TEXTBOOK, "expert_curve", "conjugate_update", "sister_products", "hedonic", "hedonic_boosted")
"""From the plainest up; the textbook always stands beside."""
_LEAST_HEDONIC = 25
_LEARN_ANEW = 1_500
"""Sales below which the prior of the regression is learned anew at each refit: it is quick, and it matters."""


class UnknownEngine(Refusal):
    """A name that is none of the engines'."""


class Ladder(NamedTuple):
    """The engines, fitted on the same sales, how long each took, and the prior that may serve a refit."""

    engines: Mapping[str, Fitted]
    seconds: Mapping[str, float]
    prior: Prior | None


def rungs(engine: str | None, sales: int) -> tuple[str, ...]:
    """Give the engines to fit on so many sales: all that can learn from them, or the one asked for beside the textbook.

    >>> rungs(None, 10)
    ('straight_line', 'declining_balance', 'expert_curve', 'conjugate_update', 'sister_products')
    """
    if engine is not None and engine not in RUNGS:
        raise UnknownEngine(f"there is no engine {engine!r}; choose one of {', '.join(RUNGS)}", field="engine")
    least = {"hedonic": _LEAST_HEDONIC, "hedonic_boosted": LEAST}
    if engine is not None:
        return tuple(dict.fromkeys((*TEXTBOOK, engine)))
    return tuple(name for name in RUNGS if sales >= least.get(name, 0))


def fit_ladder(
    sales: Observed,
    names: Collection[str],
    prior: Prior | None = None,
    declared: Mapping[str, Product] | None = None,
) -> Ladder:
    """Fit the engines named; what one has learned serves the next, and counts in the time of both.

    The expert is the curve that `declared` products carry, by the name under which they are sold.
    """
    new = learn_prices_new(sales)
    curve = cache(lambda: DeclaredCurves(fit_expert_curve(sales, new), declared or {}))
    hedonic = cache(lambda: fit_hedonic(sales, prior if len(sales) >= _LEARN_ANEW else None))
    makers: dict[str, Callable[[], Fitted]] = {
        "straight_line": lambda: fit_straight_line(sales, new),
        "declining_balance": lambda: fit_declining_balance(sales, new),
        "expert_curve": curve,
        "conjugate_update": lambda: fit_conjugate(sales, curve()),
        "sister_products": lambda: fit_sisters(sales, curve()),
        "hedonic": hedonic,
        "hedonic_boosted": lambda: fit_boosted(sales, hedonic=hedonic()),
    }
    engines, seconds = {}, {}
    for name in (name for name in RUNGS if name in names):
        began = perf_counter()
        engines[name] = makers[name]()
        seconds[name] = perf_counter() - began
    if {"hedonic", "hedonic_boosted"} <= set(names):
        seconds["hedonic_boosted"] += seconds["hedonic"]
    learned = hedonic().prior if {"hedonic", "hedonic_boosted"} & set(names) else None
    return Ladder(engines, seconds, learned)
