"""The naive road: the service as one writes it first, an object a reading, a quantity a reading, a row a reading.

Run by uvicorn as `pas.bench.ingest.naive:create`; NAIVE_DATABASE names its SQLite file.
"""

import os
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from fastapi import FastAPI
from pint import UnitRegistry
from pydantic import AwareDatetime, BaseModel
from sqlalchemy import Engine, UniqueConstraint, event
from sqlmodel import Field, Session, SQLModel, col, create_engine, select

from pas.bench.ingest.stream import METRICS

CANONICAL = dict(zip(METRICS, ("degC", "kWh", "percent", "mm/s", "kW"), strict=True))


def create() -> FastAPI:
    """Make the application; its classes live in here, apart from our own tables."""
    app, units = FastAPI(), UnitRegistry[Any]()

    class NewReading(BaseModel):
        asset: UUID
        metric: str
        at: AwareDatetime
        value: float
        unit: str

    class NewReadings(BaseModel):
        readings: list[NewReading]

    class Stored(SQLModel, table=True):
        __tablename__ = "naive_reading"
        __table_args__ = (UniqueConstraint("series", "at"),)
        id: UUID = Field(default_factory=uuid4, primary_key=True)
        series: str
        at: datetime
        value: float

    engine = _engine()
    SQLModel.metadata.create_all(engine, tables=[SQLModel.metadata.tables["naive_reading"]])

    def known(session: Session, times: dict[str, set[datetime]]) -> set[tuple[str, datetime]]:
        """Ask for each series what is there already of the moments that came."""
        found = set()
        for series, moments in times.items():
            span = col(Stored.at).between(min(moments), max(moments))
            found |= {(series, at) for at in session.exec(select(Stored.at).where(Stored.series == series, span))}
        return found

    @app.post("/readings", status_code=201)
    def take(batch: NewReadings) -> dict[str, int]:
        taken = []
        for one in batch.readings:
            value = units.Quantity(one.value, one.unit).to(CANONICAL[one.metric]).magnitude
            taken.append(Stored(series=f"{one.asset}/{one.metric}", at=one.at, value=value))
        times: dict[str, set[datetime]] = {}
        for row in taken:
            times.setdefault(row.series, set()).add(row.at)
        with Session(engine) as session:
            there = known(session, times)
            fresh = [row for row in taken if (row.series, row.at) not in there]
            session.add_all(fresh)
            session.commit()
            return {"taken": len(fresh), "duplicates": len(taken) - len(fresh), "quarantined": 0}

    return app


def _engine() -> Engine:
    engine = create_engine(f"sqlite:///{os.environ['NAIVE_DATABASE']}", connect_args={"timeout": 60})
    event.listen(engine, "connect", _prepare)
    return engine


def _prepare(connection: Any, _record: Any) -> None:
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
