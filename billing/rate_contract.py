"""Rate a contract: all lines of its bill of one month, worked out from what it owes by and nothing else."""

from billing.carry_over import carry_over
from billing.correct_billed import corrections
from billing.due import Due
from billing.period import Month
from billing.rate_month import beside_of, rate_month
from billing.rating.rated import RatedLine


def rate_contract(due: Due, *, month: Month) -> list[RatedLine]:
    """Give the lines of a contract's bill of a month.

    Those of its things come first, then what former bills must be corrected by, then what is charged beside, and last
    what is carried over. Reads nothing and stores nothing. Raises MeterRanBack, ReadingsForgotten, NoUnitCode and
    IndexNotPublished.
    """
    if due.refused is not None:
        raise due.refused
    lines = [*rate_month(due, month, beside_of(due.charges)), *corrections(due), *due.charges]
    return [*lines, *carry_over(due, month, lines)]
