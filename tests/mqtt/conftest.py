"""Brokers, the gateway on the test's database, and a device that speaks for one of two washing machines."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import NamedTuple
from uuid import UUID

import pytest
from sqlmodel import select

from lifecycle.actor import Actor
from lifecycle.tables import AssetRecord
from pas.db import Database
from pas.devices import NewDevice, WithSecret, add_device
from pas.tables import RefusedPayloadRecord
from telemetry.keep_metrics import keep_metrics
from telemetry.metric import CATALOGUE
from telemetry.queries import series
from telemetry.tables import QuarantinedReadingRecord
from tests.lifecycle.sample_fleet import store_assets, store_product
from tests.mqtt.brokers import Mosquitto, Nats, Process

_FIRST = datetime.fromisoformat("1990-01-01T00:00:00Z")
_LAST = datetime.fromisoformat("2200-01-01T00:00:00Z")


class Laundry(NamedTuple):
    """Two things, and a device that speaks for the first."""

    database: Database
    tenant: int
    own: AssetRecord
    foreign: AssetRecord
    device: WithSecret

    @property
    def topic(self) -> str:
        return f"pas/maker/{self.device.device.id.hex}"

    @property
    def secret(self) -> str:
        return self.device.shown_once.rsplit("_", 1)[1]

    def readings(self, metric: str, asset_id: UUID | None = None) -> list[float]:
        """Give the stored values of a metric in order of time."""
        with self.database.reading(self.tenant) as session:
            found = series(session, asset_id=asset_id or self.own.id, metric=metric, start=_FIRST, end=_LAST)
        return [float(value) for value in found["value"]]

    def quarantined(self) -> list[tuple[str, str]]:
        """Give reason and shown value of what was doubted."""
        with self.database.reading(self.tenant) as session:
            rows = session.exec(select(QuarantinedReadingRecord)).all()
        return sorted((row.reason, row.as_received["value"]) for row in rows)

    def refused(self) -> dict[str, int]:
        """Count the payloads that were refused whole, by reason."""
        with self.database.reading(self.tenant) as session:
            return {row.reason: row.count for row in session.exec(select(RefusedPayloadRecord))}


collect_ignore = ["edge_node.py"]
"""Runs in an environment of its own, as a process."""


@pytest.fixture
def laundry(database: Database, tenant: int, now: datetime, actor: Actor) -> Laundry:
    with database.writing(tenant) as session:
        keep_metrics(session, CATALOGUE)
        own, foreign = store_assets(session, store_product(session), count=2, now=now, by=actor)
        device = add_device(session, new=NewDevice(name="dryer.1", asset_ids=[own.id]), now=now, by=actor)
    return Laundry(database, tenant, own, foreign, device)


@pytest.fixture
def mosquitto(tmp_path: Path) -> Iterator[Mosquitto]:
    with Mosquitto(tmp_path / "mosquitto") as broker:
        yield broker


@pytest.fixture
def nats(tmp_path: Path) -> Iterator[Nats]:
    with Nats(tmp_path / "nats") as broker:
        yield broker


@pytest.fixture
def broker(database: Database, tmp_path: Path) -> Iterator[Process]:
    """Either broker: NATS before SQLite and mosquitto before PostgreSQL, for they know nothing of each other."""
    with either(database)(tmp_path / "broker") as started:
        yield started


def either(database: Database) -> type[Nats] | type[Mosquitto]:
    return Nats if database.is_sqlite else Mosquitto
