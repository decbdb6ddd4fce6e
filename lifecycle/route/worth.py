"""What one thing can be sold as at a grade: whole, in parts, as scrap."""

from lifecycle.grade import GRADES
from lifecycle.product import Product
from lifecycle.route.economics import Worth
from lifecycle.valuation.lesson import Lesson
from lifecycle.valuation.value import grade_factor


def worth_of(
    product: Product, grade: str, whole: float | None, parts: float, scrap: float | None, *, lesson: Lesson | None
) -> Worth:
    """Split a value that knows no grade into that of the best grade and the share that this grade keeps of it.

    The shares are what sales taught where there is a lesson. None of `whole` or `scrap` cannot be told.
    """
    best, own = (grade_factor(product, one, lesson) for one in (GRADES[0], grade))
    return Worth(grade, None if whole is None else whole * best, own / best if best else 0.0, parts, scrap)
