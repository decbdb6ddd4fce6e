"""Which account of the ledger stands for what: by default those of the Belgian chart of accounts."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from sqlmodel import Field, SQLModel

_LONGEST = 20
_FORM: dict[str, Any] = {"pattern": "^[0-9A-Za-z][0-9A-Za-z.-]*$"}


class Role(StrEnum):
    """What an account stands for."""

    RECEIVABLE = "receivable"
    REVENUE = "revenue"
    OTHER_INCOME = "other_income"
    ASSET_SALES = "asset_sales"
    DEPOSITS = "deposits"
    VAT = "vat"
    DEFERRED = "deferred"
    ACCRUED = "accrued"
    BANK = "bank"
    PROVIDER = "provider"
    CASH = "cash"
    SUSPENSE = "suspense"


ROLE_OF_COMPONENT: Mapping[str, Role] = {
    "termination": Role.OTHER_INCOME,
    "charge": Role.OTHER_INCOME,
    "buy_out": Role.ASSET_SALES,
    "deposit": Role.DEPOSITS,
    "deposit_return": Role.DEPOSITS,
}
"""What a line brings in; every other component is revenue."""

ROLE_OF_METHOD: Mapping[str, Role] = {
    "transfer": Role.BANK,
    "direct_debit": Role.PROVIDER,
    "card": Role.PROVIDER,
    "cash": Role.CASH,
}
"""Where money of a payment method arrives; what came in another way waits on the suspense account."""


class Accounts(SQLModel):
    """The account of each role. Defaults: the minimum chart of accounts (MAR, PCMN) of the decree of 21 October 2018.

    400 trade debtors, 700 turnover, 743 other operating income, 741 gains on disposal of assets in the normal course,
    178 deposits received in cash, 451 VAT payable, 493 deferred income, 491 accrued income, 550 bank, 580 internal
    transfers (the payment provider), 570 cash, 499 suspense.
    """

    model_config = {"extra": "forbid"}

    receivable: str = Field(default="400000", max_length=_LONGEST, schema_extra=_FORM)
    revenue: str = Field(default="700000", max_length=_LONGEST, schema_extra=_FORM)
    other_income: str = Field(default="743000", max_length=_LONGEST, schema_extra=_FORM)
    asset_sales: str = Field(default="741000", max_length=_LONGEST, schema_extra=_FORM)
    deposits: str = Field(default="178000", max_length=_LONGEST, schema_extra=_FORM)
    vat: str = Field(default="451000", max_length=_LONGEST, schema_extra=_FORM)
    deferred: str = Field(default="493000", max_length=_LONGEST, schema_extra=_FORM)
    accrued: str = Field(default="491000", max_length=_LONGEST, schema_extra=_FORM)
    bank: str = Field(default="550000", max_length=_LONGEST, schema_extra=_FORM)
    provider: str = Field(default="580000", max_length=_LONGEST, schema_extra=_FORM)
    cash: str = Field(default="570000", max_length=_LONGEST, schema_extra=_FORM)
    suspense: str = Field(default="499000", max_length=_LONGEST, schema_extra=_FORM)

    def of(self, role: Role) -> str:
        """Give the account of a role."""
        return str(getattr(self, role.value))
