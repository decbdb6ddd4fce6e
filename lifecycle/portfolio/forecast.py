"""A forecast says what a portfolio may net when its service ends, against what is booked, and under other prices."""

from typing import NamedTuple

from pydantic import BaseModel

from lifecycle.portfolio.loss import Spread

RULE = "portfolio/1"
DRAWS = 10_000
SEED = 20_260_101


class Setting(NamedTuple):
    """Prices under which the portfolio is weighed: factors on today's wage and scrap, and a price of CO2 a tonne."""

    name: str
    wage_factor: float = 1.0
    carbon_price: float = 0.0
    material_factor: float = 1.0


BASE = Setting("base")
SETTINGS = (
    Setting("labour_tax_down", wage_factor=0.8),
    Setting("carbon_345", carbon_price=345),
    Setting("material_up", material_factor=1.5),
    Setting("all_three", wage_factor=0.8, carbon_price=345, material_factor=1.5),
)
"""The policy of the field: less tax on labour, more on carbon and materials."""


class GroupForecast(BaseModel):
    """What one group of things may net, in money of `currency`; quantiles are of the group's own total.

    `kind` is portfolio, customer, contract, category or maturity (the year of the last day). They do not add up from
    group to group: the tenth percentile of a whole is more than the sum of those of its parts.
    """

    kind: str
    name: str
    currency: str
    things: int
    mean: float
    p10: float
    p50: float
    p90: float
    booked: float
    value_at_risk: float
    expected_shortfall: float

    @classmethod
    def of(cls, kind: str, name: str, currency: str, things: int, spread: Spread) -> "GroupForecast":
        """Put a spread beside its group, in cents."""
        told = {key: round(value, 2) for key, value in spread._asdict().items()}
        return cls(kind=kind, name=name, currency=currency, things=things, **told)


class SettingForecast(BaseModel):
    """The same portfolio under other prices: how many things then go another route, and what that does to its value."""

    setting: str
    wage_factor: float
    carbon_price: float
    material_factor: float
    currency: str
    mean: float
    change: float
    things_that_flip: int
    flips: dict[str, int]


class Forecast(BaseModel):
    """The whole, with what makes it again: rule, seed and number of draws, spread of the market and its common part."""

    rule: str = RULE
    start: str
    end: str
    known_until: str
    draws: int
    seed: int
    market_spread_per_root_year: float
    common_share: float
    left_out: int
    groups: list[GroupForecast]
    settings: list[SettingForecast]
