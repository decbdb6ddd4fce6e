"""Builders of telemetry: batches as they arrive, and a tenant that measures."""

from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

import pandas as pd
import pytest
from sqlmodel import Session, update

from telemetry.compact import compact
from telemetry.ingest import ingest
from telemetry.ingested import Ingested
from telemetry.keep_metrics import keep_metrics
from telemetry.metric import CATALOGUE
from telemetry.tables import ReadingBatchRecord

PROJECTOR = UUID("0190b0b0-0000-7000-8000-000000000001")

Row = tuple[Any, ...]


def batch(*rows: Row) -> pd.DataFrame:
    """Make a batch of (metric, at, value[, unit[, asset]]) rows, of one projector where no asset is named."""
    full = [(*row, *("", str(PROJECTOR))[len(row) - 3 :]) for row in rows]
    return pd.DataFrame(full, columns=["metric", "at", "value", "unit", "asset_id"], dtype=object)


def compact_all(session: Session) -> None:
    """Compact everything, as if the worker had done what follows from it."""
    session.execute(update(ReadingBatchRecord).values(followed=True))
    while compact(session).batches:
        pass


Take = Callable[..., Ingested]


@pytest.fixture
def measuring(session: Session) -> Session:
    """A session of a tenant that has the built-in metrics."""
    keep_metrics(session, CATALOGUE)
    return session


@pytest.fixture
def take(measuring: Session, now: datetime) -> Take:
    """`take(("co2", "2026-10-01T00:00:00Z", 400))` ingests a batch."""

    def ingested(*rows: Row, key: str | None = None, zone: str | None = None) -> Ingested:
        return ingest(measuring, frame=batch(*rows), key=key, source="test", now=now, zone=zone)

    return ingested
