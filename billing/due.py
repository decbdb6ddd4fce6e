"""What a contract owes a month's bill by: its terms, its meters, what was billed, what is charged beside."""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import NamedTuple
from uuid import UUID

from billing.contract.contract import Contract
from billing.period import Month
from billing.proof import NO_READINGS, Proof
from billing.rating.billed import BilledLine
from billing.rating.cadence import Cadence
from billing.rating.rated import Policies, RatedLine, Terms
from billing.tables import ContractRecord
from lifecycle.reason import Reason
from lifecycle.tables import CustomerRecord
from telemetry.refusal import Refusal


class Read(NamedTuple):
    """What a meter showed in a slot, and what was used before it in the same window; None in its first part."""

    proof: Proof
    before: Decimal | None = None


class Priced(NamedTuple):
    """The terms of a contract as they hold for the bill of a month."""

    terms: list[Terms]
    why: Sequence[Reason] = ()
    """Why all prices of the tariff are what they are: the index that they follow."""
    refused: Refusal | None = None
    """Why the month cannot be rated."""


UNREAD = Read(NO_READINGS)


class Due(NamedTuple):
    """A contract to bill, with all that its bill is made of; nothing more is read to rate it."""

    contract: ContractRecord
    buyer: CustomerRecord
    terms: list[Terms]
    charges: list[RatedLine]
    """What is charged or credited beside the tariff."""
    why: Sequence[Reason] = ()
    """Why all prices of the tariff are what they are: the index that they follow."""
    refused: Refusal | None = None
    """Why the contract cannot be billed yet."""
    policies: Policies = Policies()
    reads: Mapping[tuple[UUID, date], Read] = {}
    """By contract line and the first day of the slot; shared by the contracts of a run."""
    past: Mapping[date, Priced] = {}
    """The terms of the months billed before, by their first day."""
    billed: tuple[BilledLine, ...] = ()
    """What was billed of the slots of the months that may be corrected or refused, and of their corrections."""
    open_months: tuple[Month, ...] = ()
    """Months billed before, in which late and corrected readings are still billed."""
    closed_months: tuple[Month, ...] = ()
    """Months billed before those: fees are still corrected, late readings are refused."""
    carried: Decimal = Decimal("0.00")
    """What former bills left over, to come off this one."""


def policies_of(contract: Contract) -> Policies:
    """Give what holds for all lines of a contract."""
    return Policies(
        cadence=Cadence(contract.every_months, contract.anchor_on, contract.every_weeks),
        fee_timing=contract.fee_timing,
        proration=contract.proration,
        zero_use=contract.zero_use,
        negative_month=contract.negative_month,
        late_months=contract.late_months,
        minimum=contract.minimum,
        maximum=contract.maximum,
    )
