"""Where the readings of a series-day are: in its row, in the archive, or forgotten."""

from enum import IntEnum


class Held(IntEnum):
    """Kept as a number in every series-day. Its rollups are in the row in any case."""

    HERE = 0
    """Packed in the row."""
    ARCHIVED = 1
    """In the day's file of the archive; the row's `readings` are empty."""
    FORGOTTEN = 2
    """Gone but for the few that fix what a counter rose over the day: see `telemetry.remnant`."""
