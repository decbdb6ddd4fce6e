"""Rate a past month again: the same result as was billed, or the difference explained line by line. Bills nothing."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

from pydantic import BaseModel, ConfigDict
from sqlmodel import Session

from billing.correct_billed import Held, hold_billed
from billing.due import Due
from billing.look_back import contracts_billed, look_back
from billing.period import Month
from billing.rating.billed import BilledAs
from billing.rating.rated import Component
from telemetry.lots import KEYS, lots


class Because(StrEnum):
    """Why a line comes to something else than was billed."""

    READINGS = "readings"
    """Readings came in late or were corrected; the next bill corrects it, or the late use is listed as refused."""
    TERMS = "terms"
    """The contract was amended; the next bill corrects it."""
    RULE = "rule"
    """It was billed by an older version of our rule, and stays as it is."""
    NOT_RATED = "not_rated"
    """The month cannot be rated now; the sentence says why."""


class Difference(BaseModel):
    """What was billed of one thing and its days, with corrections and credits since, and what is owed of it now."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    contract_id: UUID
    contract: str
    billed_of: UUID | None
    serial: str
    billed_as: str
    period_start: date
    period_end: date
    because: Because
    was: Decimal
    now: Decimal
    difference: Decimal
    was_use: Decimal | None
    now_use: Decimal | None
    formula: str


class Rerated(BaseModel):
    """How a past month compares with its bills."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    month: str
    contracts: int
    held: int
    """Things and periods compared: the fee and the use of each line, and the bounds of each contract."""
    same: int
    was: Decimal
    now: Decimal
    difference: Decimal
    differences: list[Difference]


def rerate_month(session: Session, *, month: Month, contract_ids: Sequence[UUID] | None = None) -> Rerated:
    """Compare what the tariff charges for a month by what is known now with what was billed of it so far.

    Contracts without a bill of the month are left out. Writes nothing.
    """
    contracts = contracts_billed(session, month=month, contract_ids=contract_ids)
    held = list[Held]()
    differences = list[Difference]()
    for some in lots(contracts, KEYS):
        for due in look_back(session, month=month, contracts=some):
            of_contract = hold_billed(due, (month,), by_any_rule=True)
            held += of_contract
            differences += [*_not_rated(due, month), *(_difference(due, one) for one in of_contract if one.differs)]
    was, now = (sum((getattr(one, name) for one in held), Decimal("0.00")) for name in ("was", "owed"))
    return Rerated(
        month=str(month),
        contracts=len(contracts),
        held=len(held),
        same=sum(not one.differs for one in held),
        was=was,
        now=now,
        difference=now - was,
        differences=differences,
    )


def _difference(due: Due, held: Held) -> Difference:
    serial = next((terms.serial for terms in due.terms if terms.line_id == held.of.billed_of), "")
    is_use = held.of.kind is BilledAs.USE
    billed = sum((line.use for line in held.billed), Decimal(0))
    return Difference(
        contract_id=due.contract.id,
        contract=due.contract.code,
        billed_of=held.of.billed_of,
        serial=serial,
        billed_as=held.of.kind.value,
        period_start=held.of.start,
        period_end=held.until,
        because=_because(held),
        was=held.was,
        now=held.owed,
        difference=held.net,
        was_use=billed if is_use else None,
        now_use=billed + held.use if is_use else None,
        formula="; ".join(line.formula for line in held.now),
    )


def _because(held: Held) -> Because:
    if any(line.is_by_another_rule for line in held.billed):
        return Because.RULE
    return Because.READINGS if held.use else Because.TERMS


def _not_rated(due: Due, month: Month) -> list[Difference]:
    """Tell of a contract that cannot be rated at all, and of lines whose readings are no longer kept."""
    gone = [terms for terms in due.terms if _is_forgotten(due, terms.line_id)]
    sentences = {terms.serial: "the readings of its days are no longer kept" for terms in gone}
    if due.refused is not None:
        sentences = {"": due.refused.sentence}
    nothing = Decimal("0.00")
    return [
        Difference(
            contract_id=due.contract.id,
            contract=due.contract.code,
            billed_of=None,
            serial=serial,
            billed_as=Component.USE.value,
            period_start=month.start,
            period_end=month.end,
            because=Because.NOT_RATED,
            was=nothing,
            now=nothing,
            difference=nothing,
            was_use=None,
            now_use=None,
            formula=sentence,
        )
        for serial, sentence in sentences.items()
    ]


def _is_forgotten(due: Due, line_id: UUID) -> bool:
    return any(read.proof.forgotten_days for (of, _), read in due.reads.items() if of == line_id)
