"""The chance that a machine fails within the lead days, by each engine, and the level at which it is worth an alert."""

from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np

from lifecycle.grade import Floats
from lifecycle.prognosis.episodes import Judged, failed_on, judge, raised
from lifecycle.prognosis.learners_gateway import Learner, boosted_chance, logistic_chance
from lifecycle.prognosis.machine_days import MachineDays, ahead

MOST_FALSE = 0.1
"""False alerts that people bear, by asset and month; aimed at with some room."""
ROOM = 0.7
LEAST = 0.9
"""Share of failures to be caught, and of alerts to be true, on the days on which levels are chosen."""
LIMIT = 3.0
"""Static limits lie so many spreads from the mean of the fleet."""
_LEVELS = np.concatenate([np.linspace(0.02, 0.98, 49), [0.99, 0.995]])
_SENSORS = ("sensor",)
_HAZARD = ("age", "error", "machine")
_ALL = (*_SENSORS, *_HAZARD)

Chance = Callable[[MachineDays], Floats]


class Spell(NamedTuple):
    """Days of one fleet from which to learn, or on which to be judged: first, and the one after the last."""

    days: MachineDays
    begin: int
    end: int


class Level(NamedTuple):
    """The level at which an alert is raised, and how that fared on days after those learned from."""

    level: float
    judged: Judged


def static_limits(spell: Spell, lead: float) -> Chance:
    """Give 1 where a sensor's day lies outside the mean of the fleet by three spreads; learns nothing else."""
    del lead
    sensors = [at for at, name in enumerate(spell.days.names) if name.startswith("sensor") and name.endswith(" 1")]
    rows = spell.days.figures[:, spell.begin : spell.end, sensors]
    mean, spread = rows.mean(axis=(0, 1)), np.maximum(rows.std(axis=(0, 1)), 1e-9)
    return lambda days: (np.abs((days.figures[:, :, sensors] - mean) / spread) >= LIMIT).any(axis=2).astype(float)


def hazard(spell: Spell, lead: float) -> Chance:
    """Learn a daily hazard by logistic regression on the age of parts, errors and the machine, without sensors."""
    return _learned(logistic_chance(), spell, lead, _HAZARD)


def boosted(spell: Spell, lead: float) -> Chance:
    """Learn by boosted trees from everything."""
    return _learned(boosted_chance(), spell, lead, _ALL)


ENGINES: Mapping[str, Callable[[Spell, float], Chance]] = {
    "static_limits": static_limits,
    "hazard": hazard,
    "boosting": boosted,
}
FIXED = ("static_limits",)
"""Engines that learn neither level nor horizon."""
HORIZONS = (1.0, 2.0, 4.0)
"""Signs may show later than one would like to know: a learner may learn from fewer days ahead than are asked."""
_AT = np.array([1.0])


class Learned(NamedTuple):
    """How far ahead an engine learns best, the level at which it alerts, and how both fared on later days."""

    horizon: float
    level: float
    judged: Judged


def choose_level(name: str, learn: Spell, later: Spell, lead: float) -> Learned:
    """Choose horizon and level of an engine on days after those learned from, by what the alerts would have been."""
    tried = []
    for horizon in (lead,) if name in FIXED else (*(some for some in HORIZONS if some < lead), lead):
        chance = ENGINES[name](learn, horizon)(later.days)
        tried.append(Learned(horizon, *best_level(chance, later, lead, levels=_AT if name in FIXED else _LEVELS)))
    return max(tried, key=lambda one: rank(one.judged))


def evaluate(chance: Floats, spell: Spell, level: float, lead: float) -> Judged:
    """Raise alerts at a level over a spell of days, and judge them."""
    failed = failed_on(spell.days.failures, spell.days.seen.shape)
    watched = np.where(spell.days.seen, chance, 0.0)
    watched[:, : spell.begin] = 0.0
    days = int(spell.days.seen[:, spell.begin : spell.end].sum())
    return judge(raised(watched, level, failed), spell.days.failures, lead, (spell.begin, spell.end), days)


def best_level(chance: Floats, spell: Spell, lead: float, *, levels: Floats = _LEVELS) -> Level:
    """Choose the level with the best balance of precision and recall among those with few enough false alerts."""
    tried = [Level(float(level), evaluate(chance, spell, float(level), lead)) for level in levels]
    return max(tried, key=lambda one: rank(one.judged))


def rank(judged: Judged) -> tuple[bool, bool, float, float]:
    """Order outcomes: few false alerts, then enough caught and true, then the earliest, then the best balance."""
    precision, recall, lead = np.nan_to_num([judged.precision, judged.recall, judged.median_lead_days])
    few = judged.false_per_asset_month <= MOST_FALSE * ROOM
    good = few and min(precision, recall) >= LEAST
    return few, good, float(lead) if good else 0.0, float(2 * precision * recall / max(precision + recall, 1e-9))


def _learned(learner: Learner, spell: Spell, lead: float, prefixes: tuple[str, ...]) -> Chance:
    columns = spell.days.columns(prefixes)
    rows = spell.days.seen.copy()
    rows[:, : spell.begin] = rows[:, spell.end :] = False
    goal = ahead(spell.days, lead)[rows].astype(float)
    if not 0 < goal.sum() < len(goal):
        return lambda days: np.full(days.seen.shape, goal.mean() if len(goal) else 0.0)
    fitted = learner.fit(spell.days.figures[rows][:, columns], goal)
    return lambda days: fitted.ask(days.figures[:, :, columns].reshape(-1, len(columns))).reshape(days.seen.shape)
