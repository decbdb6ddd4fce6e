"""What is wrong with one reading does not refuse its batch: it arrives as it came, for others to doubt."""

import json

import numpy as np
import pytest

from telemetry.reading import Arrived
from tests.telemetry.malformed import ARROW
from tests.telemetry.test_wire_limits import stream
from tests.telemetry.wire_rows import read

_AT = "2026-03-29T14:00:00Z"


def _sent(value: str = "1", at: str = f'"{_AT}"') -> Arrived:
    row = '{"asset": "a", "metric": "m", "at": %s, "value": %s}'
    return read('{"readings": [' + row % (at, value) + ", " + row % (f'"{_AT}"', "2") + "]}", "application/json")


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ('"12,5"', "12,5"), ('"n/a"', "n/a"), ("null", ""), ('""', ""), ("NaN", "NaN"), ("Infinity", "Infinity"),
        ("-Infinity", "-Infinity"), ("1e999", "1e999"), ("9" * 400, "9" * 200),
        ('"\\u0000"', "\N{REPLACEMENT CHARACTER}"),
    ],
)  # fmt: skip
def test_a_value_that_is_no_number_is_kept_as_it_came(value: str, shown: str) -> None:
    arrived = _sent(value=value)

    assert np.isfinite(arrived.value).tolist() == [False, True]
    assert arrived.as_received(0)["value"] == shown


@pytest.mark.parametrize(
    ("value", "number"), [('"12.5"', 12.5), ("true", 1), ("false", 0), ("1e3", 1000), ('" 7 "', 7)]
)
def test_a_value_that_means_a_number_is_one(value: str, number: float) -> None:
    assert _sent(value=value).value.tolist() == [number, 2]


@pytest.mark.parametrize("at", ['"yesterday"', '""', "null", "1e300", "9" * 30, "NaN", '"2026-02-30T00:00:00Z"'])
def test_a_moment_that_is_none_is_kept_as_it_came(at: str) -> None:
    stamp = _sent(at=at).stamp

    assert stamp.unreadable.tolist() == [True, False]
    assert not stamp.zoneless.any()


def test_a_moment_without_a_zone_is_told_from_one_that_is_none() -> None:
    stamp = _sent(at='"2026-03-29T14:00:00"').stamp

    assert stamp.zoneless.tolist() == [True, False]
    assert not stamp.unreadable.any()


@pytest.mark.parametrize(
    ("at", "precision"),
    [("1774792800", "s"), ("1774792800000", "ms"), ("1774792800000000", "us"), ("1774792800000000000", "ns"),
     ("1774792800.0", "s"), ("1.7747928e12", "ms")],
)  # fmt: skip
def test_a_count_since_1970_is_a_moment_in_the_precision_that_is_told(at: str, precision: str) -> None:
    block = f'{{"asset": "a", "metric": "m", "t": [{at}, "{_AT}"], "v": [1, 2]}}'
    sent = f'{{"precision": "{precision}", "series": [{block}]}}'

    assert read(sent, "application/json").stamp.micros.tolist() == [1774792800000000] * 2


def test_a_number_for_a_moment_counts_milliseconds_where_nothing_is_told() -> None:
    assert _sent(at="1774792800000").stamp.micros.tolist() == [1774792800000000] * 2


def test_words_are_cleaned_and_stand_once() -> None:
    rows = [[" a", "a", "a\u0000", "", "é"], ["m"] * 5, [_AT] * 5, [1] * 5]
    columns = dict(zip(("asset", "metric", "at", "value"), rows, strict=True))
    asset = read(json.dumps({"columns": columns}), "application/json").asset

    assert asset.word == ["a", "a\N{REPLACEMENT CHARACTER}", "é", ""]
    assert asset.row.tolist() == [0, 0, 1, 3, 2]


def test_nulls_of_arrow_are_empty_words_and_doubted_moments_and_values() -> None:
    import pyarrow as pa  # noqa: PLC0415 - heavy, and only here

    at = pa.array([None, 5], pa.timestamp("s", "Europe/Brussels"))
    columns = {
        "asset": ["a", None],
        "metric": pa.array([None, "m"]).dictionary_encode(),
        "at": at,
        "value": [None, 2.0],
    }
    arrived = read(stream(columns), ARROW)

    assert arrived.as_received(0) == {"asset": "a", "metric": "", "at": "", "value": "", "unit": ""}
    assert arrived.stamp.micros.tolist()[1] == 5_000_000
    assert arrived.stamp.unreadable.tolist() == [True, False]


def test_timestamps_of_arrow_without_a_zone_have_none() -> None:
    import pyarrow as pa  # noqa: PLC0415 - heavy, and only here

    columns = {"asset": ["a"], "metric": ["m"], "at": pa.array([5], pa.timestamp("s")), "value": [1.0]}
    arrived = read(stream(columns), ARROW)

    assert arrived.stamp.zoneless.tolist() == [True]
    assert arrived.as_received(0)["at"] == "1970-01-01T00:00:05"


def test_a_heading_may_be_quoted_spaced_and_marked() -> None:
    body = b'\xef\xbb\xbf"asset", metric ,at,value\r\na,m,2026-03-29T14:00:00Z,1\r\n'

    assert read(body, "text/csv").as_received(0)["metric"] == "m"
