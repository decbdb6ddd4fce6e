"""What Sparkplug B edge nodes say: births give the meaning, gaps take it away until the next birth."""

import math
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from telemetry.sparkplug import ASK_AGAIN, Heard, Kind, Measured, Message, Session, code, hear
from telemetry.sparkplug_payload import DataType, UnreadableSparkplug, decode, rebirth_command
from telemetry.sparkplug_value import value
from tests.telemetry.sparkplug_messages import AT, bd_seq, metric, payload, said

NOW = datetime(2026, 11, 1, 9, tzinfo=UTC)
TEMPERATURE = metric("Temperature", alias=7, kind=DataType.FLOAT, unit="°F", float_value=70.5)
WARMER = metric(alias=7, at=AT + 1000, float_value=71.0)


def heard_all(*messages: Message, session: Session | None = None) -> list[Heard]:
    state, found = session or Session(), []
    for message in messages:
        found.append(hear(state, message, now=NOW))
        state = found[-1].session
    return found


def alive(number: int = 3) -> Session:
    """A node with one device, both born."""
    return heard_all(
        said(Kind.NODE_BIRTH, bd_seq(number), seq=0), said(Kind.DEVICE_BIRTH, TEMPERATURE, seq=1, device="D")
    )[-1].session


def test_a_birth_names_what_an_alias_means_later() -> None:
    heard = hear(alive(), said(Kind.DEVICE_DATA, WARMER, seq=2, device="D"), now=NOW)

    assert heard.measured == [Measured("D", "Temperature", "°F", AT + 1000, value(9, "float_value", 71.0))]
    assert not heard.ask_rebirth


def test_the_values_of_a_birth_are_readings_but_commands_and_nulls_are_none() -> None:
    rebirth = metric("Node Control/Rebirth", kind=DataType.BOOLEAN, boolean_value=False)
    nothing = metric("Speed", kind=DataType.DOUBLE, is_null=True)
    heard = hear(Session(), said(Kind.NODE_BIRTH, bd_seq(0), rebirth, nothing, TEMPERATURE, seq=0), now=NOW)

    assert [one.name for one in heard.measured] == ["Temperature"]


def test_a_missing_number_keeps_what_follows_until_the_next_birth() -> None:
    gap = hear(alive(), said(Kind.DEVICE_DATA, WARMER, seq=3, device="D"), now=NOW)
    after = hear(gap.session, said(Kind.DEVICE_DATA, WARMER, seq=4, device="D"), now=NOW)

    assert (gap.held, gap.ask_rebirth, list(gap.measured)) == (True, True, [])
    assert (after.held, after.ask_rebirth) == (True, False), "it is not asked at every message"


def test_a_node_that_does_not_answer_is_asked_again_later() -> None:
    gap = hear(alive(), said(Kind.DEVICE_DATA, WARMER, seq=3, device="D"), now=NOW)

    assert hear(gap.session, said(Kind.DEVICE_DATA, WARMER, seq=4, device="D"), now=NOW + ASK_AGAIN).ask_rebirth


def test_the_count_goes_round_after_255() -> None:
    many = [said(Kind.DEVICE_DATA, WARMER, seq=n % 256, device="D") for n in range(2, 600)]

    assert not any(heard.held or heard.ask_rebirth for heard in heard_all(*many, session=alive()))


def test_an_unknown_alias_is_kept_and_a_rebirth_asked_for() -> None:
    heard = hear(alive(), said(Kind.DEVICE_DATA, metric(alias=8, float_value=1.0), seq=2, device="D"), now=NOW)

    assert (heard.held, heard.ask_rebirth) == (True, True)


def test_a_device_that_was_never_born_is_kept() -> None:
    heard = hear(alive(), said(Kind.DEVICE_DATA, WARMER, seq=2, device="E"), now=NOW)

    assert (heard.held, heard.ask_rebirth) == (True, True)


def test_after_a_death_nothing_is_believed_before_the_next_birth() -> None:
    dead = hear(alive(3), said(Kind.NODE_DEATH, bd_seq(3)), now=NOW).session

    assert not dead.online
    assert hear(dead, said(Kind.DEVICE_DATA, WARMER, seq=2, device="D"), now=NOW).held


def test_a_late_death_of_an_earlier_connection_changes_nothing() -> None:
    assert hear(alive(3), said(Kind.NODE_DEATH, bd_seq(2)), now=NOW).session == alive(3)


def test_a_device_that_died_is_kept_until_it_is_born_again() -> None:
    gone = hear(alive(), said(Kind.DEVICE_DEATH, seq=2, device="D"), now=NOW)

    assert hear(gone.session, said(Kind.DEVICE_DATA, WARMER, seq=3, device="D"), now=NOW).held


def test_a_birth_of_the_node_makes_its_devices_be_born_again() -> None:
    again = hear(alive(), said(Kind.NODE_BIRTH, bd_seq(4), seq=0), now=NOW).session

    assert set(again.births) == {""}


def test_what_the_broker_delivers_again_is_no_gap() -> None:
    first = hear(alive(), said(Kind.DEVICE_DATA, WARMER, seq=2, device="D"), now=NOW)
    again = hear(first.session, said(Kind.DEVICE_DATA, WARMER, seq=2, device="D", again=True), now=NOW)

    assert (again.measured, again.ask_rebirth) == (first.measured, False)
    assert not hear(again.session, said(Kind.DEVICE_DATA, WARMER, seq=3, device="D"), now=NOW).held


