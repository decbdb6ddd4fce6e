"""Which UN/ECE code (Recommendation 20) an invoice names a unit by."""

from telemetry.refusal import Refusal

MONTH = "MON"
DAY = "DAY"

CODES: dict[str, str] = {
    "second": "SEC",
    "minute": "MIN",
    "hour": "HUR",
    "day": "DAY",
    "watt_hour": "WHR",
    "kilowatt_hour": "KWH",
    "megawatt_hour": "MWH",
    "joule": "JOU",
    "kilojoule": "KJO",
    "megajoule": "3B",
    "gigajoule": "GV",
    "meter": "MTR",
    "kilometer": "KMT",
    "mile": "SMI",
    "gram": "GRM",
    "kilogram": "KGM",
    "metric_ton": "TNE",
    "tonne": "TNE",
    "liter": "LTR",
    "meter ** 3": "MTQ",
    "meter**3": "MTQ",
    "count": "C62",
    "cycle": "C62",
    "cycles": "C62",
    "dimensionless": "C62",
    "": "C62",
}
"""Canonical unit of a counter (as pint names it) to its code; things that are merely counted are C62, "one"."""


class NoUnitCode(Refusal):
    """The unit has no code by which an invoice could name it."""


def unit_code(unit: str) -> str:
    """Give the code of a canonical unit. Raises NoUnitCode.

    >>> unit_code("kilowatt_hour")
    'KWH'
    """
    if unit not in CODES:
        raise NoUnitCode(f"no invoice can name the unit {unit[:40]!r}; bill by one of {', '.join(filter(None, CODES))}")
    return CODES[unit]
