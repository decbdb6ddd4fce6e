"""A table of what is asked for is looked up row by row, however much else there is."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Date, Integer, and_, select, text
from sqlalchemy.dialects import sqlite
from sqlmodel import Session, col, create_engine

from telemetry.asked_rows import asked_rows
from telemetry.find_series_days import at_places
from telemetry.tables import SeriesDayRecord

_rows = st.lists(st.tuples(st.integers(0, 63), st.integers(0, 2**31 - 1), st.dates()), max_size=5)


@given(_rows)
def test_what_is_asked_comes_back_on_sqlite(rows: list[tuple[int, int, date]]) -> None:
    with Session(create_engine("sqlite://")) as session:
        asked = asked_rows(session, rows, shard=Integer(), series=Integer(), day=Date())
        assert [tuple(row) for row in session.execute(select(asked))] == rows


@pytest.mark.parametrize("rows", [[], [(1, 2, date(2026, 10, 1)), (3, 2**31 - 1, date(1, 1, 1))]])
def test_what_is_asked_comes_back(session: Session, rows: list[tuple[int, int, date]]) -> None:
    asked = asked_rows(session, rows, shard=Integer(), series=Integer(), day=Date())

    assert sorted(tuple(row) for row in session.execute(select(asked))) == rows


def test_sqlite_reads_the_list_once_and_finds_each_day_by_its_key(session: Session) -> None:
    if session.get_bind().dialect.name != "sqlite":
        return
    asked, one = at_places(session, [(1, 2, date(2026, 10, 1))]), SeriesDayRecord
    same = and_(*(getattr(one, name) == asked.c[name] for name in ("shard", "series", "day")))
    query = select(col(one.codec)).where(col(one.tenant_id) == 1, same)
    written = str(query.compile(dialect=sqlite.dialect(), compile_kwargs={"literal_binds": True}))

    plan = " ".join(row[3] for row in session.connection().execute(text(f"EXPLAIN QUERY PLAN {written}")))
    assert "tenant_id=? AND shard=? AND series=? AND day=?" in plan
