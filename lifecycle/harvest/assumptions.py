"""What we assume of harvesting, each with its reason."""

from pathlib import Path
from typing import Any

from lifecycle.assumed import assumed


def assumptions() -> dict[str, Any]:
    """Give the assumptions by group; every group says why in words."""
    return assumed(Path(__file__).with_suffix(".json"))


def rule() -> str:
    """Name the rule and its version, as it stands on every plan."""
    return str(assumptions()["rule"])
