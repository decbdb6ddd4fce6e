"""What nodes say survives a restart of ours, in the database: births, the place in the row, and what is held."""

from datetime import datetime

import pytest
from sqlmodel import Session, func, select

from telemetry import follow_sparkplug as module
from telemetry.follow_sparkplug import FromNode, follow_sparkplug, online_nodes
from telemetry.sparkplug import Kind
from telemetry.sparkplug_payload import DataType
from telemetry.sparkplug_readings import as_batch
from telemetry.sparkplug_tables import SparkplugHeldRecord
from tests.telemetry.sparkplug_messages import AT, bd_seq, from_node, metric

POWER = metric("Power", alias=7, kind=DataType.DOUBLE, unit="W", double_value=1500.0)
BORN = [
    from_node("N", Kind.NODE_BIRTH, bd_seq(1), seq=0),
    from_node("N", Kind.DEVICE_BIRTH, POWER, seq=1, device="D"),
]


def data(seq: int, value: float, alias: int = 7) -> FromNode:
    said = metric(alias=alias, at=AT + seq * 1000, double_value=value)
    return from_node("N", Kind.DEVICE_DATA, said, seq=seq, device="D")


def values(found: module.Followed) -> list[tuple[str, float, str]]:
    return [(one.measured.name, one.measured.value.number, one.measured.unit) for one in found.readings]


def held(session: Session) -> int:
    return session.exec(select(func.count()).select_from(SparkplugHeldRecord)).one()


def test_an_alias_is_understood_in_a_later_transaction(session: Session, now: datetime) -> None:
    follow_sparkplug(session, messages=BORN, now=now)
    session.expire_all()

    found = follow_sparkplug(session, messages=[data(2, 1600.0)], now=now)

    assert values(found) == [("Power", 1600.0, "W")]
    assert online_nodes(session) == ["N"]


def test_what_is_held_is_read_by_the_next_birth_in_the_order_in_which_it_came(session: Session, now: datetime) -> None:
    follow_sparkplug(session, messages=BORN, now=now)
    gap = follow_sparkplug(session, messages=[data(3, 1.0), data(4, 2.0)], now=now)
    assert (values(gap), gap.rebirths, gap.held, held(session)) == ([], ["N"], 2, 2)
    session.expire_all()

    found = follow_sparkplug(session, messages=BORN, now=now)

    assert values(found) == [("Power", 1500.0, "W"), ("Power", 1.0, "W"), ("Power", 2.0, "W")]
    assert held(session) == 0


def test_an_alias_that_the_birth_does_not_know_is_shown_and_not_lost(session: Session, now: datetime) -> None:
    follow_sparkplug(session, messages=BORN, now=now)
    follow_sparkplug(session, messages=[data(2, 1.0, alias=9)], now=now)

    found = follow_sparkplug(session, messages=BORN, now=now)

    assert values(found)[1] == ("alias 9", 1.0, "")
    batch = as_batch([("D", one.measured) for one in found.readings])
    assert batch.metric.word == ["power", "alias_9", ""]


def test_a_node_that_never_answers_fills_no_disk(
    session: Session, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MOST_HELD", 3)
    found = [follow_sparkplug(session, messages=[data(seq, float(seq))], now=now) for seq in range(5)]

    assert held(session) == 3
    assert [values(one) for one in found] == [[], [], [], [("alias 7", 3.0, "")], [("alias 7", 4.0, "")]]


def test_a_moment_beyond_every_calendar_is_unreadable() -> None:
    far = from_node("N", Kind.NODE_BIRTH, metric("x", kind=DataType.DOUBLE, at=2**63, double_value=1.0), seq=0)
    measured = module.readings(module.Known(()), module._said(far))

    assert as_batch([("D", one) for one in measured]).stamp.unreadable.tolist() == [True]
