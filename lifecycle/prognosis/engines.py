"""Engines foretell how much life is left, each from the same evidence; the others must beat the plain ones."""

from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np

from lifecycle.grade import Floats
from lifecycle.prognosis.evidence import Evidence
from lifecycle.prognosis.fleet_space import space_of
from lifecycle.prognosis.learners_gateway import Learner, boosting, support_vectors
from lifecycle.prognosis.life_table import Weibull, lives_of, weibull, weibull_left
from lifecycle.prognosis.own_trend import calibrated_passage, passage_left, passage_times
from lifecycle.prognosis.peers import nearest, told
from lifecycle.prognosis.runs import Places

_LONGEST = 10.0
"""No own trend is followed farther than so many middle lives."""


class Known(NamedTuple):
    """What an engine learns from: evidence of a fleet that ran to failure, and what was left at each moment, capped."""

    evidence: Evidence
    left: Floats
    unit: Places
    lives: Floats
    end: float
    cap: float


Forecast = Callable[[Evidence], Floats]


def life_model(lives: Floats) -> Weibull:
    """Give the life table of a fleet; of fewer than ten lives one around their median, as a maker would declare it."""
    middle = float(np.median(lives))
    return weibull(lives_of(lives)) or Weibull(2.5, middle / np.log(2) ** 0.4)


def fleet_mean(known: Known) -> Forecast:
    """Foretell for everybody what units of the fleet had left on average."""
    mean = float(known.left.mean())
    return lambda asked: np.full(len(asked.age), mean)


def life_table(known: Known) -> Forecast:
    """Foretell from the age alone."""
    model = life_model(known.lives)
    return lambda asked: np.minimum(weibull_left(model, asked.age, known.cap).mean, known.cap)


def own_trend(known: Known, *, accelerating: bool) -> Forecast:
    """Let the own damage go on as it went, and read from the fleet what such a passage time was worth."""
    longest = _LONGEST * float(np.median(known.lives))

    def passage(of: Evidence) -> Floats:
        return passage_times(of.damage, of.pace, known.end, accelerating=accelerating, longest=longest)

    table = calibrated_passage(passage(known.evidence), known.left)
    return lambda asked: passage_left(table, passage(asked))


def peers(known: Known) -> Forecast:
    """Foretell the mean of what the 150 nearest histories of the fleet had left."""
    space = space_of(known.evidence.trace, known.left)
    library = space.places(known.evidence.trace)
    return lambda asked: told(nearest(library, space.places(asked.trace)), known.left, known.unit).mean


def boosted(known: Known) -> Forecast:
    """Foretell by boosted trees over the traces."""
    return _learned(boosting(), known)


def smooth(known: Known) -> Forecast:
    """Foretell by support vectors over the traces."""
    return _learned(support_vectors(known.evidence.trace.shape[1]), known)


def _learned(learner: Learner, known: Known) -> Forecast:
    fitted = learner.fit(known.evidence.trace, known.left)
    return lambda asked: fitted.ask(asked.trace)


PLAIN: Mapping[str, Callable[[Known], Forecast]] = {"fleet_mean": fleet_mean, "life_table": life_table}
"""Engines that need no signal."""

SENSING: Mapping[str, Callable[[Known], Forecast]] = {
    "own_trend_linear": lambda known: own_trend(known, accelerating=False),
    "own_trend_log": lambda known: own_trend(known, accelerating=True),
    "peers": peers,
    "boosting": boosted,
    "support_vectors": smooth,
}
"""Engines that read the signals, and that the guard may overrule."""
