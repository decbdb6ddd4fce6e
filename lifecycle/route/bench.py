"""What was done on the bench, step by step, held against the plan; and the test that makes a thing as new."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Annotated, Any

from pydantic import Field as Limits
from sqlmodel import Field, SQLModel

from lifecycle.label import Line, Note
from lifecycle.money import to_cents
from lifecycle.route.planned import NumberedStep, RoutePlan
from lifecycle.route.work_plan import StepKind
from telemetry.refusal import Refusal


class StepsOpen(Refusal):
    """Steps of the plan are neither done nor left out with a reason."""


class UnknownStep(Refusal):
    """The plan has no step of that number."""


class StepLeftOutWithoutReason(Refusal):
    """A step is left out and nobody said why."""


class LessThanNew(Refusal):
    """What was measured, or the warranty, is less than of a new one: that is refurbished, not remanufactured."""


class StepDone(SQLModel):
    """What became of one step. Left out, `minutes` and the `cost` of all parts built in are as planned.

    A step that is left out says why in `note`.
    """

    model_config = {"extra": "forbid"}

    left_out: bool = False
    minutes: Annotated[float, Limits(ge=0, le=1_000_000, allow_inf_nan=False)] | None = None
    cost: Annotated[Decimal, Limits(ge=0, max_digits=18, decimal_places=6)] | None = None
    note: Note = Field(default="", max_length=1000)


class PerformanceTest(SQLModel):
    """The test after remanufacture (BS 8887): what was measured beside what a new one does, more is better.

    And the warranty in months beside that of a new one.
    """

    model_config = {"extra": "forbid", "allow_inf_nan": False}

    what: Line = Field(min_length=1, max_length=200)
    measured: float = Field(ge=0, le=1e12)
    original: float = Field(ge=0, le=1e12)
    warranty_months: int = Field(ge=0, le=1200)
    warranty_months_new: int = Field(ge=0, le=1200)

    def refuse_less_than_new(self) -> None:
        """Hold the test against a new one.

        Raises LessThanNew.
        """
        if self.measured < self.original:
            sentence = f"{self.what}: {self.measured:g} measured, {self.original:g} of a new one; that is refurbished"
            raise LessThanNew(f"{sentence}, not remanufactured", field="test.measured")
        if self.warranty_months < self.warranty_months_new:
            sentence = f"a warranty of {self.warranty_months} months is less than the {self.warranty_months_new} of new"
            raise LessThanNew(f"{sentence}: that is refurbished, not remanufactured", field="test.warranty_months")


class BenchStep(NumberedStep):
    """A step of the plan with what became of it; `done` is null while it is open."""

    done: StepDone | None = None


class BenchWork(SQLModel):
    """The plan of a work order beside what was done: minutes and cost so far, of the steps that were told.

    `cost` is labour at the plan's wage and parts; a step that was left out takes none.
    """

    plan: RoutePlan
    steps: list[BenchStep]
    open_steps: int
    minutes: float
    labour: Decimal
    parts_cost: Decimal
    cost: Decimal
    currency: str


def told_of(plan: RoutePlan, position: int, done: StepDone) -> dict[str, Any]:
    """Give what is kept of a step that was done or left out.

    Raises UnknownStep and StepLeftOutWithoutReason.
    """
    if not 1 <= position <= len(plan.steps):
        raise UnknownStep(f"the plan has steps 1 to {len(plan.steps)}, and no step {position}", field="position")
    if done.left_out and not done.note:
        raise StepLeftOutWithoutReason("say in `note` why the step is left out", field="note")
    step = plan.steps[position - 1]
    minutes, cost = (0.0, Decimal(0)) if done.left_out else (step.minutes, step.parts_cost)
    if not done.left_out:
        minutes = minutes if done.minutes is None else done.minutes
        cost = cost if done.cost is None else done.cost
    filled = done.model_copy(update={"minutes": minutes, "cost": cost})
    return {"position": position} | filled.model_dump(mode="json")


def bench_work(plan: RoutePlan, told: Mapping[int, Mapping[str, Any]]) -> BenchWork:
    """Put what was told of the steps beside the plan."""
    steps = [
        BenchStep.model_validate(step.model_dump() | {"done": _done(told.get(step.position))}) for step in plan.steps
    ]
    known = [step.done for step in steps if step.done is not None]
    minutes = sum(one.minutes or 0.0 for one in known)
    labour = to_cents(plan.wage * Decimal(str(minutes)) / 60)
    parts = to_cents(sum((one.cost or Decimal(0) for one in known), Decimal(0)))
    return BenchWork(
        plan=plan,
        steps=steps,
        open_steps=len(steps) - len(known),
        minutes=round(minutes, 3),
        labour=labour,
        parts_cost=parts,
        cost=labour + parts,
        currency=plan.currency,
    )


def refuse_open(work: BenchWork) -> None:
    """Refuse to end work of which steps are open.

    Raises StepsOpen.
    """
    if open_ones := [step for step in work.steps if step.done is None]:
        named = ", ".join(f"{step.position} ({_named(step)})" for step in open_ones[:5])
        more = f" and {len(open_ones) - 5} more" if len(open_ones) > 5 else ""  # noqa: PLR2004 - enough to go on with
        raise StepsOpen(f"steps are open: {named}{more}; do them, or leave them out with a reason", field="steps")


def built_in(work: BenchWork) -> list[BenchStep]:
    """Give the steps that built parts in."""
    return [step for step in work.steps if step.kind is StepKind.PUT_IN and step.done and not step.done.left_out]


def components_of(steps: Sequence[BenchStep]) -> list[str]:
    """Name the components of steps, each once."""
    return list(dict.fromkeys(step.component for step in steps if step.component))


def _done(told: Mapping[str, Any] | None) -> StepDone | None:
    return None if told is None else StepDone.model_validate({k: v for k, v in told.items() if k != "position"})


def _named(step: NumberedStep) -> str:
    return step.kind.value if step.part is None else f"{step.kind.value} {step.part}"
