"""However deliveries come and whenever some are compacted, every answer is that of all readings taken in at once."""

from datetime import UTC, datetime, timedelta
from itertools import count, pairwise
from typing import Any
from uuid import UUID

import numpy as np
import pandas as pd
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import update
from sqlmodel import Session, col, func, select

from pas.db import Database
from telemetry.compact import compact
from telemetry.delivery import Delivery
from telemetry.ingest import ingest_all
from telemetry.keep_metrics import keep_metrics
from telemetry.metric import CATALOGUE
from telemetry.queries import days, gauge_means, hours, latest, series, usage, use_rates
from telemetry.read_meters import meter_figures
from telemetry.reading import read
from telemetry.tables import ReadingBatchRecord, SeriesDayRecord
from tests.conftest import NOW, add_tenant

ASSETS = [UUID(int=number) for number in (1, 2)]
COUNTER, GAUGE, POWER = METRICS = ("operating_hours", "ambient_temperature", "power")
METERS = ("operating_hours", "running_hours", "energy_from_power", "starts_from_power")
FIRST = datetime(2026, 3, 28, 20, 0, tzinfo=UTC)
EVER = {"start": datetime(2026, 1, 1, tzinfo=UTC), "end": datetime(2026, 12, 1, tzinfo=UTC)}

Key = tuple[UUID, str, int]
Row = tuple[Key, float]

_numbers = count()
minutes = st.one_of(st.integers(0, 60 * 24 * 3), st.integers(600, 900))
"""Over three days, and many of them in the same few hours, so that deliveries meet in a day."""
readings = st.dictionaries(
    st.tuples(st.sampled_from(ASSETS), st.sampled_from(METRICS), minutes),
    st.integers(0, 60).map(float),
    min_size=1,
    max_size=80,
)
spans = st.lists(st.tuples(minutes, minutes), min_size=1, max_size=3)
modest = settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


def _deliveries(rows: list[Row], cuts: list[int]) -> list[Delivery]:
    edges = sorted({0, *cuts, len(rows)})
    return [_delivery(rows[start:end]) for start, end in pairwise(edges)]


def _delivery(rows: list[Row]) -> Delivery:
    frame = pd.DataFrame(
        {
            "asset_id": [str(key[0]) for key, _ in rows],
            "metric": [key[1] for key, _ in rows],
            "at": [(FIRST + timedelta(minutes=key[2])).isoformat() for key, _ in rows],
            "value": [value for _, value in rows],
        }
    )
    return Delivery(read(frame), None, "test")


def fresh_tenant(database: Database) -> int:
    tenant = add_tenant(database, f"t{next(_numbers)}")
    with database.writing(tenant) as session:
        keep_metrics(session, CATALOGUE)
    return tenant


def answers(session: Session, asked: list[tuple[int, int]]) -> dict[Any, Any]:
    """Ask everything that can be asked: readings, rollups, use, levels, meters, the latest."""
    told: dict[Any, Any] = {"latest": latest(session, asset_ids=ASSETS)}
    for asset in ASSETS:
        for metric in METRICS:
            for ask in (series, hours, days):
                told[asset, metric, ask.__name__] = ask(session, asset_id=asset, metric=metric, **EVER).to_dict("list")
    counters, gauges = ([(asset, metric) for asset in ASSETS] for metric in (COUNTER, GAUGE))
    meters = [(asset, meter) for asset in ASSETS for meter in METERS]
    for one, other in asked:
        start, end = (FIRST + timedelta(minutes=minute) for minute in sorted((one, other)))
        told["usage", one, other] = usage(session, wanted=counters, start=start, end=end)
        told["rates", one, other] = use_rates(session, wanted=counters, until=end, days=1)
        told["means", one, other] = gauge_means(session, wanted=gauges, start=start, end=end)
        told["meters", one, other] = meter_figures(session, wanted=meters, start=start, end=end)
    return told


