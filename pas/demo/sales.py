"""A synthetic history of used things sold, drawn around the declared curves of each trade: it proves no market."""

import numpy as np
import pandas as pd

from pas.demo.dates import Calendar, days_after
from pas.demo.definitions import products, trades
from pas.demo.draws import stream

SALES_A_TRADE = 150
PRICE_SPREAD, GRADE_EFFECT = 0.22, 0.09
"""Spread of the logarithm of a price, and what one of five points of condition does to it."""


def sales(calendar: Calendar, *, seed: int, per_trade: int = SALES_A_TRADE) -> pd.DataFrame:
    """Draw the sales of all trades."""
    return pd.concat(
        [_of_trade(trade, calendar, stream(seed, f"sales {trade}"), per_trade) for trade in trades()],
        ignore_index=True,
    )


def _of_trade(trade: str, calendar: Calendar, draw: np.random.Generator, rows: int) -> pd.DataFrame:
    known = pd.DataFrame(products())
    ours = known[(known["trade"] == trade) & (known["share"] > 0)]
    product = ours.iloc[draw.integers(0, len(ours), rows)].reset_index(drop=True)
    age = np.round(draw.uniform(0.3, 1.0, rows) * product["rated_years"].to_numpy(dtype=float), 2)
    grade = np.clip(np.round(draw.normal(3.2, 0.9, rows), 1), 0, 5)
    sold = days_after(pd.Series(pd.Timestamp(calendar.today), index=range(rows)), -draw.uniform(5, 900, rows))
    new = product["price_new"].astype(float).to_numpy()
    noise = draw.normal(0, PRICE_SPREAD, rows) + GRADE_EFFECT * (grade - 3)
    price = new * declared_fraction(trade, age) * trades()[trade]["sale_bias"] * np.exp(noise)
    usage = age * draw.uniform(0.7, 1.2, rows) * product["rated_usage"].astype(float) / product["rated_years"]
    return pd.DataFrame(
        {
            "sale_id": [f"{trade[:3].upper()}-{number:04d}" for number in range(1, rows + 1)],
            "category": trade,
            "make": trades()[trade]["maker"],
            "model": product["code"],
            "made_on": (sold - pd.to_timedelta(np.rint(age * 365.25), unit="D")).dt.strftime("%Y-%m"),
            "sold_on": sold,
            "age_years": age,
            "usage": usage.round(0),
            "usage_unit": product["usage_metric"].where(usage.notna(), ""),
            "condition_grade": grade,
            "new_price": np.round(new, 2),
            "price": np.round(np.maximum(price, 1.0), 2),
            "currency": "EUR",
            "price_kind": draw.choice(["auction", "trade-in", "asking"], size=rows, p=[0.5, 0.2, 0.3]),
            "seller_kind": "synthetic",
        }
    )


def declared_fraction(trade: str, age: np.ndarray) -> np.ndarray:
    """Give the declared median value at an age as a fraction of the price new, straight between points in log."""
    curve = trades()[trade]["value_curve"]
    ages = [point["age_years"] for point in curve]
    return np.asarray(np.exp(np.interp(age, ages, np.log([point["p50"] for point in curve]))))
