"""A verdict is a person's decision on the route of a thing: it holds until lifted, done, or its ground is gone."""

from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID

from sqlmodel import Field, SQLModel

from lifecycle.label import Line, Note
from lifecycle.reason import Reason
from lifecycle.route.assumptions import rule
from lifecycle.route.choice import Choice, RouteOption
from telemetry.refusal import Refusal


class RouteNotOpen(Refusal):
    """The route is barred to the thing, or its product does not name it."""


class OverrideWithoutReason(Refusal):
    """Another route was decided than the one that nets most, and nobody said why."""


class VerdictKind(StrEnum):
    """What was said of the route."""

    DECIDED = "decided"
    LIFTED = "lifted"
    """Somebody took the decision back."""
    LAPSED = "lapsed"
    """Its ground is gone: the grade is another, or a gate bars the route."""
    DONE = "done"
    """The work that it asked for is done."""


class NewVerdict(SQLModel):
    """Which route a thing shall go; the one that nets most if left out. Another one needs its reason in `why`."""

    model_config = {"extra": "forbid"}

    id: UUID
    route: Line | None = Field(default=None, max_length=20)
    why: Note = Field(default="", max_length=2000)


class VerdictLifted(SQLModel):
    """Why a decision is taken back."""

    model_config = {"extra": "forbid"}

    why: Note = Field(min_length=1, max_length=2000)


class Standing(NamedTuple):
    """A decision that stands: what was decided, when, why, and the grade on which it rests."""

    id: UUID
    route: str
    grade: str
    decided_at: datetime
    is_override: bool
    why: str


def settled(choice: Choice, verdict: NewVerdict) -> RouteOption:
    """Give the option that a verdict takes.

    Raises RouteNotOpen and OverrideWithoutReason.
    """
    wanted = verdict.route or choice.route
    found = next((one for one in choice.options if one.route == wanted), None)
    if found is None or not found.feasible:
        open_ones = ", ".join(one.route for one in choice.options if one.feasible)
        raise RouteNotOpen(f"the route {wanted} is not open to this thing; open are {open_ones}", field="route")
    if wanted != choice.route and not verdict.why:
        sentence = f"{choice.route} nets most; say in `why` for which reason it shall be {wanted}"
        raise OverrideWithoutReason(sentence, field="why")
    return found


def lapse(standing: Standing, choice: Choice, *, grade: str) -> Reason | None:
    """Say why a decision no longer holds; None while it does."""
    option = next((one for one in choice.options if one.route == standing.route), None)
    said = {"route": standing.route, "on": str(standing.decided_at.date())}
    if grade != standing.grade:
        graded = said | {"grade_then": standing.grade, "grade": grade}
        return Reason(code="route.decision_lapsed_by_grade", rule=rule(), inputs=graded)
    if option is None or not option.feasible:
        return Reason(code="route.decision_lapsed_by_gate", rule=rule(), inputs=said)
    return None


def uphold(choice: Choice, standing: Standing) -> Choice:
    """Give the route that was decided in the place of the one that nets most, and say so."""
    option = next(one for one in choice.options if one.route == standing.route)
    said = {"route": standing.route, "on": str(standing.decided_at.date()), "why": standing.why}
    if standing.route == choice.route:
        decided = Reason(code="route.decided", rule=rule(), inputs=said)
        return choice._replace(reasons=[*choice.reasons, decided])
    net = option.net_value or Decimal(0)
    forgone = {"route": choice.route, "lead": float(choice.net_value - net), "currency": choice.currency}
    reasons = [
        Reason(code="route.decided_otherwise", rule=rule(), inputs=said, effect=float(net)),
        Reason(code="route.would_net_more", rule=rule(), inputs=forgone),
    ]
    return choice._replace(route=standing.route, net_value=net, reasons=reasons)
