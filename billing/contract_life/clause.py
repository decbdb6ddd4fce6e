"""A clause says what two parties agreed beside the price: renewal, indexation, service level, deposit, ways out."""

from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, model_validator

from lifecycle.asset import AssetStatus
from lifecycle.label import Label

Money = Annotated[Decimal, Field(ge=0, max_digits=14, decimal_places=4)]
Percent = Annotated[Decimal, Field(ge=0, le=1000, max_digits=8, decimal_places=4)]
Hours = Annotated[Decimal, Field(ge=0, le=744, decimal_places=3)]
MonthText = Annotated[str, Field(pattern=r"^(19[7-9]\d|20\d\d|21\d\d)-(0[1-9]|1[0-2])$")]

MOST_DAYS = 3650


class ClauseKind(StrEnum):
    """What a clause is about; of each kind the one agreed last is in force."""

    RENEWAL = "renewal"
    SWAP_DAY = "swap_day"
    INDEXATION = "indexation"
    SERVICE_LEVEL = "service_level"
    DEPOSIT = "deposit"
    EARLY_TERMINATION = "early_termination"
    BUY_OUT = "buy_out"
    RENEWAL_PRICE = "renewal_price"


class _Clause(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Renewal(_Clause):
    """The contract goes on by so many months at each end, unless one side gives notice in time."""

    kind: Literal["renewal"] = "renewal"
    months: Annotated[int, Field(ge=1, le=120)]
    notice_days: Annotated[int, Field(ge=0, le=MOST_DAYS)] = 90


class SwapRule(StrEnum):
    """Who keeps the day of a swap."""

    OLD_KEEPS = "old_keeps"
    BY_HOUR = "by_hour"
    """Whichever of the two stood there for more hours of that day."""


class SwapDay(_Clause):
    """Which asset is charged on the day of a swap."""

    kind: Literal["swap_day"] = "swap_day"
    rule: SwapRule = SwapRule.OLD_KEEPS


class IndexMethod(StrEnum):
    """How a price follows an index. Without floor and cap both give the same price."""

    BASE = "base"
    """Each time anew from the base price and the base figure: what a cap held back is made up for later."""
    CHAINED = "chained"
    """Each time from the price and the figure of the time before: what a cap held back stays so."""


class Indexation(_Clause):
    """Prices follow a published index, first so many months after the clause begins, and so on.

    The figure is that of `lag_months` before the month of the adjustment. Floor and cap bound one adjustment, in per
    cent; `share` is the per cent of the price that follows the index.
    """

    kind: Literal["indexation"] = "indexation"
    source: Label = Field(min_length=1, max_length=60)
    base_month: MonthText
    lag_months: Annotated[int, Field(ge=0, le=24)] = 1
    every_months: Annotated[int, Field(ge=1, le=120)] = 12
    method: IndexMethod = IndexMethod.BASE
    share: Annotated[Decimal, Field(ge=0, le=100, decimal_places=4)] = Decimal(100)
    floor: Annotated[Decimal, Field(ge=-100, le=1000, decimal_places=4)] | None = None
    cap: Annotated[Decimal, Field(ge=-100, le=1000, decimal_places=4)] | None = None
    digits: Annotated[int, Field(ge=2, le=6)] = 2
    """Decimals to which an indexed fee is rounded; a price per unit keeps four more."""

    @model_validator(mode="after")
    def _bounded(self) -> "Indexation":
        if self.floor is not None and self.cap is not None and self.floor > self.cap:
            raise ValueError("the floor lies above the cap")
        return self


class ServiceLevel(_Clause):
    """Hours down beyond those allowed in a month are credited, up to a share of the month's fee.

    Down is what a meter in hours counts, or the time that the thing stood in one of the statuses named.
    """

    kind: Literal["service_level"] = "service_level"
    down_meter: Annotated[str, Field(min_length=1, max_length=60)] | None = None
    down_statuses: Annotated[list[AssetStatus], Field(max_length=6)] = []
    allowed_hours: Hours = Decimal(0)
    credit_per_hour: Money | None = None
    credit_percent_per_hour: Percent | None = None
    cap_percent: Annotated[Decimal, Field(ge=0, le=100, decimal_places=4)] = Decimal(100)

    @model_validator(mode="after")
    def _one_of_each(self) -> "ServiceLevel":
        if (self.down_meter is None) == (not self.down_statuses):
            raise ValueError("say what down means: by down_meter or by down_statuses, one of the two")
        if (self.credit_per_hour is None) == (self.credit_percent_per_hour is None):
            raise ValueError("say the credit once: credit_per_hour or credit_percent_per_hour")
        return self


class Deposit(_Clause):
    """A sum taken when the clause begins and returned when the contract has ended; no VAT goes on it."""

    kind: Literal["deposit"] = "deposit"
    amount: Annotated[Decimal, Field(gt=0, max_digits=14, decimal_places=2)]
    return_after_days: Annotated[int, Field(ge=0, le=365)] = 0


class TerminationFormula(StrEnum):
    """What an end before its day costs."""

    REMAINING_FEES = "remaining_fees"
    """So many per cent of the fees from the end up to the agreed end."""
    LOST_VALUE = "lost_value"
    """So many per cent of those fees, less what the thing is worth more at the end than at the agreed end."""


class EarlyTermination(_Clause):
    """The customer may end early, at a price by a stated formula."""

    kind: Literal["early_termination"] = "early_termination"
    formula: TerminationFormula = TerminationFormula.REMAINING_FEES
    percent: Annotated[Decimal, Field(ge=0, le=100, decimal_places=4)]
    at_most_months: Annotated[int, Field(ge=1, le=240)] | None = None


class Quantile(StrEnum):
    """Which of the three values of a thing counts."""

    P10 = "p10"
    P50 = "p50"
    P90 = "p90"


class BuyOut(_Clause):
    """The customer may buy a thing at so many per cent of its value on that day, and at least for a sum."""

    kind: Literal["buy_out"] = "buy_out"
    quantile: Quantile = Quantile.P50
    percent: Percent = Decimal(100)
    minimum: Money = Decimal(0)


class RenewalPrice(_Clause):
    """After a renewal the fee is so many per cent of the thing's value on that day, spread over the months renewed."""

    kind: Literal["renewal_price"] = "renewal_price"
    quantile: Quantile = Quantile.P50
    percent: Percent
    minimum: Money = Decimal(0)


Clause = Annotated[
    Renewal | SwapDay | Indexation | ServiceLevel | Deposit | EarlyTermination | BuyOut | RenewalPrice,
    Field(discriminator="kind"),
]
CLAUSE: TypeAdapter[Clause] = TypeAdapter(Clause)
"""Reads a clause as it is kept."""


def notice_by(renewal: Renewal, ends_on: date) -> date:
    """Give the last day on which notice keeps a contract from being renewed.

    >>> notice_by(Renewal(months=12, notice_days=90), date(2027, 1, 1))
    datetime.date(2026, 10, 2)
    """
    return ends_on - timedelta(days=renewal.notice_days + 1)
