"""Measure for how long things were down in a span: by a meter in hours, or by the status in which they stood."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any, NamedTuple
from uuid import UUID

from sqlmodel import Session, col, select

from billing.contract_life.clause import ServiceLevel
from billing.contract_life.service_credit import Downtime
from billing.proof import plain, to_thousandths
from lifecycle.tables import StayRecord
from telemetry.figure import Figure
from telemetry.lots import KEYS, lots
from telemetry.read_meters import meter_figures

AN_HOUR = timedelta(hours=1)


class Watched(NamedTuple):
    """A thing, what down means for it, and the moments between which it counts."""

    asset_id: UUID
    level: ServiceLevel
    start: datetime
    end: datetime


def measure_downtime(session: Session, watched: Sequence[Watched], *, now: datetime) -> list[Downtime]:
    """Give the hours down of each, with what they rest on; of time to come nothing is known. Writes nothing.

    Raises UnknownMeter.
    """
    figures = _figures(session, [one for one in watched if one.level.down_meter is not None])
    stays = _stays(session, {one.asset_id for one in watched if one.level.down_meter is None})
    return [
        _by_meter(one, figures[one.asset_id, one.level.down_meter, one.start, one.end])
        if one.level.down_meter is not None
        else _by_status(one, stays[one.asset_id], min(one.end, now))
        for one in watched
    ]


def _figures(session: Session, watched: Iterable[Watched]) -> dict[tuple[UUID, str | None, datetime, datetime], Figure]:
    spans: defaultdict[tuple[datetime, datetime], list[tuple[UUID, str]]] = defaultdict(list)
    for one in watched:
        spans[one.start, one.end].append((one.asset_id, one.level.down_meter or ""))
    return {
        (asset_id, code, start, end): figure
        for (start, end), wanted in spans.items()
        for (asset_id, code), figure in meter_figures(session, wanted=wanted, start=start, end=end).items()
    }


def _by_meter(one: Watched, figure: Figure) -> Downtime:
    hours = to_thousandths(Fraction(repr(float(figure.increase))))
    told: dict[str, Any] = {
        "meter": figure.meter.code,
        "metric": figure.meter.metric,
        "versions": list(figure.versions),
    }
    covered = None if figure.covered_hours is None else to_thousandths(Fraction(repr(float(figure.covered_hours))))
    told |= {"means": figure.meter.means, "readings": figure.readings, "covered": str(covered)}
    return Downtime(hours, _about(one, hours) | told)


def _stays(session: Session, asset_ids: Iterable[UUID]) -> defaultdict[UUID, list[StayRecord]]:
    found: defaultdict[UUID, list[StayRecord]] = defaultdict(list)
    for some in lots(sorted(asset_ids), KEYS):
        query = select(StayRecord).where(col(StayRecord.asset_id).in_(some))
        for stay in session.exec(query.order_by(col(StayRecord.since))):
            found[stay.asset_id].append(stay)
    return found


def _by_status(one: Watched, stays: Sequence[StayRecord], known_until: datetime) -> Downtime:
    down: list[list[str]] = []
    hours = Fraction(0)
    for stay in stays:
        since, until = max(stay.since, one.start), min(stay.until or known_until, known_until)
        if stay.status in one.level.down_statuses and since < until:
            hours += Fraction((until - since) // timedelta(microseconds=1), AN_HOUR // timedelta(microseconds=1))
            down.append([since.isoformat(), until.isoformat()])
    counted = to_thousandths(hours)
    told: dict[str, Any] = {"statuses": [status.value for status in one.level.down_statuses], "spans": down}
    return Downtime(counted, _about(one, counted) | told)


def _about(one: Watched, hours: Decimal) -> dict[str, Any]:
    return {
        "asset_id": str(one.asset_id),
        "hours": str(plain(hours)),
        "since": one.start.isoformat(),
        "until": one.end.isoformat(),
    }
