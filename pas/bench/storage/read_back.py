"""Read whole series-days back, held against the same days as rows of SQLite with a key."""

import sqlite3
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import NamedTuple

import numpy as np
from sqlmodel import Session, col, select

from pas.bench.service import SLUG
from pas.db import Database
from telemetry.find_series_days import Place, packed_days
from telemetry.moment import DAY, day_of
from telemetry.series_day import unpacked
from telemetry.tables import SeriesDayRecord
from telemetry.track import Track

_ROUNDS = 5
GOAL = 25.0


class ReadBack(NamedTuple):
    """Series-days a second, each as two columns of numbers; medians of interleaved rounds."""

    days: int
    readings_a_day: float
    packed_together: float
    """Ours, all days in one question."""
    packed_one_by_one: float
    """Ours, a question for each day."""
    sqlite_rows: float
    """Bare SQLite, a table with the key (series, at) kept in that order, a question for each day."""
    ratio_together: float
    ratio_one_by_one: float
    goal: float


def read_back(database: Database, folder: Path, start: int, *, days: int) -> ReadBack:
    """Read the first whole day of some series, spread over all of them."""
    with database.reading(database.tenant_id(SLUG)) as session, closing(_rows_file(folder)) as rows:
        places = _places(session, start, days)
        tracks = [unpacked(list(packed_days(session, [place]))) for place in places]
        _fill(rows, tracks)
        rounds = [
            (
                _rate(lambda: _together(session, places), len(places)),
                _rate(lambda: _one_by_one(session, places), len(places)),
                _rate(lambda: _from_rows(rows, places, start), len(places)),
            )
            for _ in range(_ROUNDS)
        ]
    together, single, bare = (median(column) for column in zip(*rounds, strict=True))
    ratios = [median(one[way] / one[2] for one in rounds) for way in (0, 1)]
    each = sum(map(len, tracks)) / len(tracks)
    return ReadBack(len(places), each, together, single, bare, ratios[0], ratios[1], GOAL)


def _places(session: Session, start: int, days: int) -> list[Place]:
    one = SeriesDayRecord
    query = select(one.shard, one.series, one.day).where(col(one.day) == day_of(start)).order_by(col(one.series))
    found = [(shard, series, day) for shard, series, day in session.exec(query)]
    return found[:: max(1, len(found) // days)][:days]


def _together(session: Session, places: Sequence[Place]) -> list[Track]:
    return [unpacked([one]) for one in packed_days(session, places)]


def _one_by_one(session: Session, places: Sequence[Place]) -> list[Track]:
    return [unpacked(list(packed_days(session, [place]))) for place in places]


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
