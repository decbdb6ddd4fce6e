"""The plan of one route for one thing, with its money, its CO2, and what such work really took before."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Protocol

from pydantic import BaseModel

from lifecycle.money import to_cents
from lifecycle.product import RouteTerms
from lifecycle.reason import Reason
from lifecycle.route.assumptions import rule, rung
from lifecycle.route.economics import Takings
from lifecycle.route.work_plan import Basis, PlanStep, Steps


class NumberedStep(PlanStep):
    """A step with its place in the plan, from 1."""

    position: int


class Realised(BaseModel):
    """What work of the same product and route took before: how many orders, and their means; null where unknown."""

    orders: int
    minutes: float | None
    cost: float | None


class RoutePlan(BaseModel):
    """What a route takes for one thing, minute by minute. Money in `currency`, CO2e in kg.

    `cost` is labour and parts; `net_value` what the whole route nets, null where it is barred. `carbon_process` is what
    the route takes, `carbon_saved` what it is expected to save, the one taken off.
    """

    route: str
    rung: str | None
    grade: str
    feasible: bool
    basis: Basis
    steps: list[NumberedStep]
    minutes: float
    wage: Decimal
    currency: str
    labour: Decimal
    parts_cost: Decimal
    cost: Decimal
    logistics: Decimal
    warranty: Decimal
    testing: Decimal
    net_value: Decimal | None
    carbon_process: float
    carbon_saved: float | None
    realised: Realised
    reasons: list[Reason]
    rule: str


class Took(Protocol):
    """What ended work says of itself."""

    @property
    def minutes(self) -> float | None:
        """Give the minutes, where they were told."""

    @property
    def cost(self) -> float | None:
        """Give the cost, where it was told."""

    @property
    def currency(self) -> str:
        """Give the currency of the cost."""


def plan(
    terms: RouteTerms, steps: Steps, taken: Takings, before: Sequence[Took], *, grade: str, wage: float, currency: str
) -> RoutePlan:
    """Put a plan together from its steps and the route's takings; `terms` are those with the plan's costs."""
    paid = Decimal(str(wage))
    labour = to_cents(paid * Decimal(str(steps.minutes)) / 60)
    parts = to_cents(steps.parts_cost)
    is_open = taken.barred is None
    return RoutePlan(
        route=terms.route,
        rung=rung(terms.route),
        grade=grade,
        feasible=is_open,
        basis=steps.basis,
        steps=[NumberedStep(position=at, **step.model_dump()) for at, step in enumerate(steps.steps, start=1)],
        minutes=round(steps.minutes, 3),
        wage=paid,
        currency=currency,
        labour=labour,
        parts_cost=parts,
        cost=labour + parts,
        logistics=to_cents(terms.logistics_cost),
        warranty=to_cents(terms.warranty_cost),
        testing=to_cents(terms.test_cost),
        net_value=to_cents(Decimal(taken.net)) if is_open else None,
        carbon_process=round(terms.carbon_process, 3),
        carbon_saved=round(taken.carbon, 3) if is_open else None,
        realised=realised(before, currency=currency),
        reasons=_reasons(terms, steps, taken, grade),
        rule=rule(),
    )


def realised(before: Sequence[Took], *, currency: str) -> Realised:
    """Average what such work took; costs of another currency are left out.

    >>> realised([], currency="EUR")
    Realised(orders=0, minutes=None, cost=None)
    """
    minutes = [one.minutes for one in before if one.minutes is not None]
    costs = [one.cost for one in before if one.cost is not None and one.currency == currency]
    return Realised(orders=len(before), minutes=_mean(minutes), cost=_mean(costs))


def _mean(some: Sequence[float]) -> float | None:
    return round(sum(some) / len(some), 2) if some else None


def _reasons(terms: RouteTerms, steps: Steps, taken: Takings, grade: str) -> list[Reason]:
    reasons = [_basis(steps)]
    if taken.barred is not None:
        inputs = {"grade": grade, "worst_grade": terms.worst_grade}
        reasons.append(Reason(code=taken.barred, rule=rule(), inputs=inputs))
    return reasons


def _basis(steps: Steps) -> Reason:
    minutes = {"minutes": round(steps.minutes, 1)}
    if steps.missing is not None:
        return Reason(code="route.minutes_unknown", rule=rule(), inputs=minutes | {"part": steps.missing})
    is_assumed = steps.basis is Basis.ASSUMPTION
    return Reason(code="route.costed_as_assumed" if is_assumed else "route.costed_by_plan", rule=rule(), inputs=minutes)
