"""What we assume of routes, each with its reason."""

from pathlib import Path
from typing import Any

from lifecycle.assumed import assumed

_FILE = Path(__file__).with_suffix(".json")


def assumptions() -> dict[str, Any]:
    """Give the assumptions by group; every group says why in words."""
    return assumed(_FILE)


def rule() -> str:
    """Name the rule and its version, as it stands on every decision."""
    return str(assumptions()["rule"])


def takes(route: str, way: str) -> bool:
    """Tell whether a route earns in a certain way.

    >>> takes("reuse", "sold_as_is"), takes("refurbish", "sold_as_is")
    (True, False)
    """
    return route in assumptions()[way]["routes"]


def rung(route: str) -> str | None:
    """Name the rung of the R-ladder (R0 to R9) that a route stands on; None for what stands outside it.

    >>> rung("refurbish"), rung("dispose")
    ('R5', None)
    """
    names: dict[str, str] = assumptions()["ladder"]["names"]
    return names.get(route)