@pytest.mark.parametrize(
    ("kind", "field", "raw", "number"),
    [
        (DataType.INT8, "int_value", 0xFB, -5.0),
        (DataType.INT8, "int_value", 0xFFFFFFFB, -5.0),
        (DataType.INT16, "int_value", 0xFFFB, -5.0),
        (DataType.INT32, "int_value", 0xFFFFFFFB, -5.0),
        (DataType.INT32, "long_value", 2**64 - 5, -5.0),
        (DataType.INT64, "long_value", 2**64 - 5, -5.0),
        (DataType.INT64, "long_value", 5, 5.0),
        (DataType.UINT8, "int_value", 255, 255.0),
        (DataType.UINT32, "int_value", 2**32 - 1, 4294967295.0),
        (DataType.UINT64, "long_value", 2**53, 2.0**53),
        (DataType.FLOAT, "float_value", 21.299999237060547, 21.3),
        (DataType.DOUBLE, "double_value", 21.3, 21.3),
        (DataType.BOOLEAN, "boolean_value", True, 1.0),
        (DataType.STRING, "string_value", b" 21.5 ", 21.5),
        (DataType.TEXT, "string_value", b"-1e3", -1000.0),
        (DataType.UNKNOWN, "double_value", 2.5, 2.5),
        (DataType.UNKNOWN, "int_value", 127, 127.0),
    ],
)
def test_a_number_is_read_by_its_datatype(kind: DataType, field: str, raw: Any, number: float) -> None:
    assert value(kind, field, raw).number == number


@pytest.mark.parametrize(
    ("kind", "field", "raw", "shown"),
    [
        (DataType.UINT8, "int_value", 300, "300, which is no UInt8"),
        (DataType.INT8, "int_value", 300, "300, which is no Int8"),
        (DataType.STRING, "string_value", b"warm", "warm"),
        (DataType.STRING, "string_value", b"1_000", "1_000"),
        (DataType.STRING, "string_value", b"nan", "nan"),
        (DataType.DATETIME, "long_value", 5, "a DateTime"),
        (DataType.DATASET, "dataset_value", b"", "a DataSet"),
        (DataType.TEMPLATE, "template_value", b"", "a Template"),
        (DataType.BYTES, "bytes_value", b"", "a Bytes"),
        (DataType.FILE, "bytes_value", b"", "a File"),
        (DataType.UUID, "string_value", b"", "a UUID"),
        (DataType.DOUBLE, "int_value", 5, "a Double in int_value"),
        (22, "bytes_value", b"", "a value of datatype 22"),
        (DataType.UNKNOWN, "int_value", 251, "251 of an unknown datatype"),
        (DataType.UNKNOWN, "dataset_value", b"", "a value of an unknown datatype"),
    ],
)
def test_what_is_no_number_is_said_by_name(kind: int, field: str, raw: Any, shown: str) -> None:
    found = value(kind, field, raw)

    assert (math.isnan(found.number), found.shown) == (True, shown)


def test_a_metric_keeps_its_name_as_a_code() -> None:
    assert [code(name) for name in ("Motor/Temperature", "operating_hours", "Δ")] == [
        "motor_temperature",
        "operating_hours",
        "Δ",
    ]


def test_the_command_for_a_rebirth_says_so() -> None:
    (one,) = decode(rebirth_command(AT)).metrics

    assert (one.name, one.datatype, one.field, one.raw) == ("Node Control/Rebirth", 11, "boolean_value", True)


@given(body=st.binary(max_size=200))
@settings(deadline=None)
def test_rubbish_is_refused_and_never_breaks_anything(body: bytes) -> None:
    try:
        found = decode(body)
    except UnreadableSparkplug:
        return
    for kind in Kind:
        heard_all(Message(kind, "D", found), Message(Kind.DEVICE_DATA, "D", found), session=alive())


def test_a_payload_that_is_far_too_long_is_not_read() -> None:
    with pytest.raises(UnreadableSparkplug, match="at most"):
        decode(payload(metric("x", kind=DataType.STRING, string_value=b"x" * 2**20)))


@given(
    spoken=st.lists(st.tuples(st.sampled_from([1, 1, 1, 1, 2, 5]), st.booleans()), max_size=30),
    started=st.integers(0, 255),
)
@settings(deadline=None)
def test_a_reading_is_believed_only_while_no_number_is_missing(spoken: list[tuple[int, bool]], started: int) -> None:
    state, seq, whole = _born(started), started, True
    for step, reborn in spoken:
        if reborn:
            state, seq, whole = _born(started), started, True
            continue
        seq, whole = (seq + step) % 256, whole and step == 1
        heard = hear(state, said(Kind.NODE_DATA, WARMER, seq=seq), now=NOW + timedelta(minutes=1))
        state = heard.session
        assert heard.held == (not whole)


def _born(seq: int) -> Session:
    return hear(Session(), said(Kind.NODE_BIRTH, bd_seq(4), TEMPERATURE, seq=seq), now=NOW).session
