"""What a line of an invoice is called, in the customer's language, and what a machine may know of it."""

import json
from functools import cache
from importlib.resources import files

from billing.invoice import InvoiceLine


@cache
def words(language: str) -> dict[str, str]:
    """Give the words of an invoice in one language."""
    table = json.loads(files("billing").joinpath("document/words.json").read_text(encoding="utf-8"))
    return {key: by_language[language] for key, by_language in table.items()}


def line_title(line: InvoiceLine, language: str) -> tuple[str, str]:
    """Give what a line is for, and which part of it: its component, its meter and the thing by serial number."""
    say = words(language)
    component = say[line.component.value]
    title = line.text.get(language) or line.name or line.product or component
    meter = f": {say.get(f'meter_{line.meter}', line.meter.replace('_', ' '))}" if line.meter else ""
    serial = f", {say['serial']} {line.serial}" if line.serial else ""
    return title, f"{component}{meter}{serial}"


def line_facts(line: InvoiceLine) -> list[tuple[str, str]]:
    """Give what a machine may know of a line beside its price: the thing, the meter and its readings at both ends."""
    ends = (("opening", line.opening, line.opening_at), ("closing", line.closing, line.closing_at))
    readings = [
        (f"{name} reading", f"{value} ({at.isoformat()})")
        for name, value, at in ends
        if value is not None and at is not None
    ]
    return [("component", line.component.value), ("serial number", line.serial), ("meter", line.meter or ""), *readings]
