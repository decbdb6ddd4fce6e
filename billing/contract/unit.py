"""Which UN/ECE code (Recommendation 20) an invoice names a unit by."""

from telemetry.refusal import Refusal
from telemetry.unit import names

MONTH = "MON"
WEEK = "WEE"
DAY = "DAY"
PIECE = "C62"
PERIODS = {1: MONTH, 3: "QAN", 6: "SAN", 12: "ANN"}
"""By its months: a month, a quarter, half a year, a year."""

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
    "millimeter": "MMT",
    "centimeter": "CMT",
    "meter": "MTR",
    "kilometer": "KMT",
    "mile": "SMI",
    "gram": "GRM",
    "kilogram": "KGM",
    "metric_ton": "TNE",
    "liter": "LTR",
    "lux * hour": "B63",
    "meter ** 3": "MTQ",
    "piece": "C62",
    "dimensionless": "C62",
}
"""Unit of a meter, as pint names it, to its code; things that are merely counted are C62, "one"."""


class NoUnitCode(Refusal):
    """The unit has no code by which an invoice could name it."""


def unit_code(unit: str) -> str:
    """Give the code of a meter's unit. Raises NoUnitCode.

    >>> unit_code("kWh"), unit_code("count")
    ('KWH', 'C62')
    """
    code = CODES.get(names().get(unit, ""))
    if code is None:
        raise NoUnitCode(f"no invoice can name the unit {unit[:40]!r}; bill by hour, kWh, km, count and the like")
    return code
