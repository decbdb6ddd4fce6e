"""Several senders at once: every reading is kept once, whoever comes first, and a batch goes in once."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pandas as pd
import pytest

from pas.db import Database
from telemetry.ingest import Ingested, ingest
from telemetry.keep_metrics import keep_metrics
from telemetry.metric import CATALOGUE
from telemetry.queries import series, usage
from tests.conftest import NOW

DAY = datetime(2026, 10, 1, tzinfo=UTC)
ASSETS = [UUID(int=number) for number in range(1, 6)]
SENDERS = 8


@pytest.fixture
def measuring(database: Database, tenant: int) -> int:
    with database.writing(tenant) as session:
        keep_metrics(session, CATALOGUE)
    return tenant


def _send(database: Database, tenant: int, minutes: Sequence[int], key: str | None = None) -> Ingested:
    frame = pd.DataFrame(
        {
            "asset_id": [str(asset) for asset in ASSETS for _ in minutes],
            "metric": "cycles",
            "at": [(DAY + timedelta(minutes=minute)).isoformat() for _ in ASSETS for minute in minutes],
            "value": [float(minute) for _ in ASSETS for minute in minutes],
        }
    )
    with database.writing(tenant) as session:
        return ingest(session, frame=frame, key=key, source="test", now=NOW)


def test_senders_of_the_same_days_lose_nothing(database: Database, measuring: int) -> None:
    shares = [range(sender, 480, SENDERS // 2) for sender in range(SENDERS // 2)] * 2

    with ThreadPoolExecutor(SENDERS) as pool:
        found = list(pool.map(lambda share: _send(database, measuring, share), shares))

    assert sum(one.taken for one in found) == 480 * len(ASSETS)
    assert sum(one.duplicates for one in found) == 480 * len(ASSETS)
    with database.reading(measuring) as session:
        for asset in ASSETS:
            kept = series(session, asset_id=asset, metric="cycles", start=DAY, end=NOW)
            assert kept["value"].tolist() == [float(minute) for minute in range(480)]
        whole = usage(session, wanted=[(asset, "cycles") for asset in ASSETS], start=DAY, end=NOW)
        assert {one.increase for one in whole.values()} == {479.0}


def test_one_batch_sent_at_once_by_many_goes_in_once(database: Database, measuring: int) -> None:
    with ThreadPoolExecutor(SENDERS) as pool:
        found = list(pool.map(lambda _: _send(database, measuring, range(60), key="gate-1"), range(SENDERS)))

    assert sorted(one.taken for one in found) == [0] * (SENDERS - 1) + [60 * len(ASSETS)]
    assert sum(one.repeated for one in found) == SENDERS - 1
