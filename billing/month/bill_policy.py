"""How finance wants its months billed: whether it signs off, and from which change on a contract is told apart."""

from decimal import Decimal

from sqlmodel import Field, SQLModel

from telemetry.columns import ExactDecimal


class BillPolicy(SQLModel):
    """Without a word of finance a month is issued at once, and changes of ten percent are told."""

    model_config = {"extra": "forbid"}

    sign_off: bool = False
    """A month is drafted, approved and only then issued."""
    tell_from_percent: Decimal = Field(default=Decimal(10), ge=0, le=1000, decimal_places=2, sa_type=ExactDecimal)
