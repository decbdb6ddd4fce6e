"""Rate a contract: all lines of its bill of one month, worked out from what it owes by and nothing else."""

from billing.due import Due
from billing.period import Month
from billing.proof import NO_READINGS
from billing.rating import RatedLine, rate


def rate_contract(due: Due, *, month: Month) -> list[RatedLine]:
    """Give the lines of a contract's bill of a month, those of its things first, then what is charged beside them.

    Reads nothing and stores nothing. Raises MeterRanBack, ReadingsForgotten, NoUnitCode and IndexNotPublished.
    """
    if due.refused is not None:
        raise due.refused
    rated = [
        line.model_copy(update={"reasons": [*line.reasons, *due.why]}) if due.why else line
        for terms in due.terms
        for line in rate(
            terms,
            month=month,
            proration=due.contract.proration,
            proof=due.proofs.get(terms.line_id, NO_READINGS),
        )
    ]
    return [*rated, *due.charges]
