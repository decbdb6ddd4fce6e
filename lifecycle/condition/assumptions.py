"""What we assume of wear where neither product nor measurement says better, each figure with its reason."""

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
    """Name the rule and its version, as it stands on every condition."""
    return str(assumptions()["rule"])


def figure(group: str, name: str) -> float:
    """Give one assumed figure.

    >>> figure("wear_limits", "end")
    20.0
    """
    return float(assumptions()[group][name])
