"""A frozen thing as the rules of value and route take it."""

from collections.abc import Mapping
from datetime import date
from typing import NamedTuple
from uuid import UUID

from billing.finance_report.frozen import FrozenThing, Inputs
from lifecycle.asset import Asset
from lifecycle.condition.terms import limit
from lifecycle.grade import grades_of
from lifecycle.material import Material
from lifecycle.product import Part, Product
from lifecycle.valuation.lesson import Lesson
from lifecycle.valuation.use import Use
from lifecycle.valuation.value import DAYS_A_YEAR, Valued


class KnownProduct(NamedTuple):
    """A product, its bill of materials, what sales taught of it and how many were seen."""

    product: Product
    bill: list[tuple[Part, Material]]
    lesson: Lesson | None
    sales: int


class KnownThing(NamedTuple):
    """A frozen thing with its product."""

    frozen: FrozenThing
    known: KnownProduct

    @property
    def id(self) -> UUID:
        """Give the asset's id."""
        return self.frozen.asset_id

    @property
    def currency(self) -> str:
        """Give the currency of its values."""
        return self.known.product.currency

    @property
    def born(self) -> date | None:
        """Give the day from which it ages."""
        return self.frozen.made_on or self.frozen.in_service_on

    def index_on(self, day: date, *, use: float = 1.0) -> float | None:
        """Give its index on a day, wearing on at the pace it foretells, or faster by a factor of use."""
        condition, product = self.frozen.condition, self.known.product
        if condition is None:
            return None
        days = max((day - condition.assessed_on).days, 0)
        end, left = limit(product, "end"), condition.remaining_days_p50
        a_day = (condition.index_p50 - end) / left if left else (100 - end) / (product.rated_years * DAYS_A_YEAR)
        return min(max(condition.index_p50 - a_day * use * days, 0.0), condition.index_p50)

    def valued(self, grade: str | None, *, use: float = 1.0, learned: bool = True) -> Valued:
        """Give what the rules of value take; without sales and opinions, where only the maker's curve is asked."""
        known, frozen = self.known, self.frozen
        asset = Asset.model_construct(
            serial=frozen.serial,
            public_id=frozen.public_id,
            product_id=frozen.product_id,
            made_on=frozen.made_on,
            in_service_on=frozen.in_service_on,
        )
        lesson = known.lesson if learned else None
        return Valued(
            asset_id=self.id,
            asset=asset,
            product_id=frozen.product_id,
            product=known.product,
            grade=grade,
            route=None,
            sales=known.sales,
            lesson=lesson,
            use=self.use(use),
            heard=frozen.heard if learned else (),
        )

    def grade_on(self, day: date) -> str | None:
        """Give its likeliest grade on a day; None where nobody assessed it."""
        index = self.index_on(day)
        return None if index is None else grades_of([index])[0]

    def use(self, factor: float) -> Use | None:
        """Give what its meter had read, or more or less by a factor."""
        condition = self.frozen.condition
        if condition is None or condition.usage is None:
            return None
        return Use(condition.usage * factor, condition.assessed_on)


def known_things(inputs: Inputs) -> list[KnownThing]:
    """Read the frozen things, by id."""
    products: Mapping[UUID, KnownProduct] = {
        one.id: KnownProduct(
            Product.model_validate(one.terms),
            [(Part.model_validate(part), Material.model_validate(material)) for part, material in one.parts],
            None if one.lesson is None else Lesson.model_validate(one.lesson),
            one.sales,
        )
        for one in inputs.products
    }
    return [KnownThing(one, products[one.product_id]) for one in sorted(inputs.things, key=lambda one: one.asset_id)]
