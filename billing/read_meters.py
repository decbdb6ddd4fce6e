"""Read the meters of a month's contract lines, so that no use is billed twice and none is forgotten."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from sqlmodel import Session

from billing.period import FIRST_DAY, Month, Period, midnight
from billing.queries import meters_billed_until
from billing.rating import Proof, Terms, proof_of
from telemetry.queries import usage
from telemetry.usage import Usage

NEVER = midnight(FIRST_DAY, "UTC")


def read_meters(session: Session, *, month: Month, lines: Sequence[tuple[str, Terms]]) -> dict[UUID, Proof]:
    """Give what each metered line (with its contract's zone) used in its days of the month.

    A meter opens with the reading it was last billed up to: readings of the month before that came in after its
    invoice are billed now. Does not bill anything.
    """
    billed = meters_billed_until(session, day=month.start)
    spans: defaultdict[tuple[Period, str], list[Terms]] = defaultdict(list)
    for zone, line in lines:
        part = month.meet(line.starts_on, line.ends_on)
        if line.meter is not None and part is not None:
            spans[part, zone].append(line)

    uses: dict[UUID, Usage] = {}
    for (part, zone), some in spans.items():
        start, end = part.instants(zone)
        found = _usage(session, some, start, end)
        uses |= found | _late(session, some, found, billed, end)
    return {line_id: proof_of(use) for line_id, use in uses.items()}


def _late(
    session: Session,
    lines: Sequence[Terms],
    found: Mapping[UUID, Usage],
    billed: Mapping[UUID, datetime | None],
    end: datetime,
) -> dict[UUID, Usage]:
    """Read again, from where it was last billed, each meter that has since got earlier readings."""
    by_start: defaultdict[datetime, list[Terms]] = defaultdict(list)
    for line in lines:
        opening, last = found[line.line_id].opening_at, billed.get(line.line_id, NEVER) or NEVER
        if line.line_id in billed and opening is not None and last < opening:
            by_start[last].append(line)
    uses: dict[UUID, Usage] = {}
    for start, some in by_start.items():
        uses |= _usage(session, some, start, end)
    return uses


def _usage(session: Session, lines: Sequence[Terms], start: datetime, end: datetime) -> dict[UUID, Usage]:
    keys = {line.line_id: (line.asset_id, line.meter.metric) for line in lines if line.meter}
    found = usage(session, wanted=sorted(set(keys.values())), start=start, end=end)
    return {line_id: found[key] for line_id, key in keys.items()}
