"""The one place that asks what time it is; everything below takes `now` as an argument."""

from datetime import UTC, datetime


def now() -> datetime:
    """Give the present moment in UTC."""
    return datetime.now(UTC)  # noqa: TID251 - the one place
