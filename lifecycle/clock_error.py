"""A device that is offline keeps time by its own clock, which may be wrong: by how much, it tells us when it sends."""

from datetime import datetime, timedelta

from lifecycle.inspection_rules import limit


def clock_error(sent_at: datetime | None, *, now: datetime) -> timedelta | None:
    """Say by how much a device's clock is ahead of ours; None where it is right or where it did not say.

    >>> from datetime import UTC
    >>> clock_error(datetime(2026, 11, 2, 9, 0, tzinfo=UTC), now=datetime(2026, 11, 1, 9, 0, tzinfo=UTC))
    datetime.timedelta(days=1)
    """
    if sent_at is None or abs(sent_at - now) <= timedelta(minutes=limit("clock", "minutes")):
        return None
    return sent_at - now
