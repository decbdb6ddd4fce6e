"""Find by what the prices of contracts follow their index in a month, with the figures as evidence."""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple
from uuid import UUID

from sqlmodel import Session

from billing.contract_life.clause import ClauseKind, Indexation
from billing.contract_life.price_index import INDEX_RULE, Indexed, indexed
from billing.contract_life_queries import clauses, index_figures
from billing.period import Month
from billing.tables import ContractRecord
from lifecycle.reason import Reason
from telemetry.refusal import Refusal


class Following(NamedTuple):
    """How the prices of contracts follow their index; a contract in neither pays the prices agreed."""

    indexed: Mapping[UUID, Indexed]
    refused: Mapping[UUID, Refusal]
    """Contracts whose index figure is not known: they cannot be billed yet."""


def index_prices(session: Session, *, contracts: Sequence[ContractRecord], month: Month) -> Following:
    """Give by what the prices of contracts are multiplied in a month: those of its first day hold for all of it."""
    agreed = clauses(session, [one.id for one in contracts])
    wanted = agreed.contracts_with(ClauseKind.INDEXATION)
    terms = {
        one.id: found
        for one in contracts
        if one.id in wanted and (found := agreed.in_force(one.id, ClauseKind.INDEXATION, on=month.start)) is not None
    }
    figures = index_figures(session, _sources(one.terms for one in terms.values())) if terms else ()
    follow: dict[UUID, Indexed] = {}
    refused: dict[UUID, Refusal] = {}
    for contract_id, one in terms.items():
        if not isinstance(one.terms, Indexation):
            continue
        try:
            follows = indexed(one.terms, figures, since=one.since, on=month.start)
        except Refusal as why:
            refused[contract_id] = why
        else:
            follow |= {contract_id: follows} if follows else {}
    return Following(follow, refused)


def why_indexed(one: Indexed) -> Reason:
    """Give the reason that a line with an indexed price carries."""
    return Reason(code="bill.indexed", rule=INDEX_RULE, inputs=one.evidence())


def _sources(terms: Iterable[object]) -> set[str]:
    return {one.source for one in terms if isinstance(one, Indexation)}
