"""What a route nets: its price if it comes out well, less labour, parts, transport, warranty and testing."""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from math import exp
from typing import NamedTuple

from lifecycle.grade import is_worse
from lifecycle.material import Material
from lifecycle.product import Part, RouteTerms
from lifecycle.route.assumptions import assumptions, takes

_KILOS = 1000
_DAYS_OF_A_YEAR = 365.25


class Worth(NamedTuple):
    """What one thing can be sold as: whole at grade A, by the factor of its grade, in parts, as scrap.

    None where it cannot be told: no value known, or scrap priced in another currency.
    """

    grade: str
    at_grade_a: float | None
    grade_factor: float
    parts: float
    scrap: float | None


class Takings(NamedTuple):
    """One route in figures, or the code of what bars it.

    `net = income - labour - parts - logistics - warranty - testing`; `carbon` is the CO2e that it is expected to save,
    in kg, less what it takes itself.
    """

    route: str
    income: float = 0.0
    labour: float = 0.0
    parts: float = 0.0
    logistics: float = 0.0
    warranty: float = 0.0
    hours: float = 0.0
    barred: str | None = None
    testing: float = 0.0
    carbon: float = 0.0

    @property
    def net(self) -> float:
        """Give what is left."""
        return self.income - self.labour - self.parts - self.logistics - self.warranty - self.testing

    def net_at(self, carbon_price: float) -> float:
        """Give what is left where a tonne of CO2e has a price."""
        return self.net + carbon_price * self.carbon / _KILOS


def take(terms: RouteTerms, worth: Worth, *, wage: float) -> Takings:
    """Reckon one route for one thing; a gate or a missing price bars it, at whatever price."""
    income = _income(terms, worth)
    barred = _barred(terms, worth, income)
    if barred is not None or income is None:
        return Takings(terms.route, barred=barred)
    return Takings(
        route=terms.route,
        income=income,
        labour=wage * terms.labour_minutes / 60,
        parts=float(terms.parts_cost),
        logistics=float(terms.logistics_cost),
        warranty=float(terms.warranty_cost),
        hours=terms.labour_minutes / 60,
        testing=float(terms.test_cost),
        carbon=terms.yield_fraction * terms.carbon_saved - terms.carbon_process,
    )


def break_even_wage(one: Takings, rival: Takings, *, wage: float) -> float | None:
    """Give the wage at which a route nets as much as its rival; None where it takes no more labour than that.

    The worked chair of grade C: refurbishing takes 53 minutes and nets -12.05 at 45 an hour, recycling nets -1.6775.

    >>> refurbish = Takings("refurbish", income=27.70, labour=39.75, hours=53 / 60)
    >>> round(break_even_wage(refurbish, Takings("recycle", logistics=1.6775), wage=45), 6)
    33.257547
    """
    more_hours = one.hours - rival.hours
    return None if more_hours <= 0 else wage + (one.net - rival.net) / more_hours


def scrap_worth(lines: Iterable[tuple[Part, Material]], *, currency: str) -> float | None:
    """Add up what is recovered of each material at its price as scrap; None where a price is in another currency."""
    lines = list(lines)
    if any(material.currency != currency for _, material in lines):
        return None
    return sum(
        part.quantity * part.mass * material.recovery_rate * float(material.scrap_price) for part, material in lines
    )


def parts_worth(parts: Iterable[Part]) -> float:
    """Add up the declared values of the parts that can be used again."""
    return float(sum((part.quantity * part.value for part in parts), Decimal(0)))


def _income(terms: RouteTerms, worth: Worth) -> float | None:
    if takes(terms.route, "by_parts"):
        return terms.yield_fraction * worth.parts
    if takes(terms.route, "by_material"):
        return worth.scrap
    if terms.price_fraction == 0:
        return 0.0
    if worth.at_grade_a is None:
        return None
    factor = worth.grade_factor if takes(terms.route, "sold_as_is") else 1.0
    price = terms.price_fraction * worth.at_grade_a * factor * waiting_factor(terms.days)
    return terms.yield_fraction * price + (1 - terms.yield_fraction) * float(terms.salvage)


def waiting_factor(days: float) -> float:
    """Give what a price is worth today that is paid after so many days.

    >>> waiting_factor(0)
    1.0
    """
    return exp(-float(assumptions()["waiting"]["rate_per_year"]) * days / _DAYS_OF_A_YEAR)


def _barred(terms: RouteTerms, worth: Worth, income: float | None) -> str | None:
    if is_worse(worth.grade, terms.worst_grade):
        return "route.barred_by_grade"
    if income is None:
        return "route.barred_without_scrap_price" if takes(terms.route, "by_material") else "route.barred_without_value"
    return None


def by_route(terms: Iterable[Mapping[str, object]]) -> dict[str, RouteTerms]:
    """Read a product's route terms, keyed by route; the first of a name counts."""
    read: dict[str, RouteTerms] = {}
    for one in map(RouteTerms.model_validate, terms):
        read.setdefault(one.route, one)
    return read
