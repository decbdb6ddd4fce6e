"""An alert says that somebody must be told, once, until it is cleared."""

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any
from uuid import UUID

from pydantic import AwareDatetime, StringConstraints, model_validator
from sqlmodel import Field, SQLModel

from lifecycle.label import Note
from telemetry.columns import ExactDecimal, Json, UtcDateTime, worded


class AlertKind(StrEnum):
    """What sort of thing is the matter; wear is a matter of weeks, misuse and environment of hours."""

    WEAR = "wear"
    MISUSE = "misuse"
    ENVIRONMENT = "environment"
    SENSOR = "sensor"
    """What measures fell silent, is stuck or says what cannot be: a matter of the operator, never of a customer."""
    UNKNOWN_PATTERN = "unknown_pattern"
    """It wears in a way that we do not know, so nothing is foretold and somebody should look."""
    UNEXPLAINED = "unexplained"
    """It stands far better or far worse than foretold: a repair nobody logged, or damage nobody told of."""


OF_HOLDERS = (AlertKind.WEAR, AlertKind.MISUSE, AlertKind.ENVIRONMENT)
"""What concerns whoever holds the thing; the rest is the operator's own matter."""


class AlertState(StrEnum):
    """How far the answer to an alert has come."""

    RAISED = "raised"
    ACKNOWLEDGED = "acknowledged"
    SHELVED = "shelved"
    CLEARED = "cleared"


class AlertPriority(StrEnum):
    """How soon somebody must answer; what is urgent is told whatever the hour and however much was told before."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    URGENT = "urgent"


class AlertVerdict(StrEnum):
    """What a person says to an alert."""

    ACKNOWLEDGED = "acknowledged"
    """We have seen it and act."""
    PLANNED = "planned"
    """It is so, and what should be done is planned."""
    DONE = "done"
    """It is so, and what should be done is done."""
    SHELVED = "shelved"
    """Not now: tell us again after a date."""
    NOT_TRUE = "not_true"
    """It is not so."""


NEEDS_REASON = frozenset({AlertVerdict.SHELVED, AlertVerdict.NOT_TRUE})


class Alert(SQLModel):
    """What is the matter with an asset, since when, by which evidence, and who should do what about it by when."""

    asset_id: UUID
    kind: AlertKind = Field(sa_type=worded(AlertKind))
    failure_mode: str = Field(max_length=60)
    state: AlertState = Field(default=AlertState.RAISED, sa_type=worded(AlertState))
    priority: AlertPriority = Field(default=AlertPriority.MEDIUM, sa_type=worded(AlertPriority))
    began_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    """Since when it is so, by the readings' own clock; None where only the day of finding is known."""
    raised_at: datetime = Field(sa_type=UtcDateTime)
    updated_at: datetime = Field(sa_type=UtcDateTime)
    cleared_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    answered_by: str = Field(default="", max_length=200)
    answer: str = ""
    shelved_until: datetime | None = Field(default=None, sa_type=UtcDateTime)
    action: str = Field(max_length=60)
    owner: str = Field(default="", max_length=20)
    """Who should act: a role of the operator's, or the customer."""
    due_on: date | None = None
    days_p10: float | None = None
    days_p50: float | None = None
    days_p90: float | None = None
    """Days of life left when it was last renewed."""
    cost: Decimal | None = Field(default=None, sa_type=ExactDecimal)
    """What ignoring it costs, as the last reason says; None where no figure can be vouched for."""
    currency: str = Field(default="", max_length=3)
    cause: str = Field(default="", max_length=200)
    """What it has in common with alerts that are told together with it, such as a room."""
    shadow: bool = False
    """Raised and counted, but told to nobody: its rule has not proved itself on such things yet."""
    reasons: list[dict[str, Any]] = Field(sa_type=Json)
    rule: str = Field(max_length=40)


class AlertAnswer(SQLModel):
    """An answer to an alert: `until` belongs to shelving and to nothing else; `reason` says why in words."""

    model_config = {"extra": "forbid"}

    verdict: AlertVerdict
    reason: Annotated[Note, StringConstraints(max_length=2000)] = ""
    until: AwareDatetime | None = None

    @model_validator(mode="after")
    def is_whole(self) -> "AlertAnswer":
        """Refuse a shelving without a date, a date without shelving, and a silent no."""
        if (self.verdict is AlertVerdict.SHELVED) != (self.until is not None):
            raise ValueError("`until` is given when an alert is shelved, and only then")
        if self.verdict in NEEDS_REASON and not self.reason:
            raise ValueError("say why in `reason`")
        return self
