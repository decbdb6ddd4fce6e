"""How long single readings are kept; their rollups stay for ever."""

from datetime import UTC, date, datetime, timedelta

from telemetry.metric import Metric
from telemetry.refusal import Refusal

FLOOR = 400
"""Days that readings are kept at least where a bill can stand on them: a year that is billed at once, and a month more
to bill it and to hear objections."""


class KeptTooShort(Refusal):
    """A bill can stand on these readings, so they may not be forgotten so soon."""


def kept_since(metric: Metric, *, now: datetime) -> date | None:
    """Give the first UTC day whose readings are kept; None where all are.

    What is forgotten stays so, even if more was to be kept from then on.
    """
    due = None if metric.keep_days is None else now.astimezone(UTC).date() - timedelta(days=metric.keep_days)
    return max((day for day in (due, metric.forgotten_before) if day is not None), default=None)


def refuse_too_short(metric: Metric, *, metered: bool) -> None:
    """Refuse to forget what an invoice may still need; `metered` says that a meter counts by this metric.

    Raises KeptTooShort.
    """
    if metered and metric.keep_days is not None and metric.keep_days < FLOOR:
        sentence = (
            f"meters count by {metric.code}, so its readings are kept at least {FLOOR} days, a year that is billed at "
            f"once and a month more; {metric.keep_days} is too short"
        )
        raise KeptTooShort(sentence, field="keep_days")
