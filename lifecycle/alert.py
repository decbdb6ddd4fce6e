"""An alert says that somebody must be told, once, until it is cleared."""

from enum import StrEnum
from typing import Annotated

from pydantic import AwareDatetime, StringConstraints, model_validator
from sqlmodel import SQLModel

from lifecycle.label import Note


class AlertKind(StrEnum):
    """What sort of thing is the matter; wear is a matter of weeks, misuse and environment of hours."""

    WEAR = "wear"
    MISUSE = "misuse"
    ENVIRONMENT = "environment"
    SENSOR = "sensor"


class AlertState(StrEnum):
    """How far the answer to an alert has come."""

    RAISED = "raised"
    ACKNOWLEDGED = "acknowledged"
    SHELVED = "shelved"
    CLEARED = "cleared"


class AlertVerdict(StrEnum):
    """What a person says to an alert."""

    ACKNOWLEDGED = "acknowledged"
    """We have seen it and act."""
    SHELVED = "shelved"
    """Not now: tell us again after a date."""
    NOT_TRUE = "not_true"
    """It is not so."""


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
        if self.verdict is not AlertVerdict.ACKNOWLEDGED and not self.reason:
            raise ValueError("say why in `reason`")
        return self
