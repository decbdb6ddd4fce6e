"""The limits by which inspections are taken in, each with its reason, from a file."""

from pathlib import Path

from lifecycle.assumed import assumed


def limit(group: str, name: str) -> float:
    """Give one limit.

    >>> limit("photo", "side")
    2048.0
    """
    return float(assumed(Path(__file__).with_suffix(".json"))[group][name])
