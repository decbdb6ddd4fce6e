"""What we assume of values where product and market say nothing, each figure with its reason."""

from functools import cache
from pathlib import Path
from typing import Any

from lifecycle.assumed import assumed


@cache
def assumptions() -> dict[str, Any]:
    """Give the assumptions by group; every group says why in words."""
    return assumed(Path(__file__).with_suffix(".json"))


def rule() -> str:
    """Name the rule and its version, as it stands on every value."""
    return str(assumptions()["rule"])


def figure(group: str, name: str) -> float:
    """Give one assumed figure.

    >>> figure("declining_balance", "rate")
    0.2
    """
    return float(assumptions()[group][name])
