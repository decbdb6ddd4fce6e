"""A body that is no batch of readings at all, in whatever form it came; it is refused whole."""

from telemetry.refusal import Refusal

_LONGEST = 300


class UnreadableBatch(Refusal):
    """The body is no batch of readings."""


def unreadable(what: str, *, field: str = "body") -> UnreadableBatch:
    """Make the refusal of a body; what was sent may be endless, so it is cut, and half characters are replaced."""
    sound = what.encode("utf-8", "replace").decode()
    return UnreadableBatch(sound if len(sound) <= _LONGEST else sound[:_LONGEST] + "...", field=field)
