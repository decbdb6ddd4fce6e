"""What we assume of wear where neither product nor measurement says better, each figure with its reason."""

from pathlib import Path
from typing import Any

from lifecycle.assumed import assumed

_FILE = Path(__file__).with_suffix(".json")


def assumptions() -> dict[str, Any]:
    """Give the assumptions by group; every group says why in words."""
    return assumed(_FILE)


def rule() -> str:
    """Name the rule and its version, as it stands on every condition."""
    return str(assumptions()["rule"])


def figure(group: str, name: str) -> float:
    """Give one assumed figure.

    >>> figure("wear_limits", "end")
    20.0
    """
    return float(assumptions()[group][name])
