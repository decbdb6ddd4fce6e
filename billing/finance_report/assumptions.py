"""What the finance report assumes: premises, steps of the sensitivities; each group with its reason in words."""

from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any

from lifecycle.assumed import assumed


class Premise(StrEnum):
    """Under which circumstances a thing is taken to be sold."""

    FAIR_MARKET = "fair_market"
    ORDERLY_LIQUIDATION = "orderly_liquidation"
    FORCED_LIQUIDATION = "forced_liquidation"


@cache
def assumptions() -> dict[str, Any]:
    """Give the assumptions by group."""
    return assumed(Path(__file__).with_suffix(".json"))


def rule() -> str:
    """Name the rule of the report and its version."""
    return str(assumptions()["rule"])


def figure(group: str, name: str) -> float:
    """Give one assumed figure.

    >>> figure("premises", "fair_market")
    1.0
    """
    return float(assumptions()[group][name])


def price_factor(premise: Premise) -> float:
    """Give what share of its fair market value a thing brings under a premise."""
    return figure("premises", premise.value)
