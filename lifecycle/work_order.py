"""A work order says what must be done to a thing, by whom and by when, why, and in the end what was done."""

from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import AwareDatetime, StringConstraints, model_validator
from pydantic import Field as Limits
from sqlmodel import Field, SQLModel

from lifecycle.inspection import OVERALL, Component, Grade
from lifecycle.label import Label, Line, Note
from lifecycle.route.bench import PerformanceTest
from telemetry.columns import Json, worded
from telemetry.refusal import Refusal

Photo = Annotated[str, StringConstraints(pattern="^[0-9a-f]{64}$")]
"""A photo by the SHA-256 of its bytes."""
Photos = Annotated[list[Photo], Limits(max_length=50)]
Why = Annotated[Note, StringConstraints(max_length=4000)]
Whose = Annotated[Line, StringConstraints(max_length=200)]
MOST_PHOTOS = 50


class WorkKind(StrEnum):
    """What is to be done."""

    REPAIR = "repair"
    INSPECT = "inspect"
    REFURBISH = "refurbish"
    REMANUFACTURE = "remanufacture"
    SWAP = "swap"
    FETCH = "fetch"


class WorkState(StrEnum):
    """How far it is."""

    OPEN = "open"
    PLANNED = "planned"
    IN_PROGRESS = "in_progress"
    DONE = "done"
    CANCELLED = "cancelled"


class WorkPriority(StrEnum):
    """How soon it should be done."""

    LOW = "low"
    NORMAL = "normal"
    URGENT = "urgent"


class WorkCause(StrEnum):
    """Why it was opened."""

    ALERT = "alert"
    FAILED_ITEM = "failed_item"
    QR_REPORT = "qr_report"
    PERSON = "person"


RENEWS = frozenset({WorkKind.REPAIR, WorkKind.REFURBISH, WorkKind.REMANUFACTURE})
"""Kinds of work after which a component stands better than before."""
ENDED = frozenset({WorkState.DONE, WorkState.CANCELLED})
STEPS: dict[WorkState, frozenset[WorkState]] = {
    WorkState.OPEN: frozenset({WorkState.PLANNED, WorkState.IN_PROGRESS, WorkState.DONE, WorkState.CANCELLED}),
    WorkState.PLANNED: frozenset({WorkState.PLANNED, WorkState.IN_PROGRESS, WorkState.DONE, WorkState.CANCELLED}),
    WorkState.IN_PROGRESS: frozenset({WorkState.PLANNED, WorkState.IN_PROGRESS, WorkState.DONE, WorkState.CANCELLED}),
    WorkState.DONE: frozenset(),
    WorkState.CANCELLED: frozenset(),
}
"""Which state may follow which. What is done or cancelled stays so; what is wrong again is a new order."""


class WorkStepNotAllowed(Refusal):
    """The order is done or cancelled already."""


class NewWork(SQLModel):
    """Work to be done to one thing, or to one component of it; `assignee` is a name or an e-mail address.

    What caused it is named: an alert, or the inspection of which an item failed; neither where a person asks for it.
    """

    model_config = {"extra": "forbid"}

    id: UUID
    asset_id: UUID
    kind: WorkKind = Field(sa_type=worded(WorkKind))
    component: Component = Field(default=OVERALL, max_length=60)
    priority: WorkPriority = Field(default=WorkPriority.NORMAL, sa_type=worded(WorkPriority))
    due_on: date | None = None
    assignee: Whose = Field(default="", max_length=200)
    alert_id: UUID | None = None
    inspection_id: UUID | None = None
    note: Why = Field(default="", max_length=4000)
    photos: Photos = Field(default_factory=list, sa_type=Json)

    def cause_named(self) -> WorkCause:
        """Tell by what it names why it is opened."""
        if self.alert_id is not None:
            return WorkCause.ALERT
        return WorkCause.PERSON if self.inspection_id is None else WorkCause.FAILED_ITEM


class WorkPlan(SQLModel):
    """Who does it by when, or that it has begun; a field left out stays as it was."""

    model_config = {"extra": "forbid"}

    state: WorkState = WorkState.PLANNED
    assignee: Whose | None = None
    due_on: date | None = None
    priority: WorkPriority | None = None
    note: Why = ""

    @model_validator(mode="after")
    def is_a_plan(self) -> "WorkPlan":
        """Refuse a state that is reached in another way."""
        if self.state not in {WorkState.PLANNED, WorkState.IN_PROGRESS}:
            raise ValueError("a plan leaves the order planned or in_progress; it is completed or cancelled by itself")
        return self


