"""The choice of an engine: the lowest rung that none beats by more than a hundredth, on sales that were held out."""

from collections.abc import Mapping

from lifecycle.valuation.interval import Errors, calibrate, interval
from lifecycle.valuation.ladder import RUNGS, TEXTBOOK
from lifecycle.valuation.measures import log_pinball

_TIE = 0.01


def losses(errors: Mapping[str, Errors], *, now: float) -> dict[str, float]:
    """Give the pinball loss of each engine on what it foretold unseen, with the interval that it would be given."""
    return {
        name: log_pinball(interval(calibrate(some, now=now), some.told, some.ahead), some.goal)
        for name, some in errors.items()
    }


def choose(found: Mapping[str, float]) -> str:
    """Choose; a higher rung must be better than a lower one by more than a hundredth. A textbook is never chosen.

    >>> choose({"straight_line": 0.1, "expert_curve": 0.2, "hedonic": 0.1005, "hedonic_boosted": 0.1})
    'hedonic'
    """
    apart = {name: loss for name, loss in found.items() if name not in TEXTBOOK} or dict(found)
    best = min(apart.values())
    return next(name for name in RUNGS if name in apart and apart[name] <= best * (1 + _TIE))
