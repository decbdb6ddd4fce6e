"""Made-up second-hand sales whose truth is known: makes and models, an even fall by age and use, and honest noise."""

import numpy as np
import pandas as pd

NOISE = 0.15


def sales(count: int, *, seed: int, is_dated: bool = True, noise: float = NOISE, models: int = 12) -> pd.DataFrame:
    """Make sales in the schema of files, as text, with a guide's price that knows the answer."""
    chance = np.random.default_rng(seed)
    model = chance.integers(0, models, count)
    age = chance.uniform(0.5, 9, count)
    usage = 1_200 * age * np.exp(chance.normal(0, 0.4, count))
    grade = chance.integers(1, 6, count)
    sold = pd.Timestamp("2023-01-01") + pd.to_timedelta(chance.integers(0, 1_000, count), unit="D")
    level = 8 + 0.1 * model + 0.3 * (model % 3)
    middle = level - 0.14 * age - 0.2 * np.log(usage / (1_200 * age)) + 0.05 * (grade - 3)
    price = np.exp(middle + chance.normal(0, noise, count))
    frame = pd.DataFrame(
        {
            "sale_id": np.arange(count) + 100_000 * seed,
            "category": np.where(model % 2 == 0, "projector", "luminaire"),
            "make": [f"make {number % 3}" for number in model],
            "model": [f"model {number}" for number in model],
            "made_on": sold.year,
            "sold_on": sold.strftime("%Y-%m-%d") if is_dated else "",
            "age_years": age.round(3),
            "usage": usage.round(1),
            "usage_unit": "h",
            "condition_grade": grade,
            "new_price": "",
            "price": price.round(2),
            "currency": "EUR",
            "price_kind": "auction",
            "seller_kind": "dealer",
            "guide_price": price.round(2),
            "attr_colour": chance.choice(["white", "black"], count),
        }
    )
    return frame.astype(str)
