"""Figures that we assume stand in a JSON file beside the rule that uses them, each group with its reason in words."""

import json
from functools import cache
from pathlib import Path
from typing import Any, cast


@cache
def assumed(file: Path) -> dict[str, Any]:
    """Read a file of figures, once."""
    return cast("dict[str, Any]", json.loads(file.read_text(encoding="utf-8")))
