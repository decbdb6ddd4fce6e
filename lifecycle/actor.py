"""Who did a thing, as it stands in the history for ever."""

from typing import NamedTuple
from uuid import UUID


class Actor(NamedTuple):
    """A person, a program, a device or the system itself, under the name it had then."""

    kind: str
    """`person`, `program`, `device`, `command` or `system`."""
    name: str
    id: UUID | None = None


SYSTEM = Actor(kind="system", name="pas")
