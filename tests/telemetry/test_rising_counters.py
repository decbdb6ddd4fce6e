"""What counters did is told alike at once and one by one, however they ran and whatever of it is packed."""

from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import update
from sqlmodel import Session, col

from telemetry.codec import CODEC, pack_readings, unpack_days, unpack_readings
from telemetry.compact import compact
from telemetry.find_series_days import series_keys
from telemetry.ingest import ingest
from telemetry.moment import DAY
from telemetry.read_rising import risen
from telemetry.read_usage import usages, usages_one_by_one
from telemetry.span import span
from telemetry.tables import ReadingBatchRecord

FIRST = datetime(2026, 3, 28, 20, tzinfo=UTC)
METRIC = "operating_hours"
ASSETS = [UUID(int=number + 1) for number in range(24)]
SPANS = ((0, 9), (30, 80), (50, 50), (-90, -10), (36, 400), (4, 28))
"""In hours from the first one: within a day, over some, of no length, before all, beyond all, of whole days."""


def _runs(chance: Random, asset: UUID) -> pd.DataFrame:
    """Make the readings of one thing: seldom or often, rising, with a slip, or begun anew."""
    hours = sorted(chance.sample(range(-20, 120), chance.choice((0, 1, 2, 7, 40))))
    value, rows = 0.0, []
    for hour in hours:
        value = chance.choice((0.0, value)) if chance.random() < 0.05 and asset.int % 3 == 0 else value
        value += chance.choice((0, 1, round(chance.random(), 3)))
        rows.append({"asset_id": str(asset), "metric": METRIC, "at": FIRST + timedelta(hours=hour), "value": value})
    return pd.DataFrame(rows, columns=["asset_id", "metric", "at", "value"], dtype=object)


def _take(session: Session, frame: pd.DataFrame, *, packed: bool) -> None:
    sent = frame.assign(at=[f"{at:%Y-%m-%dT%H:%M:%SZ}" for at in frame["at"]], unit="hour")
    ingest(session, frame=sent, key=None, source="test", now=FIRST + timedelta(days=300))
    if packed:
        session.execute(update(ReadingBatchRecord).where(col(ReadingBatchRecord.is_open)).values(followed=True))
        while compact(session).batches:
            pass


def test_counters_are_told_alike_at_once_and_one_by_one(measuring: Session) -> None:
    chance = Random(3)
    frame = pd.concat([_runs(chance, asset) for asset in ASSETS]).sample(frac=1, random_state=3)
    for part, packed in ((frame[::2], True), (frame[1::4], True), (frame[3::4], False)):
        _take(measuring, part, packed=packed)
    keys = list(series_keys(measuring, [(asset, METRIC) for asset in reversed(ASSETS)]).values())
    plain = 0

    for start, end in SPANS:
        asked = span(FIRST + timedelta(hours=start), FIRST + timedelta(hours=end))
        assert usages(measuring, keys, asked) == usages_one_by_one(measuring, keys, asked)
        plain += int(np.count_nonzero(~risen(measuring, keys, asked).odd))
    assert len(keys) * len(SPANS) * 0.6 < plain < len(keys) * len(SPANS)


def test_counters_that_were_never_read_are_none(measuring: Session) -> None:
    assert usages(measuring, [], span(FIRST, FIRST + timedelta(days=1))) == {}


days = st.lists(
    st.tuples(st.lists(st.integers(0, 86_399), min_size=1, max_size=6, unique=True), st.integers(0, 3), st.booleans()),
    max_size=12,
)


@settings(deadline=None, max_examples=60)
@given(days=days)
def test_days_are_unpacked_together_as_each_by_itself(days: list[Any]) -> None:
    packed = []
    for seconds, decimals, rises in days:
        steps = np.diff(np.sort(np.array(seconds)) * 1_000_000, prepend=0)
        numbers = np.array(seconds) / 10.0**decimals if rises else np.array([1 / (1 + one) for one in seconds])
        packed.append(pack_readings(steps, numbers))

    lengths, at, value = unpack_days(packed)

    each = [unpack_readings(one, codec=CODEC, midnight=7 * DAY) for one in packed]
    assert lengths.tolist() == [len(one) for one, _ in each]
    assert at.tolist() == [moment - 7 * DAY for one, _ in each for moment in one.tolist()]
    assert value.tolist() == [number for _, one in each for number in one.tolist()]
