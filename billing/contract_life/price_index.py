"""A price index is published month by month; an indexed price shows the figures and the days of their publication."""

from collections.abc import Iterable, Sequence
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from typing import Any, NamedTuple

from sqlmodel import Field, SQLModel

from billing.contract_life.anniversary import months_between, months_on
from billing.contract_life.clause import Indexation, IndexMethod
from billing.proof import plain
from lifecycle.label import Label
from telemetry.columns import ExactDecimal
from telemetry.refusal import Refusal

INDEX_RULE = "indexation/1"
HUNDRED = Fraction(100)
MORE_DIGITS_PER_UNIT = 4
"""A price per unit keeps so many decimals more than a fee."""


class IndexNotPublished(Refusal):
    """A price follows an index whose figure we do not have."""


class IndexFigure(SQLModel):
    """One published figure; a revision is a figure of the same month with a later publication."""

    model_config = {"extra": "forbid"}

    source: Label = Field(min_length=1, max_length=60)
    month: str = Field(max_length=7, schema_extra={"pattern": r"^(19[7-9]\d|20\d\d|21\d\d)-(0[1-9]|1[0-2])$"})
    published_on: date
    value: Decimal = Field(gt=0, max_digits=14, decimal_places=6, sa_type=ExactDecimal)


class Adjustment(NamedTuple):
    """One adjustment: the day, the two figures compared, and by what the price was multiplied since the base."""

    day: date
    before: IndexFigure
    figure: IndexFigure
    level: Fraction
    bounded: bool


class Indexed(NamedTuple):
    """What an indexation does to the prices of a day."""

    terms: Indexation
    last: Adjustment

    @property
    def factor(self) -> Fraction:
        """Give what the agreed price is multiplied by: the share that does not follow the index stays.

        The level is exact; nothing is rounded before the price is.
        """
        share = Fraction(self.terms.share) / HUNDRED
        return 1 - share + share * self.last.level

    def fee(self, agreed: Decimal) -> Decimal:
        """Give an indexed fee."""
        return _rounded(Fraction(agreed) * self.factor, self.terms.digits)

    def unit_price(self, agreed: Decimal) -> Decimal:
        """Give an indexed price per unit."""
        return _rounded(Fraction(agreed) * self.factor, self.terms.digits + MORE_DIGITS_PER_UNIT)

    def evidence(self) -> dict[str, Any]:
        """Give the figures and their publications, as the reason of a line keeps them."""
        before, figure = self.last.before, self.last.figure
        return {
            "source": figure.source,
            "method": self.terms.method.value,
            "base_month": before.month,
            "base_value": str(plain(before.value)),
            "base_published_on": str(before.published_on),
            "month": figure.month,
            "value": str(plain(figure.value)),
            "published_on": str(figure.published_on),
            "since": str(self.last.day),
            "share": str(plain(self.terms.share)),
            "factor": str(_rounded(self.factor, 6)),
            "bounded": self.last.bounded,
        }


def indexed(terms: Indexation, figures: Iterable[IndexFigure], *, since: date, on: date) -> Indexed | None:
    """Give what an indexation agreed from a day does to the prices of another; None before the first adjustment.

    Of several publications of a month the one counts that was the last when the price changed. Raises
    IndexNotPublished.
    """
    days = [months_on(since, months) for months in _due(terms, since, on)]
    if not days:
        return None
    known = [figure for figure in figures if figure.source == terms.source]
    base = _published(known, terms, terms.base_month, days[0])
    done: list[Adjustment] = []
    for day in days:
        done.append(_adjusted(terms, base, done, _published(known, terms, _month(day, terms.lag_months), day), day))
    return Indexed(terms, done[-1])


def _due(terms: Indexation, since: date, on: date) -> range:
    return range(terms.every_months, max(months_between(since, on), 0) + 1, terms.every_months)


def _adjusted(
    terms: Indexation, base: IndexFigure, done: Sequence[Adjustment], figure: IndexFigure, day: date
) -> Adjustment:
    level, last = (done[-1].level, done[-1].figure) if done else (Fraction(1), base)
    before = base if terms.method is IndexMethod.BASE else last
    raw = Fraction(figure.value) / Fraction(before.value) / (level if terms.method is IndexMethod.BASE else 1)
    bounded = raw
    if terms.floor is not None:
        bounded = max(bounded, 1 + Fraction(terms.floor) / HUNDRED)
    if terms.cap is not None:
        bounded = min(bounded, 1 + Fraction(terms.cap) / HUNDRED)
    return Adjustment(day, before, figure, level * bounded, bounded != raw)


def _published(known: Sequence[IndexFigure], terms: Indexation, month: str, day: date) -> IndexFigure:
    """Give the figure of a month that was the last one published when the price changed, or the first since."""
    of_month = sorted((one for one in known if one.month == month), key=lambda one: one.published_on)
    if not of_month:
        sentence = f"the {terms.source} of {month} is needed for the prices from {day} on and not known; import it"
        raise IndexNotPublished(sentence, field="source", source=terms.source, month=month)
    return next((one for one in reversed(of_month) if one.published_on <= day), of_month[0])


def _month(day: date, lag: int) -> str:
    return f"{months_on(day.replace(day=1), -lag):%Y-%m}"


def _rounded(number: Fraction, digits: int) -> Decimal:
    """Round half-up, once."""
    scaled = Decimal((number * 10**digits).numerator) / Decimal((number * 10**digits).denominator)
    return plain(scaled.quantize(Decimal(1), rounding=ROUND_HALF_UP).scaleb(-digits))
