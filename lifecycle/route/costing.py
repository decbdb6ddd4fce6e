"""What every route of a product costs at one grade: by its work plan where there is one, else as assumed."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from lifecycle.product import Product, RouteTerms
from lifecycle.route.economics import Takings, Worth, by_route, take
from lifecycle.route.work_plan import Basis, Bill, costed, steps_of


class Costed(NamedTuple):
    """The terms of a product's routes with the costs that they have at one grade, and on what each rests.

    `parts` is what the parts taken out are worth, where a plan says which; None where all that are declared are sold.
    """

    terms: tuple[RouteTerms, ...]
    basis: Mapping[str, Basis]
    parts: float | None
    wage: float
    currency: str

    def takings(self, worth: Worth) -> list[Takings]:
        """Reckon every route for one thing of the grade."""
        sold = worth if self.parts is None else worth._replace(parts=self.parts)
        return [take(one, sold, wage=self.wage) for one in self.terms]


def cost(product: Product, bill: Bill, *, grade: str, wage: float | None = None) -> Costed:
    """Cost the routes of a product for things of one grade, at its own wage or another.

    Rests on nothing but its arguments: one result serves all things of a product and grade.
    """
    paid = float(product.wage) if wage is None else wage
    planned = [(one, steps_of(one, bill, grade=grade, wage=paid)) for one in by_route(product.routes).values()]
    parts = next((steps.sold_in_parts for _, steps in planned if steps.sold_in_parts is not None), None)
    return Costed(
        tuple(costed(one, steps) for one, steps in planned),
        {one.route: steps.basis for one, steps in planned},
        parts,
        paid,
        product.currency,
    )


def frozen(made: Costed, worth: Worth) -> dict[str, Any]:
    """Give all that a choice rests on, as it is kept with a decision."""
    return {
        "terms": [one.written() for one in made.terms],
        "basis": {route: basis.value for route, basis in made.basis.items()},
        "parts": made.parts,
        "wage": made.wage,
        "currency": made.currency,
        "worth": worth._asdict(),
    }


def thawed(kept: Mapping[str, Any]) -> tuple[Costed, Worth]:
    """Read back what `frozen` gave: the same choice follows from it, whatever the product says by now."""
    terms = tuple(RouteTerms.model_validate(one) for one in kept["terms"])
    basis = {route: Basis(named) for route, named in kept["basis"].items()}
    return Costed(terms, basis, kept["parts"], kept["wage"], kept["currency"]), Worth(**kept["worth"])
