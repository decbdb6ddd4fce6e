"""Read a contract as it stood after each of its amendments; version 1 is as it was signed."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from billing.contract.contract import Contract
from billing.contract_life.planned_change import HeldLine
from billing.contract_life_tables import ContractAmendmentRecord
from billing.tables import ContractLineRecord, ContractRecord
from telemetry.refusal import Refusal


class UnknownVersion(Refusal):
    """The contract has no such version."""


def as_of_version(
    contract: ContractRecord,
    lines: Sequence[ContractLineRecord],
    amendments: Sequence[ContractAmendmentRecord],
    version: int,
) -> tuple[Contract, list[HeldLine]]:
    """Undo all amendments after a version, the last first. Raises UnknownVersion."""
    last = amendments[-1].version if amendments else 1
    if not 1 <= version <= last:
        raise UnknownVersion(f"{contract.code} has versions 1 to {last}, not {version}", field="version")
    terms: dict[str, Any] = contract.model_dump(include=set(Contract.model_fields))
    held = {line.id: line.model_dump(include=set(HeldLine.model_fields)) for line in lines}
    for one in reversed([amendment for amendment in amendments if amendment.version > version]):
        terms |= {name: before for name, (before, _after) in one.changes["contract"].items()}
        for change in reversed(one.changes["lines"]):
            key = UUID(change["after"]["id"])
            if change["before"] is None:
                del held[key]
            else:
                held[key] = change["before"]
    order = sorted(
        (HeldLine.model_validate(line) for line in held.values()), key=lambda line: (line.starts_on, line.id)
    )
    return Contract.model_validate(terms), order
