"""Readings of three things, stored as the worker would."""

from datetime import datetime, timedelta
from uuid import UUID

import pandas as pd
from sqlmodel import select

from pas.db import Database
from telemetry.compact import compact
from telemetry.ingest import ingest
from telemetry.tables import ReadingBatchRecord

THINGS = [UUID(int=number) for number in (7, 8, 200)]


def table(
    at: datetime, *, count: int = 50, metrics: tuple[str, ...] = ("energy", "ambient_temperature")
) -> pd.DataFrame:
    """Readings of three things, every 40 minutes from a moment on."""
    moments = [at + timedelta(minutes=40 * number, milliseconds=number) for number in range(count)]
    rows = [
        {
            "asset_id": str(thing),
            "metric": metric,
            "at": moment.isoformat(),
            "unit": "",
            "value": str(rise(metric, n) + thing.int / 8),
        }
        for thing in THINGS
        for metric in metrics
        for n, moment in enumerate(moments)
    ]
    return pd.DataFrame(rows)


def rise(metric: str, number: int) -> int:
    """Let a counter count on, and a level stay among what is plausible."""
    return number if metric == "energy" else number % 40


def take_in(database: Database, tenant: int, frame: pd.DataFrame, *, now: datetime) -> None:
    """Store readings and compact them."""
    with database.writing(tenant) as session:
        ingest(session, frame=frame, key=None, source="test", now=now)
        for batch in session.exec(select(ReadingBatchRecord)):
            batch.followed = True
        session.flush()
        compact(session)