class PartUsed(SQLModel):
    """A part that was built in; `code` is that of the bill of materials, or the supplier's own."""

    model_config = {"extra": "forbid"}

    code: Label = Field(min_length=1, max_length=60)
    quantity: int = Field(default=1, ge=1, le=10_000)
    cost: Annotated[Decimal, Limits(ge=0, max_digits=18, decimal_places=6)] | None = None
    """Of one."""


class WorkFinding(StrEnum):
    """What whoever did the work found of the reason for it."""

    CONFIRMED = "confirmed"
    """It was so."""
    NOTHING_FOUND = "nothing_found"
    """It was not so: nothing was wrong, and nothing was renewed."""


class WorkDone(SQLModel):
    """What was done. `repaired` names the components that stand better now and `grade` how well they stand.

    Without `repaired`, repair, refurbishment and remanufacture have renewed the order's own component; other kinds of
    work nothing. `cost` is in `currency` and is all of it, labour and parts. `finding` is what an alert behind the
    order was worth; left out, what was renewed or took parts confirms it, and of the rest nothing is known.
    Where the order has a plan, minutes, parts and cost come from its steps if they are left out.
    """

    model_config = {"extra": "forbid"}

    done_at: AwareDatetime
    repaired: Annotated[list[Component], Limits(max_length=100)] | None = None
    grade: Grade = "A"
    minutes: Annotated[float, Limits(ge=0, le=1_000_000, allow_inf_nan=False)] | None = None
    parts: Annotated[list[PartUsed], Limits(max_length=200)] = []
    cost: Annotated[Decimal, Limits(ge=0, max_digits=18, decimal_places=6)] | None = None
    currency: Annotated[str, StringConstraints(pattern="^[A-Z]{3}$")] = "EUR"
    note: Why = ""
    photos: Photos = []
    finding: WorkFinding | None = None
    test: PerformanceTest | None = None
    """After remanufacture: what makes the thing as new."""
    next_serial: Annotated[Label, StringConstraints(min_length=1, max_length=80)] | None = None
    """After remanufacture: the number on the plate of its next life; made of the old one if left out."""

    @model_validator(mode="after")
    def is_whole(self) -> "WorkDone":
        """Refuse a renewal where nothing was wrong."""
        if self.finding is WorkFinding.NOTHING_FOUND and (self.repaired or self.parts):
            raise ValueError("where nothing was found, nothing is `repaired` and no `parts` are used")
        return self


class WorkCancelled(SQLModel):
    """Why an order is not done after all."""

    model_config = {"extra": "forbid"}

    reason: Annotated[Line, StringConstraints(min_length=1, max_length=400)]


class FailedItem(SQLModel):
    """What an inspection found wrong with one component: what was seen, and the limit it was held against."""

    asset_id: UUID
    inspection_id: UUID
    component: str
    found: str
    limit: str
    seen_at: AwareDatetime
    by_anybody: bool = False
    """Reported by somebody who was not asked to look, such as through the QR page."""
    photos: list[str] = []


def refuse_step(state: WorkState, to: WorkState) -> None:
    """Hold a step against what may follow.

    Raises WorkStepNotAllowed.
    """
    if to not in STEPS[state]:
        sentence = f"the work order is {state.value} and cannot become {to.value}; open a new one"
        raise WorkStepNotAllowed(sentence, field="state")


def renewed(order: NewWork, done: WorkDone) -> list[str]:
    """Give the components that stand better after the work, each once, in their order.

    >>> from datetime import UTC, datetime
    >>> order = NewWork(id=UUID(int=1), asset_id=UUID(int=2), kind=WorkKind.REPAIR, component="lens")
    >>> renewed(order, WorkDone(done_at=datetime(2026, 1, 1, tzinfo=UTC)))
    ['lens']
    """
    if done.finding is WorkFinding.NOTHING_FOUND:
        return []
    if done.repaired is not None:
        return list(dict.fromkeys(done.repaired))
    return [order.component] if order.kind in RENEWS else []


def found(order: NewWork, done: WorkDone) -> WorkFinding | None:
    """Tell what the work says of the reason for it; None where it says nothing.

    >>> from datetime import UTC, datetime
    >>> order = NewWork(id=UUID(int=1), asset_id=UUID(int=2), kind=WorkKind.INSPECT)
    >>> found(order, WorkDone(done_at=datetime(2026, 1, 1, tzinfo=UTC))) is None
    True
    """
    has_mended = bool(renewed(order, done) or done.parts)
    return done.finding or (WorkFinding.CONFIRMED if has_mended else None)
