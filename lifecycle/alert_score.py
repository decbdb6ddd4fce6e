"""How well a rule of alerts does by what became of its alerts, and what would make it quieter where it is too loud."""

from collections.abc import Iterable
from datetime import datetime
from statistics import median
from typing import NamedTuple
from uuid import UUID

from lifecycle.alert import AlertVerdict
from lifecycle.alert_rule import AlertTerms, RuleCode, figures

_A_DAY = 86_400.0
_SO = frozenset({AlertVerdict.PLANNED, AlertVerdict.DONE})
DAYS_A_MONTH = 30.4375


class Said(NamedTuple):
    """One thing that was said of an alert (None: of a failure that no alert foretold)."""

    alert_id: UUID | None
    raised_at: datetime | None
    verdict: AlertVerdict | None
    failed_at: datetime | None


class Score(NamedTuple):
    """Of one rule: alerts raised, how many proved so and not so, failures foretold and missed; None: nothing known."""

    raised: int
    true: int
    false: int
    foretold: int
    missed: int
    precision: float | None
    recall: float | None
    false_per_asset_month: float | None
    median_lead_days: float | None
    too_loud: bool


def score(said: Iterable[Said], *, raised: int, asset_months: float) -> Score:
    """Count what was said of a rule's alerts in the order of saying; the last word on each counts, a failure always.

    >>> score([Said(UUID(int=1), None, AlertVerdict.NOT_TRUE, None)], raised=1, asset_months=5).false_per_asset_month
    0.2
    """
    words: dict[UUID, Said] = {}
    failures: dict[UUID, Said] = {}
    missed = 0
    for one in said:
        if one.alert_id is None:
            missed += 1
        elif one.failed_at is not None:
            failures[one.alert_id] = one
        else:
            words[one.alert_id] = one
    so = {alert for alert, one in words.items() if one.verdict in _SO} | set(failures)
    not_so = {alert for alert, one in words.items() if one.verdict is AlertVerdict.NOT_TRUE} - so
    leads = [lead for one in failures.values() if (lead := _lead(one)) is not None]
    rate = len(not_so) / asset_months if asset_months > 0 else None
    return Score(
        raised=raised,
        true=len(so),
        false=len(not_so),
        foretold=len(failures),
        missed=missed,
        precision=_share(len(so), len(not_so)),
        recall=_share(len(failures), missed),
        false_per_asset_month=None if rate is None else round(rate, 4),
        median_lead_days=round(median(leads), 2) if leads else None,
        too_loud=rate is not None and rate > budget(),
    )


def budget() -> float:
    """Give how many false alerts for an asset in a month people bear."""
    return float(figures()["budget"]["false_per_asset_month"])


def quieter(code: RuleCode, terms: AlertTerms) -> list[AlertTerms]:
    """Give changes of a rule that make it quieter, the smallest first."""
    if code is RuleCode.WEAR:
        tried: list[dict[str, float]] = [{"limit": terms.limit * share} for share in (0.75, 0.5, 0.25)]
    elif code is RuleCode.ENVIRONMENT:
        tried = [{"limit": terms.limit + step} for step in (1, 3, 10)]
    elif code is RuleCode.MISUSE:
        tried = [{"limit": terms.limit * factor} for factor in (1.25, 1.5, 2)]
    else:
        return []
    longer: list[dict[str, float]] = [{"on_delay_days": min(terms.on_delay_days + more, 60)} for more in (2, 5)]
    return [AlertTerms.model_validate(terms.model_dump() | change) for change in (*longer, *tried)]


def _share(part: int, rest: int) -> float | None:
    return round(part / (part + rest), 4) if part + rest else None


def _lead(one: Said) -> float | None:
    if one.failed_at is None or one.raised_at is None:
        return None
    return (one.failed_at - one.raised_at).total_seconds() / _A_DAY
