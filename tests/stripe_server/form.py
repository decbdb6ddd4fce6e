"""Stripe's form encoding: `lines[0][amount]=5` is a list of one object."""

from typing import Any
from urllib.parse import parse_qsl


def read_form(text: str) -> dict[str, Any]:
    """Read a body or a query into nested objects and lists; every value is text."""
    found: dict[str, Any] = {}
    for name, value in parse_qsl(text, keep_blank_values=True):
        steps = name.replace("]", "").split("[")
        place = found
        for step, after in zip(steps, [*steps[1:], None], strict=True):
            if after is None:
                place[step] = value
            else:
                place = place.setdefault(step, {})
    return {key: _lists(value) for key, value in found.items()}


def _lists(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    inner = {key: _lists(part) for key, part in value.items()}
    if "" in inner:
        return [inner[""]]
    if inner and all(key.isdigit() for key in inner):
        return [inner[key] for key in sorted(inner, key=int)]
    return inner
