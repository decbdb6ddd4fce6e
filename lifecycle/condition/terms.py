"""The terms on which a product wears: its components and their weights, its rated life, its end, and what it stands."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from lifecycle.condition.assumptions import figure
from lifecycle.condition.stress import Stress, stresses_of
from lifecycle.condition.wear_parameters import WearParameters, declared
from lifecycle.grade import Floats
from lifecycle.inspection import OVERALL
from lifecycle.product import Product


class Terms(NamedTuple):
    """What is the same for all things of a product; `weights` add up to 1, and figures not declared are NaN."""

    components: tuple[str, ...]
    weights: Floats
    critical: NDArray[np.bool_]
    attention: float
    end: float
    rated_use: float
    rated_years: float
    usage_metric: str | None
    stresses: tuple[Stress, ...]
    parameters: WearParameters

    @property
    def rate(self) -> Floats:
        """Give the points that a rated life takes, by grade."""
        return (100 - self.end) * np.array(self.parameters.pace)


def limit(product: Product, name: str) -> float:
    """Give a product's index limit, `attention` or `end`, or the assumed one where it declares none; 0 to 99."""
    return min(max(float(product.wear_limits.get(name, figure("wear_limits", name))), 0.0), 99.0)


def rated_maximum(product: Product, metric: str) -> float | None:
    """Give the most a product may stand of a metric, None where the maker says nothing."""
    limits = [rating.get("maximum") for rating in product.ratings if rating.get("metric") == metric]
    return None if not limits or limits[0] is None else float(limits[0])


def terms_of(product: Product, parameters: WearParameters | None = None) -> Terms:
    """Read the terms off a product; one without a checklist is one component, the whole."""
    weighed = _weighed(product.checklist)
    weights = np.array(list(weighed.values()), dtype=np.float64)
    weights = weights / weights.sum()
    least = figure("critical", "weight_share") * weights.mean()
    return Terms(
        components=tuple(weighed),
        weights=weights,
        critical=weights >= least - 1e-9,
        attention=limit(product, "attention"),
        end=limit(product, "end"),
        rated_use=np.nan if product.rated_usage is None else product.rated_usage,
        rated_years=product.rated_years,
        usage_metric=product.usage_metric,
        stresses=stresses_of(product),
        parameters=parameters or declared(),
    )


def _weighed(checklist: Sequence[Mapping[str, object]]) -> dict[str, float]:
    """Give the weight of each component; several questions about one weigh together."""
    weighed: dict[str, float] = {}
    for item in checklist:
        name = str(item["component"])
        weighed[name] = weighed.get(name, 0.0) + float(str(item.get("weight", 1.0)))
    return weighed or {OVERALL: 1.0}
