"""A work plan says what a route takes on the bench, minute by minute: steps, parts, and the CO2 of what is built in."""

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple

from pydantic import BaseModel

from lifecycle.grade import is_worse
from lifecycle.material import Material
from lifecycle.product import Part, Replacement, RouteTerms
from lifecycle.route.assumptions import takes

Bill = Sequence[tuple[Part, Material]]
"""A bill of materials: each part with what it is made of."""


class StepKind(StrEnum):
    """What is done."""

    INSPECT = "inspect"
    CLEAN = "clean"
    TAKE_OUT = "take_out"
    PUT_IN = "put_in"
    TEST = "test"
    PACK = "pack"
    WORK = "work"
    """All of it at once, where no steps are known."""


class Basis(StrEnum):
    """What minutes and costs of parts rest on."""

    BILL_OF_MATERIALS = "bill_of_materials"
    DECLARED_STEPS = "declared_steps"
    ASSUMPTION = "assumption"


class PlanStep(BaseModel):
    """One step: minutes and cost for all of its pieces together, and the kg of CO2e in making what is built in."""

    kind: StepKind
    part: str | None = None
    name: str | None = None
    component: str = ""
    quantity: int = 1
    minutes: float
    parts_cost: Decimal = Decimal(0)
    carbon: float = 0.0


class Steps(NamedTuple):
    """The steps of one route at one grade, and what they rest on; `missing` is the part that could not be planned.

    `sold_in_parts` is what the parts taken out for another life are worth, for a route that sells them.
    """

    basis: Basis
    steps: tuple[PlanStep, ...]
    missing: str | None = None
    sold_in_parts: float | None = None

    @property
    def minutes(self) -> float:
        """Add up the minutes."""
        return sum(step.minutes for step in self.steps)

    @property
    def parts_cost(self) -> Decimal:
        """Add up what is built in."""
        return sum((step.parts_cost for step in self.steps), Decimal(0))

    @property
    def carbon(self) -> float:
        """Add up the kg of CO2e in making what is built in."""
        return sum(step.carbon for step in self.steps)


def steps_of(terms: RouteTerms, bill: Bill, *, grade: str, wage: float) -> Steps:
    """Lay out the steps of a route for a thing of one grade.

    By the bill of materials where every part concerned has its minutes; else by the minutes that the product assumes
    of the route as a whole.
    """
    by_code = {part.code: (part, material) for part, material in bill}
    if takes(terms.route, "by_parts"):
        return _taken_apart(terms, bill, wage)
    wanted = [one for one in terms.replaces if not is_worse(one.from_grade, grade)]
    if missing := next((one.part for one in wanted if _minutes(one, by_code) is None), None):
        return _assumed(terms, missing)
    built_in = [step for one in wanted for step in _replace(one, by_code)]
    steps = (*_before(terms), *built_in, *_after(terms))
    if not steps and not terms.replaces:
        return _assumed(terms, None)
    return Steps(Basis.BILL_OF_MATERIALS if terms.replaces else Basis.DECLARED_STEPS, steps)


def costed(terms: RouteTerms, steps: Steps) -> RouteTerms:
    """Put what the steps take in the place of what was assumed; a plan that rests on the assumption changes nothing."""
    if steps.basis is Basis.ASSUMPTION:
        return terms
    planned = {
        "labour_minutes": steps.minutes,
        "parts_cost": steps.parts_cost,
        "carbon_process": terms.carbon_process + steps.carbon,
    }
    return terms.model_copy(update=planned)


def renewed_by(steps: Sequence[PlanStep]) -> list[str]:
    """Name the components that parts were built into, each once."""
    return list(dict.fromkeys(step.component for step in steps if step.kind is StepKind.PUT_IN and step.component))


def _taken_apart(terms: RouteTerms, bill: Bill, wage: float) -> Steps:
    """Take out what is worth more than the labour that takes it out; the rest stays in and changes nothing."""
    valued = [part for part, _ in bill if part.value > 0]
    if missing := next((part.code for part in valued if part.removal_minutes is None), None):
        return _assumed(terms, missing)
    if not valued:
        return _assumed(terms, None)
    kept = [part for part in valued if _margin(part, terms.yield_fraction, wage) > 0]
    steps = (*_before(terms), *(_take_out(part, part.quantity) for part in kept), *_after(terms))
    return Steps(Basis.BILL_OF_MATERIALS, steps, None, float(sum(part.quantity * part.value for part in kept)))


def _margin(part: Part, yield_fraction: float, wage: float) -> float:
    return yield_fraction * float(part.value) - wage * (part.removal_minutes or 0.0) / 60


def _minutes(one: Replacement, bill: Mapping[str, tuple[Part, Material]]) -> float | None:
    """Give the minutes that put one in: declared, or as long as taking it out; None where neither is known."""
    part = bill[one.part][0] if one.part in bill else None
    if part is None or part.removal_minutes is None:
        return None
    return part.removal_minutes if one.minutes is None else one.minutes


def _replace(one: Replacement, bill: Mapping[str, tuple[Part, Material]]) -> Iterator[PlanStep]:
    part, material = bill[one.part]
    quantity = one.quantity or part.quantity
    yield _take_out(part, quantity)
    yield PlanStep(
        kind=StepKind.PUT_IN,
        part=part.code,
        name=part.name,
        component=part.component,
        quantity=quantity,
        minutes=quantity * (_minutes(one, bill) or 0.0),
        parts_cost=quantity * part.value,
        carbon=quantity * part.mass * material.carbon,
    )


def _take_out(part: Part, quantity: int) -> PlanStep:
    return PlanStep(
        kind=StepKind.TAKE_OUT,
        part=part.code,
        name=part.name,
        component=part.component,
        quantity=quantity,
        minutes=quantity * (part.removal_minutes or 0.0),
    )


def _before(terms: RouteTerms) -> list[PlanStep]:
    return _declared((StepKind.INSPECT, terms.inspect_minutes), (StepKind.CLEAN, terms.clean_minutes))


def _after(terms: RouteTerms) -> list[PlanStep]:
    return _declared((StepKind.TEST, terms.test_minutes), (StepKind.PACK, terms.pack_minutes))


def _declared(*steps: tuple[StepKind, float]) -> list[PlanStep]:
    return [PlanStep(kind=kind, minutes=minutes) for kind, minutes in steps if minutes > 0]


def _assumed(terms: RouteTerms, missing: str | None) -> Steps:
    step = PlanStep(kind=StepKind.WORK, minutes=terms.labour_minutes, parts_cost=terms.parts_cost)
    return Steps(Basis.ASSUMPTION, (step,), missing)
