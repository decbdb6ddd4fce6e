"""What a contract owes a month's bill by: its terms, what its meters showed, and what is charged beside the tariff."""

from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

from billing.proof import Proof
from billing.rating import RatedLine, Terms
from billing.tables import ContractRecord
from lifecycle.reason import Reason
from lifecycle.tables import CustomerRecord
from telemetry.refusal import Refusal


class Due(NamedTuple):
    """A contract to bill, with all that its bill is made of; nothing more is read to rate it."""

    contract: ContractRecord
    buyer: CustomerRecord
    terms: list[Terms]
    proofs: dict[UUID, Proof]
    """By contract line; shared by the contracts of a run."""
    charges: list[RatedLine]
    """What is charged or credited beside the tariff."""
    why: Sequence[Reason] = ()
    """Why all prices of the tariff are what they are: the index that they follow."""
    refused: Refusal | None = None
    """Why the contract cannot be billed yet."""
