"""What we assume of routes, each with its reason."""

import json
from functools import cache
from pathlib import Path
from typing import Any, cast


@cache
def assumptions() -> dict[str, Any]:
    """Read the assumptions once; every group says why in words."""
    text = Path(__file__).with_name("assumptions.json").read_text(encoding="utf-8")
    return cast("dict[str, Any]", json.loads(text))


def rule() -> str:
    """Name the rule and its version, as it stands on every decision."""
    return str(assumptions()["rule"])


def takes(route: str, way: str) -> bool:
    """Tell whether a route earns in a certain way.

    >>> takes("reuse", "sold_as_is"), takes("refurbish", "sold_as_is")
    (True, False)
    """
    return route in assumptions()[way]["routes"]
