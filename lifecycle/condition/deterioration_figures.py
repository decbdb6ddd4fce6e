"""What the engines of deterioration take as given, each figure with its reason."""

from pathlib import Path

from lifecycle.assumed import assumed


def figure(group: str, name: str) -> float:
    """Give one figure.

    >>> figure("moves", "points")
    3.0
    """
    return float(assumed(Path(__file__).with_suffix(".json"))[group][name])


def rule() -> str:
    """Name the rule and its version."""
    return str(assumed(Path(__file__).with_suffix(".json"))["rule"])
