"""What is remembered of the journal fits it, whoever else writes and whatever is undone; compaction changes nothing."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pandas as pd
import pytest
from sqlmodel import Session, func, select

from pas.db import Database
from telemetry.compact import compact, is_due
from telemetry.delivery import Delivery
from telemetry.forget_receipts import forget_receipts
from telemetry.ingest import ingest, ingest_all
from telemetry.ingested import Ingested
from telemetry.keep_metrics import keep_metrics
from telemetry.metric import CATALOGUE
from telemetry.queries import days, latest, series, usage
from telemetry.reading import read
from telemetry.tables import ReadingBatchRecord, SeriesDayRecord
from tests.conftest import NOW
from tests.telemetry.conftest import PROJECTOR, compact_all

START = datetime(2026, 10, 1, tzinfo=UTC)
END = datetime(2026, 10, 9, tzinfo=UTC)


def _frame(values: dict[int, float], asset: UUID = PROJECTOR) -> pd.DataFrame:
    """Make a batch of a counter's values by minute."""
    at = [(START + timedelta(minutes=minute)).isoformat() for minute in values]
    return pd.DataFrame({"asset_id": str(asset), "metric": "cycles", "at": at, "value": list(values.values())})


def _send(session: Session, values: dict[int, float]) -> Ingested:
    return ingest(session, frame=_frame(values), key=None, source="test", now=NOW)


def _kept(session: Session) -> list[float]:
    found: list[float] = series(session, asset_id=PROJECTOR, metric="cycles", start=START, end=END)["value"].tolist()
    return found


@pytest.fixture
def other(database: Database, tenant: int) -> Iterator[Database]:
    """The same database as another process sees it."""
    with database.writing(tenant) as session:
        keep_metrics(session, CATALOGUE)
    with Database(database.url) as again:
        yield again


def test_two_processes_count_each_others_readings_as_duplicates(
    database: Database, other: Database, tenant: int
) -> None:
    told = []
    for turn in range(6):
        with (database, other)[turn % 2].writing(tenant) as session:
            told.append(_send(session, {minute: float(minute) for minute in range(turn * 10, turn * 10 + 20)}))
        if turn % 3 == 2:
            with other.writing(tenant) as session:
                compact_all(session)

    assert [(one.taken, one.duplicates) for one in told] == [(20, 0), *[(10, 10)] * 5]
    with database.reading(tenant) as session:
        assert _kept(session) == [float(minute) for minute in range(70)]


def test_what_is_rolled_back_is_forgotten(database: Database, other: Database, tenant: int) -> None:
    with pytest.raises(KeyboardInterrupt), database.writing(tenant) as session:
        _send(session, {1: 1.0})
        raise KeyboardInterrupt
    with other.writing(tenant) as session:
        assert _send(session, {2: 2.0}).taken == 1
    with database.writing(tenant) as session:
        assert _send(session, {1: 1.0, 2: 2.0})[1:3] == (1, 1)


def test_a_savepoint_that_is_undone_leaves_nothing(database: Database, other: Database, tenant: int) -> None:
    with database.writing(tenant) as session:
        trial = session.begin_nested()
        assert _send(session, {1: 1.0, 5: 5.0}).taken == 2
        trial.rollback()
        assert _kept(session) == []
        assert _send(session, {1: 1.0}).taken == 1
    with database.reading(tenant) as session:
        assert _kept(session) == [1.0]


def test_batches_delivered_together_know_of_each_other(database: Database, other: Database, tenant: int) -> None:
    frames = [_frame({1: 1.0, 2: 2.0}), _frame({2: 2.0, 3: 3.0}), _frame({1: 9.0}), _frame({1: 1.0, 2: 2.0})]
    deliveries = [Delivery(read(frame), None, "test") for frame in frames]
    with database.writing(tenant) as session:
        told = ingest_all(session, deliveries=deliveries, now=NOW)

    assert [(one.taken, one.duplicates, one.quarantined) for one in told] == [
        (2, 0, 0),
        (1, 1, 0),
        (0, 0, 1),
        (0, 2, 0),
    ]
    assert [one.repeated for one in told] == [False, False, False, True]


def test_one_refused_delivery_leaves_the_others_alone(database: Database, other: Database, tenant: int) -> None:
    deliveries = [Delivery(read(_frame({minute: 1.0})), key, "test") for minute, key in enumerate(["a", "a", "b"])]
    with database.writing(tenant) as session:
        told = ingest_all(session, deliveries=deliveries, now=NOW)

    assert [one.taken for one in told] == [1, 0, 1]
    assert [one.refused is not None for one in told] == [False, True, False]


def test_answers_are_the_same_before_and_after_compaction(database: Database, other: Database, tenant: int) -> None:
    batches = [range(0, 2000, 2), range(3000, 3100), range(1, 2000, 2), range(5000, 5010)]
    asked = {"asset_id": PROJECTOR, "metric": "cycles", "start": START, "end": END}
    answers = []
    for turn, minutes in enumerate(batches):
        with database.writing(tenant) as session:
            _send(session, {minute: float(minute % 700) for minute in minutes})
        for compacted in (False, True):
            if compacted and turn % 2:
                continue
            with database.writing(tenant) as session:
                if compacted:
                    compact_all(session)
            with database.reading(tenant) as session:
                wanted = [(PROJECTOR, "cycles")]
                used = usage(session, wanted=wanted, start=START + timedelta(hours=5), end=END)
                answers.append(
                    (turn, days(session, **asked).to_dict("list"), used, latest(session, asset_ids=[PROJECTOR]))
                )
    assert answers[0] == answers[1]
    assert answers[3] == answers[4]


def test_compaction_takes_only_what_was_followed_and_leaves_the_receipt(
    database: Database, other: Database, tenant: int
) -> None:
    with database.writing(tenant) as session:
        first = _send(session, {1: 1.0})
        assert compact(session).batches == 0
        compact_all(session)
        assert _send(session, {1: 1.0}).repeated
        batch = session.exec(select(ReadingBatchRecord)).one()
        assert (batch.key, batch.is_open, batch.body) == (first.key, False, b"")
        assert session.exec(select(func.count()).select_from(SeriesDayRecord)).one() == 1


def test_compaction_is_due_after_a_while_or_when_much_waits(database: Database, other: Database, tenant: int) -> None:
    with database.writing(tenant) as session:
        _send(session, {1: 1.0})
        assert not is_due(session, now=NOW + timedelta(hours=1))
        for batch in session.exec(select(ReadingBatchRecord)):
            batch.followed = True
            session.add(batch)
        assert not is_due(session, now=NOW + timedelta(minutes=1))
        assert is_due(session, now=NOW + timedelta(hours=1))


def test_a_forgotten_receipt_costs_no_reading(database: Database, other: Database, tenant: int) -> None:
    with database.writing(tenant) as session:
        _send(session, {1: 1.0})
        _send(session, {2: 2.0})
        compact_all(session)
        assert forget_receipts(session, before=NOW + timedelta(days=40)) == 1
    with other.writing(tenant) as session:
        assert _send(session, {1: 1.0})[1:3] == (0, 1)
        assert _send(session, {3: 3.0}).taken == 1
        numbers = session.exec(select(ReadingBatchRecord.number).order_by(ReadingBatchRecord.number)).all()
        assert numbers == [2, 3, 4]
