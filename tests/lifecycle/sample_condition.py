"""Fleets in columns for tests of condition: things of one product, seen when and as a test says."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple
from uuid import UUID

import numpy as np

from lifecycle.condition.assessment import Assessment, assessments
from lifecycle.condition.conclusions import assess
from lifecycle.condition.fleet import Clock, Fleet, Looks
from lifecycle.condition.sight import Sight, sight
from lifecycle.condition.terms import Terms

DAYS_A_YEAR = 365.25


class Seen(NamedTuple):
    """An inspection of a thing, and how much it had been used by then."""

    at: date
    grades: Mapping[str, str] = {}
    index: float | None = None
    source: str = "app"
    used: float = 0.0


class One(NamedTuple):
    """A thing: the day its clock began, its inspections, its use until today (None: not metered), and its heat."""

    since: date
    seen: Sequence[Seen] = ()
    use: float | None = None
    per_day: float | None = None
    heat: float = 1.0
    ambient: float = np.nan
    load: float = 1.0
    health: float = np.nan
    flagged: bool = False


def fleet_of(things: Sequence[One], terms: Terms, *, today: date) -> Fleet:
    looks = [(place, one, look) for place, one in enumerate(things) for look in one.seen]
    told = [_sight(look, terms) for _, _, look in looks]
    then = [_clock(one, look.at, look.used, terms) for _, one, look in looks]
    now = [_clock(one, today, one.use or 0.0, terms) for one in things]
    last = [max([look.used for look in one.seen], default=0.0) for one in things]
    use = [np.nan if one.use is None else one.use - before for one, before in zip(things, last, strict=True)]
    return Fleet(
        ids=[UUID(int=place + 1) for place in range(len(things))],
        terms=[terms],
        product=np.zeros(len(things), dtype=np.int64),
        since=np.array([one.since.toordinal() for one in things], dtype=np.int64),
        sights=told,
        looks=Looks(
            thing=np.array([place for place, _, _ in looks], dtype=np.int64),
            day=np.array([look.at.toordinal() for _, _, look in looks], dtype=np.int64),
            sight=np.arange(len(looks)),
            ids=[str(UUID(int=1000 + place)) for place in range(len(looks))],
            sources=[look.source for _, _, look in looks],
            clock=Clock(*np.array(then, dtype=np.float64).reshape(-1, 3).T),
        ),
        clock=Clock(*np.array(now, dtype=np.float64).reshape(-1, 3).T),
        by_use=np.array([one.use is not None for one in things], dtype=bool),
        use=np.array(use, dtype=np.float64),
        per_day=np.array([np.nan if one.per_day is None else one.per_day for one in things], dtype=np.float64),
        per_day_spread=np.full(len(things), np.nan),
        ambient=np.array([one.ambient for one in things], dtype=np.float64),
        load=np.array([one.load for one in things], dtype=np.float64),
        health=np.array([one.health for one in things], dtype=np.float64),
        flagged=np.array([one.flagged for one in things], dtype=bool),
    )


def _sight(look: Seen, terms: Terms) -> Sight:
    said = sight(terms.components, terms.weights, grades=look.grades, scores={}, index=look.index, source=look.source)
    assert said is not None
    return said


def _clock(one: One, at: date, used: float, terms: Terms) -> tuple[float, float, float]:
    years = (at - one.since).days / DAYS_A_YEAR
    lives = min(years / terms.rated_years if one.use is None else used / terms.rated_use, 20.0)
    return lives, lives * one.heat, lives * one.heat * one.load


def assessed(things: Sequence[One], terms: Terms, *, today: date) -> list[Assessment]:
    return list(assessments(assess(fleet_of(things, terms, today=today), today=today)))


def points_of(one: Assessment) -> dict[str, Any]:
    return {
        reason.code.removeprefix("condition."): reason.effect for reason in one.reasons if reason.effect is not None
    }
