"""Read the meters of contract lines, each for its own days, so that use is counted in the days that it fell in."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import NamedTuple
from uuid import UUID

from sqlmodel import Session

from billing.period import Period
from billing.proof import Proof, proof_of
from telemetry.figure import Figure
from telemetry.find_meters import latest_meters
from telemetry.read_meters import meter_figures
from telemetry.series_day import ReadingsForgotten

Key = tuple[UUID, date, date]
"""A contract line, and the first and the last day (without it) of what is read."""


class Reading(NamedTuple):
    """The days of a contract line in which its meter is to be read, in the zone of its contract."""

    line_id: UUID
    asset_id: UUID
    meter: str
    zone: str
    days: Period

    @property
    def key(self) -> Key:
        """Tell it from the others."""
        return self.line_id, self.days.start, self.days.end


class _Span(NamedTuple):
    """The moments between which meters are read."""

    start: datetime
    end: datetime


def read_meters(session: Session, wanted: Iterable[Reading]) -> Mapping[Key, Proof]:
    """Give what each meter counted in its days, all meters of one span at once.

    A counter opens with the last reading before its days, so that the days of a line always add up: a reading that
    comes late changes its own days, and what was billed of them is corrected. Bills nothing.
    """
    by_span = defaultdict[_Span, list[Reading]](list)
    for reading in wanted:
        by_span[_Span(*reading.days.instants(reading.zone))].append(reading)
    return {
        reading.key: proof_of(figures[reading.asset_id, reading.meter])
        for span, readings in by_span.items()
        for figures in [_figures(session, sorted({(one.asset_id, one.meter) for one in readings}), span)]
        for reading in readings
    }


def _figures(session: Session, pairs: Sequence[tuple[UUID, str]], span: _Span) -> dict[tuple[UUID, str], Figure]:
    """Read the meters of one span; where readings of one are forgotten, the others are still read."""
    try:
        return dict(meter_figures(session, wanted=pairs, start=span.start, end=span.end))
    except ReadingsForgotten:
        if len(pairs) == 1:
            newest = latest_meters(session)[pairs[0][1]]
            return {pairs[0]: Figure(newest, (newest.version,), forgotten_days=1)}
        half = len(pairs) // 2
        return _figures(session, pairs[:half], span) | _figures(session, pairs[half:], span)
