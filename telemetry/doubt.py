"""A doubt is why a reading was not believed; the reading is kept apart, and the rest of its batch goes in."""

from enum import StrEnum


class Doubt(StrEnum):
    """Why a reading went to quarantine. The first that applies is the one that is told."""

    UNKNOWN_ASSET = "unknown-asset"
    UNKNOWN_METRIC = "unknown-metric"
    BAD_TIME = "bad-time"
    NO_ZONE = "no-zone"
    FUTURE = "future"
    ANCIENT = "ancient"
    FORGOTTEN = "forgotten"
    NOT_A_NUMBER = "not-a-number"
    UNKNOWN_UNIT = "unknown-unit"
    WRONG_DIMENSION = "wrong-dimension"
    OUT_OF_RANGE = "out-of-range"
    CONFLICTING = "conflicting"


ORDER = tuple(Doubt)


class DoubtState(StrEnum):
    """What became of a doubted reading."""

    WAITING = "waiting"
    RELEASED = "released"
    """It went in after all, or was there already."""
    DISMISSED = "dismissed"
    """A person found that it shall not go in."""


_SENTENCES = {
    Doubt.UNKNOWN_ASSET: "there is no asset '{asset}' for which this sender may speak; register it first",
    Doubt.UNKNOWN_METRIC: "there is no metric '{metric}'; add it to the metrics first",
    Doubt.BAD_TIME: "'{at}' is no moment; write it as 2026-03-29T14:00:00Z",
    Doubt.NO_ZONE: "'{at}' has no zone, so it could be several moments; write it as 2026-03-29T14:00:00Z",
    Doubt.FUTURE: "{at} lies in the future; set the sender's clock",
    Doubt.ANCIENT: "{at} lies before 1990; set the sender's clock",
    Doubt.FORGOTTEN: "readings of {metric} as old as {at} are no longer kept; change how long, or leave it out",
    Doubt.NOT_A_NUMBER: "'{value}' is no number",
    Doubt.UNKNOWN_UNIT: "the unit '{unit}' is none we know; send {metric} in '{canonical}'",
    Doubt.WRONG_DIMENSION: "'{unit}' cannot measure {metric}, which is kept in '{canonical}'",
    Doubt.OUT_OF_RANGE: "{value} {unit} is not plausible; {metric} lies from {minimum} to {maximum} {canonical}",
    Doubt.CONFLICTING: "{value} {unit} came for {at} after another value of that moment; the first one stays",
}


def sentence(doubt: Doubt, facts: dict[str, str]) -> str:
    """Say to a person what was wrong with a reading and what would be right."""
    return _SENTENCES[doubt].format_map(facts)