def must_agree(found: dict[Any, Any], expected: dict[Any, Any]) -> None:
    """Hold answers against each other: what is added up of floating numbers, in another order, to the last digits."""
    assert found.keys() == expected.keys()
    for ask, told in found.items():
        if isinstance(ask, tuple) and ask[-1] in {"hours", "days", "series"}:
            assert told.keys() == expected[ask].keys()
            for name, column in told.items():
                if name == "at":
                    assert column == expected[ask][name]
                else:
                    np.testing.assert_allclose(column, expected[ask][name], rtol=1e-12, atol=1e-12, err_msg=str(ask))
        else:
            assert told == expected[ask], ask


@modest
@given(measured=readings, asked=spans, data=st.data())
def test_any_order_split_duplication_and_compaction_between_ends_the_same(
    database: Database,
    measured: dict[Key, float],
    asked: list[tuple[int, int]],
    data: st.DataObject,
) -> None:
    rows = list(measured.items())
    mixed = data.draw(st.permutations(rows + data.draw(st.lists(st.sampled_from(rows), max_size=20))))
    deliveries = _deliveries(mixed, data.draw(st.lists(st.integers(1, len(mixed)), max_size=6)))
    at_once, in_pieces = fresh_tenant(database), fresh_tenant(database)
    with database.writing(at_once) as session:
        ingest_all(session, deliveries=[_delivery(sorted(rows))], now=NOW)

    while deliveries:
        together = data.draw(st.integers(1, len(deliveries)))
        with database.writing(in_pieces) as session:
            ingest_all(session, deliveries=deliveries[:together], now=NOW)
        deliveries = deliveries[together:]
        with database.writing(in_pieces) as session:
            _compact_some(session, data)

    with database.reading(at_once) as session:
        expected = answers(session, asked)
    with database.reading(in_pieces) as session:
        must_agree(answers(session, asked), expected)
        assert session.exec(select(func.sum(ReadingBatchRecord.taken))).one() == len(rows)
    for tenant in (at_once, in_pieces):
        with database.writing(tenant) as session:
            _compact_all(session)
        with database.reading(tenant) as session:
            must_agree(answers(session, asked), expected)
            assert session.exec(select(func.sum(SeriesDayRecord.count))).one() == len(rows)


def _compact_some(session: Session, data: st.DataObject) -> None:
    """Compact nothing, a part of what waits, or all of it; a part of it may not even have been followed yet."""
    waiting = session.exec(select(ReadingBatchRecord.number).where(col(ReadingBatchRecord.is_open))).all()
    if not waiting:
        return
    followed = data.draw(st.sampled_from(sorted(waiting)))
    row = update(ReadingBatchRecord).where(col(ReadingBatchRecord.number) <= followed)
    session.execute(row.values(followed=True))
    for _ in range(data.draw(st.integers(0, 3))):
        compact(session, most=data.draw(st.integers(1, 40)))


def _compact_all(session: Session) -> None:
    session.execute(update(ReadingBatchRecord).values(followed=True))
    while compact(session).batches:
        pass


@modest
@given(measured=readings, late=readings, asked=spans, data=st.data())
def test_late_and_contradicting_readings_after_compaction_change_only_what_is_new(
    database: Database,
    measured: dict[Key, float],
    late: dict[Key, float],
    asked: list[tuple[int, int]],
    data: st.DataObject,
) -> None:
    tenant, reference = fresh_tenant(database), fresh_tenant(database)
    with database.writing(tenant) as session:
        ingest_all(session, deliveries=[_delivery(list(measured.items()))], now=NOW)
        _compact_all(session)
        told = ingest_all(session, deliveries=[_delivery(data.draw(st.permutations(list(late.items()))))], now=NOW)[0]
    with database.writing(reference) as session:
        ingest_all(session, deliveries=[_delivery(sorted((late | measured).items()))], now=NOW)

    known = late.keys() & measured.keys()
    contradicting = sum(late[key] != measured[key] for key in known)
    if told.repeated:
        assert late.items() == measured.items()
    else:
        found = (told.taken, told.duplicates, told.quarantined)
        assert found == (len(late) - len(known), len(known) - contradicting, contradicting)
    with database.reading(reference) as session:
        expected = answers(session, asked)
    with database.reading(tenant) as session:
        must_agree(answers(session, asked), expected)
