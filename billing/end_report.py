"""What the things of the ending contracts will be worth when their service ends."""

from collections import defaultdict
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID

from sqlmodel import Session

from billing.contract_life.ending import Ending, EndReportLine, line_of
from billing.period import Period
from billing.queries import leases_ending
from lifecycle.valuation.value import AssetValue
from lifecycle.value_assets import value_assets

DAY = timedelta(days=1)


def end_report(session: Session, *, start: date, end: date, as_of: date, now: datetime) -> list[EndReportLine]:
    """Value every thing whose last contract day lies from `start` up to, and without, `end`; writes nothing.

    Each value is as of that last day, from what was known at the end of `as_of`. A thing that the same customer
    goes on using under a new contract is listed all the same. Raises NotAPeriod.
    """
    endings = leases_ending(session, period=Period(start, end))
    known_until = min(now, datetime.combine(as_of + DAY, time(), tzinfo=UTC) - timedelta(microseconds=1))

    values = _values(session, endings, known_until)

    lines = [line_of(one, values[one.asset_id, one.last_day]) for one in endings]
    return sorted(lines, key=lambda line: (line.last_day, line.contract, line.serial))


def _values(session: Session, endings: list[Ending], known_until: datetime) -> dict[tuple[UUID, date], AssetValue]:
    """Value all things that end on one day at once."""
    by_day: defaultdict[date, list[UUID]] = defaultdict(list)
    for one in endings:
        by_day[one.last_day].append(one.asset_id)
    return {
        (value.asset_id, day): value
        for day, asset_ids in by_day.items()
        for value in value_assets(session, asset_ids=sorted(set(asset_ids)), as_of=day, now=known_until)
    }
