"""Messages that the broker delivers again, because it was not told that they are stored, change nothing."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlmodel import select

from pas import listen_to_broker
from pas.mqtt_window import moved, not_yet_stored
from pas.take_messages import Took, take_messages
from telemetry.mqtt_gateway import MOST_AT_ONCE, Message
from telemetry.sparkplug_payload import DataType
from telemetry.tables import ReadingBatchRecord
from tests.mqtt.conftest import Laundry
from tests.telemetry.sparkplug_messages import AT, bd_seq, metric, payload

Take = Callable[..., Took]


def message(topic: str, body: str | bytes, number: int = 1, *, at: datetime, **more: Any) -> Message:
    content = body.encode() if isinstance(body, str) else body
    usual = {"content_type": "", "encoding": "", "retained": False, "again": False, "acknowledged_by_us": True}
    return Message(topic=topic, payload=content, number=number, connection=1, at=at, **(usual | more))


@pytest.fixture
def take(laundry: Laundry, now: datetime) -> Take:
    def taken(*messages: Message) -> Took:
        return take_messages(laundry.database, client="pas", messages=messages, now=now)

    return taken


def state(laundry: Laundry) -> Any:
    with laundry.database.reading(laundry.tenant) as session:
        batches = session.exec(select(ReadingBatchRecord)).all()
        receipts = [(one.key, one.taken, one.duplicates, one.quarantined) for one in batches]
    return laundry.readings("power"), laundry.readings("co2"), laundry.quarantined(), laundry.refused(), receipts


def test_what_was_stored_but_not_acknowledged_changes_nothing_when_it_comes_again(
    laundry: Laundry, take: Take, now: datetime
) -> None:
    topic = f"{laundry.topic}/{laundry.own.serial}"
    sent = [
        message(f"{topic}/power", "21.5", 1, at=now),
        message(f"{topic}/co2", '{"value": 400, "at": "2026-10-01T00:00:00Z"}', 2, at=now),
        message(f"{topic}/power", '{"value": 9e9, "at": "2026-10-01T00:00:00Z"}', 3, at=now),
        message(f"{laundry.topic}/readings", "rubbish", 4, at=now),
    ]
    first = take(*sent)
    before = state(laundry)
    assert (first.taken, first.quarantined, first.refused) == (2, 1, 1)

    again = take(*(one._replace(again=True, at=now + timedelta(minutes=1)) for one in sent))

    assert state(laundry) == before
    assert (again.taken, again.refused) == (0, 0)


def test_part_of_it_again_beside_something_new_stores_only_what_is_new(
    laundry: Laundry, take: Take, now: datetime
) -> None:
    topic = f"{laundry.topic}/{laundry.own.serial}/power"
    old = message(topic, "1", 1, at=now)
    take(old)

    take(old._replace(again=True), message(topic, "2", 2, at=now + timedelta(seconds=1)))

    assert laundry.readings("power") == [1.0, 2.0]


def test_the_same_number_for_another_message_is_another_message(laundry: Laundry, take: Take, now: datetime) -> None:
    topic = f"{laundry.topic}/{laundry.own.serial}/power"
    take(message(topic, "1", 1, at=now))

    take(message(topic, "2", 1, at=now + timedelta(seconds=1), again=True))

    assert laundry.readings("power") == [1.0, 2.0]


def test_only_as_much_is_remembered_as_the_broker_may_have_open(now: datetime) -> None:
    sent = [message("t", "x", number, at=now, again=True) for number in range(MOST_AT_ONCE + 1)]
    window = moved(b"", sent)

    assert not_yet_stored(sent, window) == sent[:1]


def test_the_unit_of_a_birth_counts_for_its_data(laundry: Laundry, take: Take, now: datetime) -> None:
    node, serial = "dryer.1", laundry.own.serial
    power = metric("Power", alias=1, kind=DataType.DOUBLE, unit="W", double_value=1500.0)
    later = metric(alias=1, at=AT + 60_000, double_value=2500.0)
    spoken = [
        ("NBIRTH/" + node, payload(bd_seq(0), seq=0)),
        (f"DBIRTH/{node}/{serial}", payload(power, seq=1)),
        (f"DDATA/{node}/{serial}", payload(later, seq=2)),
    ]

    took = take(*(message(f"spBv1.0/maker/{topic}", body, at=now) for topic, body in spoken))

    assert (laundry.readings("power"), took.commands) == ([1.5, 2.5], [])


def test_a_node_that_speaks_of_itself_speaks_of_its_only_asset(laundry: Laundry, take: Take, now: datetime) -> None:
    power = metric("Power", kind=DataType.DOUBLE, double_value=1.5)
    states = metric("Program", kind=DataType.DATASET, dataset_value=b"")

    take(message("spBv1.0/maker/NBIRTH/dryer.1", payload(bd_seq(0), power, states, seq=0), at=now))

    assert laundry.readings("power") == [1.5]
    assert laundry.quarantined() == [("unknown-metric", "a DataSet")]


def test_what_hosts_say_to_nodes_is_no_reading(laundry: Laundry, take: Take, now: datetime) -> None:
    topics = ("spBv1.0/STATE/scada", "spBv1.0/maker/NCMD/dryer.1", "spBv1.0/maker/DCMD/dryer.1/X")

    assert take(*(message(topic, "{}", at=now) for topic in topics)) == Took()


def test_one_message_that_breaks_everything_does_not_hold_up_the_others(
    laundry: Laundry, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    topic = f"{laundry.topic}/{laundry.own.serial}/power"
    real = listen_to_broker.take_messages

    def broken(database: Any, *, client: str, messages: Any, now: datetime) -> Took:
        if any(one.payload == b"13" for one in messages):
            raise RuntimeError("a fault of ours")
        return real(database, client=client, messages=messages, now=now)

    monkeypatch.setattr(listen_to_broker, "take_messages", broken)
    sent = [message(topic, str(12 + number), number, at=now + timedelta(seconds=number)) for number in range(3)]

    listen_to_broker._together_or_alone(laundry.database, "pas", sent)

    assert laundry.readings("power") == [12.0, 14.0]
    assert laundry.refused() == {"message-broke": 1}


LEVELS = st.sampled_from(
    [
        "pas",
        "maker",
        "dryer.1",
        "readings",
        "csv",
        "LP-1-0000",
        "power",
        "%00",
        "",
        "spBv1.0",
        "NBIRTH",
        "DDATA",
        "X\0",
        "é",
    ]
)


@given(
    sent=st.lists(
        st.tuples(
            st.lists(LEVELS, min_size=1, max_size=6).map("/".join) | st.text(max_size=30),
            st.binary(max_size=60) | st.sampled_from([b"1", b"{}", b"[]", b'{"value": 1e999}', b'{"readings": [{}]}']),
            st.sampled_from(["", "application/json", "text/csv", "text/plain", "application/senml+json", "x/y"]),
        ),
        max_size=8,
    )
)
@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_comes_under_whatever_topic_breaks_nothing(
    laundry: Laundry, now: datetime, sent: list[tuple[str, bytes, str]]
) -> None:
    messages = [message(topic, body, at=now, content_type=form) for topic, body, form in sent]

    take_messages(laundry.database, client="pas", messages=messages, now=now)
