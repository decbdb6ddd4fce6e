"""How a contract charges where it could be done in more than one way: each is written into the contract."""

from enum import StrEnum


class FeeTiming(StrEnum):
    """When a fee is billed."""

    ARREARS = "arrears"
    """With the month in which its period ends."""
    ADVANCE = "advance"
    """With the month before the one in which its period begins; the first one with its own month."""


class ZeroUse(StrEnum):
    """What a period without use owes of a tariff whose first tier has a flat fee."""

    FREE = "free"
    """Nothing: no tier was entered. A minimum is owed all the same."""
    FLAT_FEE = "flat_fee"
    """The flat fee of the first tier."""


class NegativeMonth(StrEnum):
    """What becomes of a month whose credits are more than its charges."""

    CARRY_OVER = "carry_over"
    """The bill is of nothing, and what is left over comes off the next one; off the last bill nothing can come."""
    CREDIT_NOTE = "credit_note"
    """The bill is of less than nothing, and is paid back."""
