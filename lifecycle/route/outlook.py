"""What routes are expected to net while the grade is not known for sure, and what would change the choice."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from pydantic import BaseModel

from lifecycle.route.assumptions import assumptions, rule, rung
from lifecycle.route.economics import Takings


class Prospect(NamedTuple):
    """A grade that the thing may have, how likely that is, and what every route would then bring."""

    grade: str
    chance: float
    takings: Sequence[Takings]


class GradeOutlook(BaseModel):
    """What to do at one grade: the route that nets most then, and at which wage and carbon price another one would.

    `turning_wage` is per hour, `turning_carbon` per tonne of CO2e, both against the runner-up; null where no wage or
    price of nothing or more changes the choice.
    """

    grade: str
    chance: float
    route: str
    runner_up: str | None
    nets: dict[str, float]
    turning_wage: float | None
    turning_carbon: float | None


class Preset(BaseModel):
    """The route to begin at a published price of carbon, and whether it is another one than at the price asked with."""

    name: str
    carbon_price: float
    route: str
    flips: bool


class Outlook(BaseModel):
    """What is expected over all grades that are likely.

    `expected` is what a route is expected to net when it is begun before the grade is known: at a grade that bars it,
    the best that is then open is done instead. `value_of_inspection` is what knowing the grade first would add.
    `market_only` is the route to begin where carbon costs nothing. `rungs` are the routes' names on the R-ladder.
    """

    route: str
    rungs: dict[str, str | None]
    expected: dict[str, float]
    expected_knowing: float
    value_of_inspection: float
    market_only: str
    wage: float
    carbon_price: float
    grades: list[GradeOutlook]
    presets: list[Preset]
    rule: str


def outlook(prospects: Iterable[Prospect], *, wage: float, carbon_price: float = 0.0) -> Outlook | None:
    """Weigh the routes; None where a likely grade leaves none open. Of equals the one named first is taken."""
    likely = [one for one in prospects if one.chance > 0]
    if not likely or not all(_open(one) for one in likely):
        return None
    expected = expected_nets(likely, carbon_price)
    route = _most(expected)
    knowing = sum(one.chance * max(_nets(one, carbon_price).values()) for one in likely)
    presets = assumptions()["carbon_price"]["presets"]
    return Outlook(
        route=route,
        rungs={name: rung(name) for name in expected},
        expected=expected,
        expected_knowing=knowing,
        value_of_inspection=max(0.0, knowing - expected[route]),
        market_only=_most(expected_nets(likely, 0.0)),
        wage=wage,
        carbon_price=carbon_price,
        grades=[_at_grade(one, wage, carbon_price) for one in likely],
        presets=[_preset(name, float(price), likely, route) for name, price in presets.items()],
        rule=rule(),
    )


def expected_nets(likely: Sequence[Prospect], carbon_price: float) -> dict[str, float]:
    """Give what each route that some grade allows is expected to net, begun before the grade is known."""
    known = [(one.chance, _nets(one, carbon_price)) for one in likely]
    routes = [taken.route for taken in likely[0].takings if any(taken.route in nets for _, nets in known)]
    return {route: sum(chance * nets.get(route, max(nets.values())) for chance, nets in known) for route in routes}


def turning_wage(best: Takings, rival: Takings, *, wage: float, carbon_price: float = 0.0) -> float | None:
    """Give the wage at which a rival nets as much as the best; None where no wage does.

    The worked chair of grade C: recycling nets -1.6775, refurbishing takes 53 minutes and nets -12.05 at 45 an hour.

    >>> refurbish = Takings("refurbish", income=27.70, labour=39.75, hours=53 / 60)
    >>> round(turning_wage(Takings("recycle", logistics=1.6775), refurbish, wage=45), 6)
    33.257547
    """
    if best.hours == rival.hours:
        return None
    lead = best.net_at(carbon_price) - rival.net_at(carbon_price)
    turns = wage + lead / (best.hours - rival.hours)
    return abs(turns) if turns >= 0 else None


def turning_carbon(best: Takings, rival: Takings) -> float | None:
    """Give the price of a tonne at which a rival nets as much as the best; None where no price does.

    >>> turning_carbon(Takings("recycle", income=5.0), Takings("refurbish", income=1.0, carbon=20.0))
    200.0
    """
    if best.carbon == rival.carbon:
        return None
    turns = (best.net - rival.net) / (rival.carbon - best.carbon) * 1000
    return abs(turns) if turns >= 0 else None


def _open(prospect: Prospect) -> list[Takings]:
    return [one for one in prospect.takings if one.barred is None]


def _nets(prospect: Prospect, carbon_price: float) -> dict[str, float]:
    return {one.route: one.net_at(carbon_price) for one in _open(prospect)}


def _most(nets: dict[str, float]) -> str:
    """Give the route of the highest net, of equals the first."""
    return max(nets, key=lambda route: nets[route])


def _at_grade(prospect: Prospect, wage: float, carbon_price: float) -> GradeOutlook:
    ordered = sorted(_open(prospect), key=lambda one: -one.net_at(carbon_price))
    best, rival = ordered[0], ordered[1] if len(ordered) > 1 else None
    return GradeOutlook(
        grade=prospect.grade,
        chance=prospect.chance,
        route=best.route,
        runner_up=rival.route if rival else None,
        nets=_nets(prospect, carbon_price),
        turning_wage=turning_wage(best, rival, wage=wage, carbon_price=carbon_price) if rival else None,
        turning_carbon=turning_carbon(best, rival) if rival else None,
    )


def _preset(name: str, price: float, likely: Sequence[Prospect], route: str) -> Preset:
    then = _most(expected_nets(likely, price))
    return Preset(name=name, carbon_price=price, route=then, flips=then != route)
