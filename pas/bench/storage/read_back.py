"""Read whole series-days back, held against the same days as rows of SQLite with a key."""

import sqlite3
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import NamedTuple

import numpy as np
from sqlalchemy import select
from sqlmodel import Session, col

from pas.bench.service import SLUG
from pas.db import Database
from telemetry.codec import unpack_readings
from telemetry.find_series_days import Place, packed_days
from telemetry.moment import DAY, day_of, start_of
from telemetry.series_day import unpacked
from telemetry.tables import SeriesDayRecord
from telemetry.track import Track

_ROUNDS = 5
GOAL = 25.0


class Way(NamedTuple):
    """One way to read series-days, as two columns of numbers; medians of interleaved rounds."""

    way: str
    days_a_second: float
    ratio: float
    """To bare SQLite rows in the same round."""


class ReadBack(NamedTuple):
    """How many days were read, of how many readings, in which ways; the goal is that of the quickest of ours."""

    days: int
    readings_a_day: float
    goal: float
    ways: list[Way]


def read_back(database: Database, folder: Path, start: int, *, days: int) -> ReadBack:
    """Read the first whole day of some series, spread over all of them.

    The baseline is bare SQLite: a table in the order of its key (series, at), a question for each day.
    """
    with database.reading(database.tenant_id(SLUG)) as session, closing(_rows_file(folder)) as rows:
        places = _places(session, start, days)
        tracks = [unpacked(list(packed_days(session, [place]))) for place in places]
        _fill(rows, tracks)
        ways: dict[str, Callable[[], Sequence[object]]] = {
            "bare SQLite rows": lambda: _from_rows(rows, places, start),
            "ours, all days in one question": lambda: _together(session, places),
            "ours, a question for each day": lambda: _one_by_one(session, places),
        }
        if database.is_sqlite:
            bare = sqlite3.connect(folder / "pas.db")
            tenant_id = session.info["tenant_id"]
            ways["ours, by the bare driver, a question for each day"] = lambda: _bare(bare, tenant_id, places)
        rounds = [[_rate(way, len(places)) for way in ways.values()] for _ in range(_ROUNDS)]
    told = [
        Way(name, median(one[place] for one in rounds), median(one[place] / one[0] for one in rounds))
        for place, name in enumerate(ways)
    ]
    return ReadBack(len(places), sum(map(len, tracks)) / len(tracks), GOAL, told)


def _places(session: Session, start: int, days: int) -> list[Place]:
    one = SeriesDayRecord
    query = select(col(one.shard), col(one.series), col(one.day)).where(col(one.day) == day_of(start))
    found = [(shard, series, day) for shard, series, day in session.execute(query.order_by(col(one.series)))]
    return found[:: max(1, len(found) // days)][:days]


def _together(session: Session, places: Sequence[Place]) -> list[Track]:
    return [unpacked([one]) for one in packed_days(session, places)]


def _one_by_one(session: Session, places: Sequence[Place]) -> list[Track]:
    return [unpacked(list(packed_days(session, [place]))) for place in places]


def _bare(connection: sqlite3.Connection, tenant_id: int, places: Sequence[Place]) -> list[object]:
    """Read our packed days by the very driver that the rows are read by."""
    query = "SELECT codec, readings FROM series_day WHERE tenant_id = ? AND shard = ? AND series = ? AND day = ?"
    found: list[object] = []
    for shard, series, day in places:
        codec, packed = connection.execute(query, (tenant_id, shard, series, day.isoformat())).fetchone()
        found.append(unpack_readings(packed, codec=codec, midnight=start_of(day)))
    return found


def _rows_file(folder: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(folder / "rows.db", isolation_level=None)
    connection.execute(
        "CREATE TABLE reading (series INTEGER, at INTEGER, value REAL, PRIMARY KEY (series, at)) WITHOUT ROWID"
    )
    return connection


def _fill(rows: sqlite3.Connection, tracks: Sequence[Track]) -> None:
    rows.execute("BEGIN")
    for track in tracks:
        columns = (track.series.tolist(), track.at.tolist(), track.value.tolist())
        rows.executemany("INSERT INTO reading VALUES (?, ?, ?)", zip(*columns, strict=True))
    rows.execute("COMMIT")


def _from_rows(rows: sqlite3.Connection, places: Sequence[Place], start: int) -> list[object]:
    query = "SELECT at, value FROM reading WHERE series = ? AND at >= ? AND at < ? ORDER BY at"
    found: list[object] = []
    for _, series, _ in places:
        at, value = zip(*rows.execute(query, (series, start, start + DAY)).fetchall(), strict=True)
        found.append((np.array(at), np.array(value)))
    return found


def _rate(read: Callable[[], Sequence[object]], days: int) -> float:
    began = perf_counter()
    found = read()
    seconds = perf_counter() - began
    if len(found) != days:
        msg = f"{days} series-days were asked for and {len(found)} came back"
        raise RuntimeError(msg)
    return days / seconds
