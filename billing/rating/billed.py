"""A billed line is what a bill once charged for a thing and some days, and of which kind, so that it is held again."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any, NamedTuple
from uuid import UUID

from billing.rating.rated import RULE, Component, RatedLine


class BilledAs(StrEnum):
    """What of a thing is billed and corrected together."""

    FEE = "fee"
    USE = "use"
    BOUNDS = "bounds"
    """The minimum and maximum of the contract itself."""


class Of(NamedTuple):
    """What lines are of: a contract line or the contract itself, from a day on, its fee or its use."""

    billed_of: UUID
    start: date
    kind: BilledAs


class BilledLine(NamedTuple):
    """A line of an issued bill or credit note, as far as later bills depend on it."""

    of: Of
    until: date
    month: date
    """The first day of the month whose bill it stood on."""
    component: str
    revision: int
    quantity: Decimal
    unit: str
    net: Decimal
    inputs: Mapping[str, Any]
    """Of all its reasons together."""
    rules: tuple[str, ...]
    credited: str | None = None
    """Why a credit note took it back; None for what was billed."""

    @property
    def use(self) -> Decimal:
        """Give the use that it billed; a credit note repeats what it takes back."""
        if self.credited is not None:
            return Decimal(0)
        key = "use_difference" if self.component == Component.CORRECTION else "increase"
        return Decimal(self.inputs.get(key) or 0)

    @property
    def is_by_another_rule(self) -> bool:
        """Tell whether an older version of our rule for use made it; such a bill stays as it is."""
        return any(rule.startswith("rating/") and rule != RULE for rule in self.rules)


CHARGED = {Component.FEE, Component.USE, Component.DISCOUNT, Component.MINIMUM, Component.MAXIMUM}
"""What the tariff charges; all else is charged beside it."""


def kind_of(component: str, inputs: Mapping[str, Any], *, of_contract: bool) -> BilledAs | None:
    """Give which kind a line is of, None where the tariff did not make it."""
    if component in {Component.DISCOUNT, Component.CORRECTION} and "billed_as" in inputs:
        return BilledAs(inputs["billed_as"])
    if component == Component.FEE:
        return BilledAs.FEE
    if component in {Component.USE, Component.MINIMUM, Component.MAXIMUM}:
        return BilledAs.BOUNDS if of_contract else BilledAs.USE
    return None


def of_line(line: RatedLine) -> Of:
    """Give what a line that the tariff made is of."""
    inputs = {key: value for why in line.reasons for key, value in why.inputs.items()}
    kind = kind_of(line.component, inputs, of_contract=line.contract_line_id is None)
    return Of(line.billed_of, line.period_start, kind or BilledAs.FEE)
