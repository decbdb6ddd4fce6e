"""A contract line rated alone in a calendar month, as tests of nouns want it."""

from billing.contract.contract import Proration
from billing.period import Month
from billing.proof import Proof
from billing.rating.rate_line import fee_lines, fee_slots, use_lines, use_slots
from billing.rating.rated import Policies, RatedLine, Terms


def rate(terms: Terms, *, month: Month, proration: Proration, proof: Proof) -> list[RatedLine]:
    """Give its fee, then its use."""
    by = Policies(proration=proration)
    fees = [line for slot in fee_slots(terms, by, month) for line in fee_lines(terms, slot, by)]
    return fees + [line for slot in use_slots(terms, by, month) for line in use_lines(terms, slot, by, proof, None)]
