"""What sales of one trade teach of the value of its products: the engine is chosen on sales that were held out."""

from collections.abc import Mapping

from lifecycle.product import Product
from lifecycle.valuation.choice import choose, losses
from lifecycle.valuation.forward import foretell_all, validation_folds
from lifecycle.valuation.interval import Errors, calibrate, interval, one_errors
from lifecycle.valuation.ladder import fit_ladder, rungs
from lifecycle.valuation.lesson import Lesson, figures_of, own_sales, questions, teach, usual_pace
from lifecycle.valuation.measures import measure
from lifecycle.valuation.observed import Observed

LEAST = 5
"""Sales below which nothing is learned: the maker's curve stands, and it is said that it does."""


def learn_lessons(sales: Observed, products: Mapping[str, Product]) -> dict[str, Lesson]:
    """Learn the value of products by the name under which they are sold; nothing where there are too few sales.

    The expert is the maker's declared curve, where there is one: it stands where no engine beats it.
    """
    if len(sales) < LEAST or not products:
        return {}
    declared = {name: product for name, product in products.items() if product.value_curve}
    names = rungs(None, len(sales))
    tried = foretell_all(sales, validation_folds(sales, monthly=True), names, declared=declared)
    errors = {name: one_errors([part.errors[name] for part in tried]) for name in names}
    now = float(sales.told["time"].max())
    chosen = choose(losses(errors, now=now))
    figures = figures_of({name: _measured(some, now) for name, some in errors.items()})
    fitted = fit_ladder(sales, [chosen], tried[0].prior, declared=declared).engines[chosen]
    kind = str(sales.word("price_kind").mode().iloc[0])
    lessons = {}
    for name, product in products.items():
        asked = questions(sales, product, name)
        taught = teach(fitted, calibrate(errors[chosen], now=now), asked, product)
        pace, unit = usual_pace(sales, name)
        lessons[name] = Lesson(
            engine=chosen,
            sales=len(sales),
            own_sales=own_sales(sales, name),
            price_kind=kind,
            use_a_year=None if pace is None else float(f"{pace:.4g}"),
            usage_unit=unit,
            figures=figures,
            **taught._asdict(),
        )
    return lessons


def _measured(errors: Errors, now: float) -> dict[str, float]:
    return measure(interval(calibrate(errors, now=now), errors.told, errors.ahead), errors.goal)
