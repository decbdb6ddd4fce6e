"""A stress is one thing changed at a time: what the same things would then net."""

from typing import NamedTuple

from billing.finance_report.assumptions import Premise, figure, price_factor


class Stress(NamedTuple):
    """Factors on prices, on use (past and to come) and on wages; grades fallen; a price of CO2 a tonne."""

    name: str
    price: float = 1.0
    use: float = 1.0
    wage: float = 1.0
    grades_down: int = 0
    carbon_price: float = 0.0


AS_IS = Stress("as_is")


def premises() -> list[Stress]:
    """Give every premise as a stress on prices."""
    return [Stress(one.value, price=price_factor(one)) for one in Premise]


def sensitivities() -> list[Stress]:
    """Give the stresses of the report: market, use, grade, wage, price of CO2."""
    index, use, wage = (figure("sensitivity", name) for name in ("index", "use", "wage"))
    return [
        Stress("index_up", price=1 + index),
        Stress("index_down", price=1 - index),
        Stress("use_up", use=1 + use),
        Stress("use_down", use=1 - use),
        Stress("grade_down", grades_down=1),
        Stress("wage_up", wage=1 + wage),
        Stress("wage_down", wage=1 - wage),
        Stress("carbon_price", carbon_price=figure("sensitivity", "carbon_price")),
    ]
