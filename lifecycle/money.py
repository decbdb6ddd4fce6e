"""Money is an exact amount with its currency; cents are rounded half-up, here and nowhere else."""

from collections.abc import Sequence
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal

CENT = Decimal("0.01")


def to_cents(amount: Decimal) -> Decimal:
    """Round half-up to two decimals; minus nothing becomes nothing.

    >>> to_cents(Decimal("2.675")), to_cents(Decimal("-0.001"))
    (Decimal('2.68'), Decimal('0.00'))
    """
    return amount.quantize(CENT, rounding=ROUND_HALF_UP) + Decimal("0.00")


def split(total: Decimal, weights: Sequence[Decimal]) -> list[Decimal]:
    """Split a total in cents by weight so that the parts add up to it exactly (largest remainder).

    >>> split(Decimal("100.00"), [Decimal(1)] * 3)
    [Decimal('33.34'), Decimal('33.33'), Decimal('33.33')]
    """
    whole = sum(weights)
    shares = [total * weight / whole for weight in weights]
    parts = [share.quantize(CENT, rounding=ROUND_DOWN) for share in shares]
    missing = int((total - sum(parts)) / CENT)
    step = CENT if missing >= 0 else -CENT
    by_remainder = sorted(range(len(parts)), key=lambda i: -abs(shares[i] - parts[i]))
    for i in by_remainder[: abs(missing)]:
        parts[i] += step
    return parts
