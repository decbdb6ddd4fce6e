"""An offer is a contract that nobody has signed yet, with the use that its customer may make of the things."""

from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Annotated
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, model_validator
from sqlmodel import Field

from billing.contract.contract import (
    ContractTerms,
    LineTerms,
    NewContract,
    NewContractLine,
    WrongTerms,
    check_terms,
)
from billing.period import FIRST_DAY, LAST_DAY, Period, local_day, months_later
from billing.proof import plain, to_thousandths
from lifecycle.label import Name

NOBODY = UUID(int=0)
NAME = "the offer"

Quantity = Annotated[Decimal, Field(ge=0, max_digits=12, decimal_places=3)]


class AssumedUse(BaseModel):
    """So much use on a local day, or at a moment, which lies on a day of the offer's zone."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    on: date | None = None
    at: AwareDatetime | None = None
    quantity: Quantity

    @model_validator(mode="after")
    def _says_when(self) -> "AssumedUse":
        if (self.on is None) == (self.at is None):
            raise ValueError("use lies either on a day (on) or at a moment (at)")
        return self

    def day(self, zone: str) -> date:
        """Give the day on which it lies. Raises WrongTerms."""
        return _day(self.on, self.at, zone, "lines.use.at")


class OfferedLine(LineTerms):
    """What one thing would cost; `use` and `monthly_use` add up."""

    name: Name = Field(min_length=1, max_length=200)
    starts_on: date | None = None  # type: ignore[assignment]  # a signed line must say it
    """The offer's first day where left out."""
    unit: str = Field(default="hour", max_length=40)
    """Of the meter."""
    monthly_use: Quantity = Decimal(0)
    """In each whole calendar month; in a part of one by its days."""
    use: list[AssumedUse] = Field(default=[], max_length=1_000)

    def used(self, days: Period, zone: str) -> Decimal:
        """Give the use that is assumed for some days. Raises WrongTerms."""
        named = sum((one.quantity for one in self.use if days.start <= one.day(zone) < days.end), Decimal(0))
        return plain(named + self._of_months(days))

    def _of_months(self, days: Period) -> Decimal:
        months = months_of(days) if self.monthly_use else []
        parts = [(month, month.meet(days.start, days.end)) for month in months]
        whole = Fraction(sum(Fraction(part.days, month.days) for month, part in parts if part))
        return to_thousandths(Fraction(self.monthly_use) * whole)


class Offer(ContractTerms):
    """What would be agreed, and for how many months it is worked out; it begins on a day or at a moment in its zone."""

    starts_on: date | None = None  # type: ignore[assignment]  # a signed contract must say it
    starts_at: AwareDatetime | None = None
    """The moment at which the things are handed over: its day in the zone is the first that counts."""
    first_month: str | None = Field(default=None, max_length=7)
    """The first month that is worked out, such as 2026-10; that of the first day where left out."""
    months: int = Field(default=12, ge=1, le=36)
    lines: list[OfferedLine] = Field(min_length=1, max_length=100)

    @model_validator(mode="after")
    def _says_when(self) -> "Offer":
        if (self.starts_on is None) == (self.starts_at is None):
            raise ValueError("an offer begins either on a day (starts_on) or at a moment (starts_at)")
        return self

    @property
    def first_day(self) -> date:
        """Give the day on which it begins. Raises WrongTerms and UnknownZone."""
        return _day(self.starts_on, self.starts_at, self.zone, "starts_at")

    def as_contract(self) -> NewContract:
        """Give what would be signed, each line of a thing that does not matter; checked as signing checks it.

        Raises WrongTerms and UnknownZone.
        """
        first = self.first_day
        terms = self.model_dump(include=set(ContractTerms.model_fields))
        lines = [
            NewContractLine.model_validate(
                line.model_dump(include=set(LineTerms.model_fields))
                | {"id": UUID(int=place), "asset_id": UUID(int=place), "starts_on": line.starts_on or first}
            )
            for place, line in enumerate(self.lines, start=1)
        ]
        contract = NewContract.model_validate(
            terms | {"code": NAME, "customer_id": NOBODY, "starts_on": first, "lines": lines}
        )
        check_terms(contract)
        return contract


def months_of(days: Period) -> list[Period]:
    """Give the calendar months that share a day with some days.

    >>> [str(month.start) for month in months_of(Period(date(2026, 1, 31), date(2026, 2, 2)))]
    ['2026-01-01', '2026-02-01']
    """
    found, start = list[Period](), days.start.replace(day=1)
    while start < days.end:
        found.append(Period(start, months_later(start, 1)))
        start = found[-1].end
    return found


def _day(day: date | None, moment: datetime | None, zone: str, field: str) -> date:
    """Give a day, or the local day of a moment. Raises WrongTerms and UnknownZone."""
    if day is not None:
        return day
    year = FIRST_DAY.year if moment is None else moment.year
    if moment is None or not FIRST_DAY.year <= year < LAST_DAY.year:
        raise WrongTerms(f"{NAME} must lie between {FIRST_DAY} and {LAST_DAY}", field=field)
    return local_day(moment, zone)
