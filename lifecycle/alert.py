"""An alert says that somebody must be told, once, until it is cleared."""

from enum import StrEnum


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
