"""The sums printed on a bill, worked out again: what stands before an equals sign must give what follows it."""

import re
from collections.abc import Iterator
from fractions import Fraction

_TOKEN = re.compile(r"\s*(?:(?P<number>\d+(?:\.\d+)?)|(?P<word>max|min)|(?P<sign>[×/+−\-(),%]))")
_LONGEST = 2000
_DEEPEST = 20


class NotASum(ValueError):
    """The text is no sum that can be worked out."""


def holds(formula: str) -> bool | None:
    """Tell whether each sum of a formula is right, rounded half-up to as many digits as it gives; None: it has none.

    >>> holds("max(0, 345.5 − 77.419) = 268.081; 268.081 × 0.125 = 33.51"), holds("50.00 × 24 / 31 = 38.72")
    (True, False)
    >>> holds("as agreed") is None
    True
    """
    if len(formula) > _LONGEST:
        return None
    try:
        checked = [_right(part) for part in formula.split(";") if "=" in part]
    except NotASum:
        return None
    return all(checked) if checked else None


def _right(equation: str) -> bool:
    first, *others = (worked_out(side) for side in equation.split("="))
    written = [side.strip() for side in equation.split("=")[1:]]
    return all(_rounded(first, told) == other for told, other in zip(written, others, strict=True))


def _rounded(exact: Fraction, like: str) -> Fraction:
    """Round half-up, away from nothing, to as many digits as another number has."""
    scale: int = 10 ** len(like.partition(".")[2])
    whole = int((abs(exact) * scale * 2 + 1) // 2)
    return Fraction(whole if exact >= 0 else -whole, scale)


def worked_out(text: str) -> Fraction:
    """Work out a sum exactly. Raises NotASum.

    >>> worked_out("2 + 3 × 4"), worked_out("200 × 10 %")
    (Fraction(14, 1), Fraction(20, 1))
    """
    tokens = list(_tokens(text))
    value, rest = _sum(tokens, 0)
    if rest:
        raise NotASum(text)
    return value


def _tokens(text: str) -> Iterator[str]:
    place, bare = 0, text.strip()
    while place < len(bare):
        found = _TOKEN.match(bare, place)
        if found is None:
            raise NotASum(text)
        yield found[0].strip().replace("−", "-")
        place = found.end()


def _sum(tokens: list[str], depth: int) -> tuple[Fraction, list[str]]:
    value, tokens = _product(tokens, depth)
    while tokens and tokens[0] in "+-":
        sign, (other, tokens) = tokens[0], _product(tokens[1:], depth)
        value = value + other if sign == "+" else value - other
    return value, tokens


def _product(tokens: list[str], depth: int) -> tuple[Fraction, list[str]]:
    value, tokens = _one(tokens, depth)
    while tokens and tokens[0] in "×/%":
        if tokens[0] == "%":
            value, tokens = value / 100, tokens[1:]
            continue
        sign, (other, tokens) = tokens[0], _one(tokens[1:], depth)
        if sign == "/" and not other:
            raise NotASum("a division by nothing")
        value = value * other if sign == "×" else value / other
    return value, tokens


def _one(tokens: list[str], depth: int) -> tuple[Fraction, list[str]]:
    if not tokens or depth > _DEEPEST:
        raise NotASum("a sum that ends too early or nests too deep")
    first, tokens = tokens[0], tokens[1:]
    if first == "-":
        value, tokens = _one(tokens, depth + 1)
        return -value, tokens
    if first in {"max", "min"}:
        values, tokens = _several(tokens, depth)
        return (max if first == "max" else min)(values), tokens
    if first == "(":
        values, tokens = _several(["(", *tokens], depth)
        return values[0], tokens
    if not first[0].isdigit():
        raise NotASum(first)
    return Fraction(first), tokens


def _several(tokens: list[str], depth: int) -> tuple[list[Fraction], list[str]]:
    values: list[Fraction] = []
    if tokens[:1] != ["("]:
        raise NotASum("a bracket is missing")
    while tokens[:1] in (["("], [","]):
        value, tokens = _sum(tokens[1:], depth + 1)
        values.append(value)
    if tokens[:1] != [")"]:
        raise NotASum("a bracket is missing")
    return values, tokens[1:]
