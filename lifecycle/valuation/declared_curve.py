"""The maker's own curves as an engine, to be held against what was paid; for the others one drawn from sales."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from lifecycle.grade import Floats
from lifecycle.product import Product
from lifecycle.valuation.curve import TENTH, read
from lifecycle.valuation.expert_curve import ExpertCurve
from lifecycle.valuation.observed import Observed
from lifecycle.valuation.told import Told
from lifecycle.valuation.value import grade_factor

_GRADES = "EEDCBA"
"""The letter of each observed grade, 0 to 5."""


class DeclaredCurves(NamedTuple):
    """Products with a curve, by the name under which they are sold; `drawn` serves all others."""

    drawn: ExpertCurve
    products: Mapping[str, Product]

    @property
    def age(self) -> float:
        """Give the age that is assumed where it is unknown."""
        return self.drawn.age

    def ask(self, sales: Observed) -> Told:
        """Tell the value as the product declares it."""
        told = self.drawn.ask(sales)
        middle, spread = told.middle.copy(), told.spread.copy()
        names = sales.word("product").to_numpy()
        ages = np.nan_to_num(sales.figure("age"), nan=self.age)
        for name in dict.fromkeys(names.tolist()):
            if name in self.products:
                rows = names == name
                middle[rows], spread[rows] = _declared(self.products[name], ages[rows], sales.figure("grade")[rows])
        return Told(middle, spread)

    def use_of(self, sales: Observed) -> tuple[Floats, Floats]:
        """Give age and relative use of each thing."""
        return self.drawn.use_of(sales)


def with_curve(products: Mapping[str, Product]) -> dict[str, Product]:
    """Give those that declare a curve."""
    return {name: product for name, product in products.items() if product.value_curve}


def _declared(product: Product, ages: Floats, grades: Floats) -> tuple[Floats, Floats]:
    nothing = np.zeros(len(ages))
    shares = read(product.value_curve, ages=ages, spread_years=nothing, extra_spread=nothing)
    spread = np.maximum(np.log(shares.p90 / shares.p10) / (2 * TENTH), 0.05)
    return np.log(shares.p50 * float(product.price_new) * _factors(product, grades)), spread


def _factors(product: Product, grades: Sequence[float] | Floats) -> Floats:
    return np.array(
        [1.0 if np.isnan(grade) else max(grade_factor(product, _GRADES[round(grade)]), 1e-4) for grade in grades]
    )
