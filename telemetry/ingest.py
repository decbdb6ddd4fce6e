"""Take in a batch of readings: check it, convert it, store each reading once, and roll it up."""

from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

import numpy as np
import pandas as pd
from sqlmodel import Session, col, func, select

from telemetry.claim_batch import claim_batch
from telemetry.doubt import ORDER, Doubt
from telemetry.metric import Metric
from telemetry.open_series import Pair, open_series
from telemetry.quarantine_readings import forget, quarantine_readings
from telemetry.reading import Arrived, read
from telemetry.sift import Sifted, sift
from telemetry.store_readings import store_readings
from telemetry.tables import MetricRecord, QuarantinedReadingRecord, ReadingBatchRecord, SeriesRecord
from telemetry.track import Track


class Ingested(NamedTuple):
    """What became of a batch: every reading was taken, a duplicate, or quarantined for one of the reasons."""

    key: str
    taken: int
    duplicates: int
    quarantined: int
    reasons: dict[str, int]
    asset_ids: frozenset[UUID] = frozenset()
    """The assets of which something new is known."""
    repeated: bool = False
    """This very batch was stored before, and nothing changed."""


def ingest(
    session: Session, *, frame: pd.DataFrame, key: str | None, source: str, now: datetime, zone: str | None = None
) -> Ingested:
    """Store a batch in one go with its rollups: columns asset_id, metric, at, value and unit (empty is canonical).

    `key` is the sender's name for this batch. Without one the content is the key, and a batch that was partly
    quarantined is tried again, since its unit or metric may be known by now. `zone` is that of moments without one.
    Does not know whether an asset exists. Raises MissingColumn and BatchKeyReused.
    """
    arrived = read(frame, zone=zone)
    batch, stored_before = claim_batch(session, key=key, content_hash=arrived.fingerprint, source=source, now=now)
    if stored_before and (key is not None or not batch.quarantined):
        return _repeated(session, batch)
    metrics: Mapping[str, Metric] = {record.code: record for record in session.exec(select(MetricRecord))}
    sifted = sift(arrived, metrics=metrics, now=now)
    series = open_series(session, _pairs(arrived, sifted))

    settled = store_readings(session, _track(arrived, sifted, series), series=list(series.values()), metrics=metrics)
    sifted.doubt[settled.conflicting] = ORDER.index(Doubt.CONFLICTING)
    doubted = [(int(row), ORDER[sifted.doubt[row]]) for row in np.flatnonzero(sifted.doubt >= 0)]
    if stored_before:
        forget(session, batch_key=batch.key)
    batch.quarantined = quarantine_readings(
        session, frame=frame, doubted=doubted, metrics=metrics, batch_key=batch.key, now=now
    )
    batch.duplicates = settled.duplicates
    batch.taken = len(arrived) - batch.quarantined - batch.duplicates
    session.add(batch)
    session.flush()
    return Ingested(
        key=batch.key,
        taken=batch.taken,
        duplicates=batch.duplicates,
        quarantined=batch.quarantined,
        reasons=dict(Counter(doubt.value for _, doubt in doubted)),
        asset_ids=settled.asset_ids,
    )


def _repeated(session: Session, batch: ReadingBatchRecord) -> Ingested:
    """Tell what stands: all that this batch brought is there already."""
    reason = col(QuarantinedReadingRecord.reason)
    counted = session.exec(
        select(QuarantinedReadingRecord.reason, func.count())
        .where(col(QuarantinedReadingRecord.batch_key) == batch.key)
        .group_by(reason)
    )
    return Ingested(
        key=batch.key,
        taken=0,
        duplicates=batch.taken + batch.duplicates,
        quarantined=batch.quarantined,
        reasons=dict(counted.all()),
        repeated=True,
    )


def _pairs(arrived: Arrived, sifted: Sifted) -> list[Pair]:
    """Give the assets and metrics of the believed readings."""
    width = len(arrived.metric.word)
    rows = sifted.believed
    codes = np.unique(sifted.asset[rows] * width + arrived.metric.row[rows])
    found = [(sifted.assets[code // width], arrived.metric.word[code % width]) for code in codes.tolist()]
    return [(asset_id, metric) for asset_id, metric in found if asset_id is not None]


def _track(arrived: Arrived, sifted: Sifted, series: Mapping[Pair, SeriesRecord]) -> Track:
    """Give the believed readings with the numbers of their series."""
    width = len(arrived.metric.word)
    rows = sifted.believed
    codes, of_row = np.unique(sifted.asset[rows] * width + arrived.metric.row[rows], return_inverse=True)
    pairs = ((sifted.assets[code // width], arrived.metric.word[code % width]) for code in codes.tolist())
    numbers = np.array([series[asset, metric].number for asset, metric in pairs if asset is not None], dtype=np.int64)
    return Track(numbers[of_row], arrived.stamp.micros[rows], sifted.value[rows], rows)
