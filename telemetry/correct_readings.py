"""Correct readings that were measured or told wrong: the right value counts from now on, the wrong one stays on record.

The right value lies packed in its day at once, where it goes before any reading of its moment that is still open.
"""

from datetime import datetime
from uuid import UUID

import numpy as np
from sqlalchemy import update
from sqlmodel import Session, col, insert

from telemetry.correction import Corrected, Correction, NothingToCorrect, plausible
from telemetry.find_series_days import Place, packed_days, series_keys
from telemetry.lock_journal import lock_days, lock_journal
from telemetry.lots import ROWS, lots
from telemetry.moment import DAY, day_of, micros, moment
from telemetry.open_readings import open_at
from telemetry.queries import metric
from telemetry.replace_days import replace_days
from telemetry.series_day import unpacked
from telemetry.series_key import SeriesKey
from telemetry.tables import ReadingCorrectionRecord, SeriesRecord, tenant_of
from telemetry.track import Numbers, Track, settle


def correct_readings(
    session: Session,
    *,
    asset_id: UUID,
    code: str,
    corrections: list[Correction],
    because: str,
    now: datetime,
    by: str,
) -> list[Corrected]:
    """Put right values in the place of readings of one metric of one asset; all of them or none.

    Give what was changed; a value that stands already changes nothing. Alarms that were raised on a wrong value stay as
    they were. Raises UnknownMetric, NothingToCorrect, ImplausibleCorrection, CorrectedTwice and ReadingsForgotten.
    """
    right = plausible(metric(session, code), corrections)
    lock_journal(session)
    lock_days(session)
    key = series_keys(session, [(asset_id, code)]).get((asset_id, code))
    if key is None:
        raise _nothing(code, min(right))
    given = _track(key, right)
    places = _places(key, given)
    packed = unpacked(list(packed_days(session, places)))

    was = _standing(session, packed, given, code)
    differs = was != given.value
    changed = given.take(differs)
    if len(changed):
        replace_days(session, settle(changed, packed).track, places, {key.number: key})
        _move_newest_on(session, changed)
    told = [
        Corrected(moment(at), before, value)
        for at, before, value in zip(changed.at.tolist(), was[differs].tolist(), changed.value.tolist(), strict=True)
    ]
    _remember(session, key, told, {"asset_id": asset_id, "metric": code, "because": because, "by": by}, now)
    return told


def _track(key: SeriesKey, right: dict[datetime, float]) -> Track:
    rows = sorted((micros(at), value) for at, value in right.items())
    at, value = (np.array(column) for column in zip(*rows, strict=True))
    return Track(np.full(len(at), key.number), at.astype(np.int64), value.astype(np.float64), np.arange(len(at)))


def _places(key: SeriesKey, given: Track) -> list[Place]:
    return [(key.shard, key.number, day_of(day * DAY)) for day in np.unique(given.at // DAY).tolist()]


def _standing(session: Session, packed: Track, given: Track, code: str) -> Numbers:
    """Give what stands at each moment, packed or open."""
    stands = settle(packed, open_at(session, given)).track
    place = np.searchsorted(stands.at, given.at)
    missing = np.append(stands.at, -1)[place] != given.at
    if missing.any():
        raise _nothing(code, moment(int(given.at[missing][0])))
    return stands.value[place]


def _nothing(code: str, at: datetime) -> NothingToCorrect:
    sentence = f"no reading of {code} stands at {at.isoformat()}; what was never measured is delivered, not corrected"
    return NothingToCorrect(sentence, field="at")


def _move_newest_on(session: Session, changed: Track) -> None:
    """Let the newest packed reading of the series be the one that was corrected, where that is as new."""
    one, at, value = SeriesRecord, moment(int(changed.at[-1])), float(changed.value[-1])
    query = update(one).where(col(one.number) == int(changed.series[0]))
    older = col(one.last_at).is_(None) | (col(one.last_at) <= at)
    session.execute(
        query.where(older).values(last_at=at, last_value=value).execution_options(synchronize_session=False)
    )


def _remember(session: Session, key: SeriesKey, told: list[Corrected], facts: dict[str, object], now: datetime) -> None:
    common = {"tenant_id": tenant_of(session), "shard": key.shard, "recorded_at": now, **facts}
    for some in lots([{**common, **one._asdict()} for one in told], ROWS):
        session.execute(insert(ReadingCorrectionRecord), some)
