"""Read the meters of a month's contract lines, so that no use is billed twice and none is forgotten."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlmodel import Session

from billing.late_use import late_of, levels_billed
from billing.period import FIRST_DAY, Month, midnight
from billing.proof import Late, Proof, proof_of, with_late
from billing.queries import meters_billed_from, meters_billed_until
from billing.rating import Terms
from telemetry.figure import Figure
from telemetry.find_meters import latest_meters
from telemetry.read_meters import meter_figures
from telemetry.series_day import ReadingsForgotten

NEVER = midnight(FIRST_DAY, "UTC")


class _Span(NamedTuple):
    """The moments between which a meter is read."""

    start: datetime
    end: datetime


def read_meters(session: Session, *, month: Month, lines: Sequence[tuple[str, Terms]]) -> dict[UUID, Proof]:
    """Give what each metered line (with its contract's zone) used in its days of the month.

    A counter opens with the reading it was last billed up to: readings of the month before that came in after its
    invoice are billed now. It closes with the reading that the next month was billed from, where that month was
    billed first. A level is counted over the days alone, and what came to be known of days billed before is added.
    Does not bill anything.
    """
    line_ids = [line.line_id for _, line in lines]
    until = meters_billed_until(session, day=month.start, line_ids=line_ids)
    onwards = meters_billed_from(session, day=month.end, line_ids=line_ids)
    asked: dict[UUID, _Span] = {}
    terms: dict[UUID, Terms] = {}
    zones = {line.line_id: zone for zone, line in lines}
    for zone, line in lines:
        part = month.meet(line.starts_on, line.ends_on)
        if line.meter is not None and part is not None:
            start, end = part.instants(zone)
            asked[line.line_id] = _Span(start, onwards.get(line.line_id, end))
            terms[line.line_id] = line

    found = _figures(session, terms, asked)
    late = {line_id: _Span(since, asked[line_id].end) for line_id, since in _billed_to(found, until).items()}
    figures = found | _figures(session, terms, late)
    came_late = _came_late(
        session, terms, zones, [key for key, one in figures.items() if one.covered_hours is not None]
    )
    return {line_id: with_late(proof_of(figure), came_late[line_id]) for line_id, figure in figures.items()}


def _came_late(
    session: Session, terms: Mapping[UUID, Terms], zones: Mapping[UUID, str], levels: Sequence[UUID]
) -> defaultdict[UUID, list[Late]]:
    """Count the levels of all periods billed before once more, and give what they differ by."""
    billed = levels_billed(session, levels)
    found: defaultdict[UUID, list[Late]] = defaultdict(list)
    for period in sorted({period for of_line in billed.values() for period in of_line}):
        asked = {
            line_id: _Span(*period.instants(zones[line_id])) for line_id, of_line in billed.items() if period in of_line
        }
        for line_id, late in late_of(billed, period, _figures(session, terms, asked)).items():
            found[line_id].append(late)
    return found


def _billed_to(found: Mapping[UUID, Figure], until: Mapping[UUID, datetime | None]) -> dict[UUID, datetime]:
    """Give where each meter was last billed up to, of those that have since got earlier readings."""
    last = {line_id: until[line_id] or NEVER for line_id in found if line_id in until}
    return {
        line_id: moment
        for line_id, moment in last.items()
        if (opening := found[line_id].opening_at) is not None and moment < opening
    }


def _figures(session: Session, terms: Mapping[UUID, Terms], asked: Mapping[UUID, _Span]) -> dict[UUID, Figure]:
    """Read the meters, all of one span at once."""
    by_span: defaultdict[_Span, list[Terms]] = defaultdict(list)
    for line_id, span in asked.items():
        by_span[_Span(min(span), span.end)].append(terms[line_id])
    figures: dict[UUID, Figure] = {}
    for span, some in by_span.items():
        figures |= _figures_of(session, some, span.start, span.end)
    return figures


def _figures_of(session: Session, lines: Sequence[Terms], start: datetime, end: datetime) -> dict[UUID, Figure]:
    """Read the meters of one span; where readings of one are forgotten, the others are still read."""
    keys = {line.line_id: (line.asset_id, line.meter.code) for line in lines if line.meter}
    try:
        found = meter_figures(session, wanted=sorted(set(keys.values())), start=start, end=end)
    except ReadingsForgotten:
        if len(lines) == 1:
            newest = latest_meters(session)[keys[lines[0].line_id][1]]
            return {lines[0].line_id: Figure(newest, (newest.version,), forgotten_days=1)}
        half = len(lines) // 2
        return _figures_of(session, lines[:half], start, end) | _figures_of(session, lines[half:], start, end)
    return {line_id: found[key] for line_id, key in keys.items()}
