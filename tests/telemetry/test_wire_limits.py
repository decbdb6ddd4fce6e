"""A body that is no batch, is packed wrongly or grows too large is refused, with what would be right."""

import gzip
import tracemalloc
from typing import Any

import pyarrow as pa
import pytest
import zstandard

from telemetry.wire.content_encoding import BatchTooLarge, UnknownEncoding, unpack
from telemetry.wire.decode import UnknownMediaType, decode
from telemetry.wire.unreadable import UnreadableBatch
from tests.telemetry.malformed import ARROW, arrow_example
from tests.telemetry.wire_rows import NOW, read

_MANY = b" " * 50_000_000
_BOMBS = {
    "gzip": gzip.compress(_MANY, 9, mtime=0),
    "zstd": zstandard.compress(_MANY),
    "zstd ": zstandard.ZstdCompressor(write_content_size=False).compress(_MANY),
}


def stream(columns: dict[str, Any], compression: str | None = None) -> bytes:
    """Write columns as an Arrow stream."""
    table, sink = pa.table(columns), pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema, options=pa.ipc.IpcWriteOptions(compression=compression)) as written:
        written.write_table(table)
    return bytes(sink.getvalue().to_pybytes())


@pytest.mark.parametrize("encoding", _BOMBS)
def test_a_bomb_is_refused_before_it_goes_off(encoding: str) -> None:
    tracemalloc.start()
    try:
        with pytest.raises(BatchTooLarge, match="more than 1000000 bytes"):
            unpack(_BOMBS[encoding], encoding=encoding, most=1_000_000)
        assert tracemalloc.get_traced_memory()[1] < 4_000_000
    finally:
        tracemalloc.stop()


def test_a_frame_that_says_it_is_endless_is_refused_unread() -> None:
    frame = b"(\xb5/\xfd\xe0" + (2**60).to_bytes(8, "little") + b"\x00"

    with pytest.raises(BatchTooLarge):
        unpack(frame, encoding="zstd")


@pytest.mark.parametrize("encoding", ["gzip", "zstd"])
def test_a_stream_that_was_cut_off_is_refused(encoding: str) -> None:
    whole = gzip.compress(b"a,b" * 99, mtime=0) if encoding == "gzip" else zstandard.compress(b"a,b" * 99)

    for length in range(len(whole)):
        with pytest.raises(UnreadableBatch):
            unpack(whole[:length], encoding=encoding)
    with pytest.raises(UnreadableBatch):
        unpack(whole + b"x", encoding=encoding)


def test_the_limit_itself_is_still_taken() -> None:
    assert unpack(gzip.compress(b"x" * 10), encoding="GZIP ", most=len(gzip.compress(b"x" * 10)))
    assert unpack(zstandard.compress(b"x" * 100), encoding="zstd", most=100) == b"x" * 100
    with pytest.raises(BatchTooLarge):
        unpack(b"x" * 11, encoding="", most=10)


@pytest.mark.parametrize("encoding", ["br", "deflate", "gzip, zstd", "\ud800"])
def test_another_encoding_is_refused_by_name(encoding: str) -> None:
    with pytest.raises(UnknownEncoding, match="as gzip or as zstd"):
        unpack(b"", encoding=encoding)


@pytest.mark.parametrize("content_type", ["", "application/xml", ";", "application/json/x"])
def test_another_form_is_refused_with_those_that_are_read(content_type: str) -> None:
    with pytest.raises(UnknownMediaType, match=r"application/json.*arrow\.stream"):
        decode(b"", content_type=content_type, now=NOW)


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ("", "truncated"),
        ("[]", "Expected `object`"),
        ("{}", "holds none"),
        ('{"readings": [], "series": []}', "holds readings and series"),
        ('{"readings": [], "more": 1}', "unknown field `more`"),
        ('{"readings": {}}', r"at `\$\.readings`"),
        ('{"readings": [{"asset": 1}]}', r"at `\$\.readings\[0\]\.asset`"),
        ('{"readings": [{"asset": "a", "metric": "m", "at": "", "value": [1]}]}', r"at `\$\.readings\[0\]\.value`"),
        ('{"readings": [{"asset": "a", "metric": "m", "at": ""}]}', "missing required field `value`"),
        ('{"columns": {"asset": ["a"], "metric": [], "at": [], "value": []}}', "asset has 1 and metric has 0 cells"),
        ('{"series": [{"asset": "a", "metric": "m", "t": [1], "v": []}]}', "1 moments in t and 0 values in v"),
        ('{"readings": [], "precision": "fortnight"}', "fortnight"),
        ('{"readings": "' + "[" * 100_000, "truncated"),
        ('{"readings": [' + "[" * 100_000, "Expected `object`"),
        ('{"messages": [{"asset": "a", "at": 1, "values": [' + "{" * 9, "Expected `object`"),
        ('{"readings": [{"asset": "\\ud800"', "truncated"),
        ("\ufeff{}", "invalid character"),
    ],
)
def test_json_that_is_no_batch_is_refused_with_the_place(body: str, says: str) -> None:
    with pytest.raises(UnreadableBatch, match=says):
        read(body, "application/json")


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b"", "heading"),
        (b"a" * 10_000_000, "heading"),
        (b"," * 10_000_000, "heading"),
        (b"asset,metric,at,value,value\n", "heading"),
        (b"asset,metric,at\na,m,t\n", "heading"),
        (b"asset,metric,at,value\na,m,2026-03-29T14:00:00Z\n", "Row #2"),
        (b'asset,metric,at,value\n"a,m,2026-03-29T14:00:00Z,1\n', "csv"),
        (b"asset,metric,at,value\n\xff,m,2026-03-29T14:00:00Z,1\n", "csv"),
    ],
)
def test_csv_that_is_no_batch_is_refused_with_the_place(body: bytes, says: str) -> None:
    with pytest.raises(UnreadableBatch, match=says):
        read(body, "text/csv")


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ("{}", "Expected `array`"),
        ('[{"n": 1}]', r"\$\[0\]\.n"),
        ('[{"bver": 11, "n": "a:b", "v": 1}]', "version 11"),
        ('[{"n": "a:b", "v": 1, "new_": 1}]', "'new_' has to be understood"),
    ],
)
def test_senml_that_is_no_batch_is_refused(body: str, says: str) -> None:
    with pytest.raises(UnreadableBatch, match=says):
        read(body, "application/senml+json")


_SOUND = {"asset": ["a"], "metric": ["m"], "at": pa.array([1], pa.timestamp("s", "UTC")), "value": [1.0]}


@pytest.mark.parametrize("compression", ["lz4", "zstd"])
@pytest.mark.parametrize("by_dictionary", [False, True])
def test_an_arrow_stream_with_packed_buffers_is_refused(compression: str, by_dictionary: bool) -> None:  # noqa: FBT001 - two ways
    asset = pa.array(["a"] * 50)
    columns = {
        "asset": asset.dictionary_encode() if by_dictionary else asset,
        **{name: pa.concat_arrays([pa.array(column)] * 50) for name, column in _SOUND.items() if name != "asset"},
    }
    assert len(read(stream(columns), ARROW)) == 50
    with pytest.raises(UnreadableBatch, match="Content-Encoding gzip or zstd"):
        read(stream(columns, compression), ARROW)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"asset": [1]}, "asset is int64 and should be text"),
        ({"value": [[1.0]]}, "value is list"),
        ({"at": pa.array([1], pa.date32())}, "at is date32"),
        ({"value": pa.RunEndEncodedArray.from_arrays([1], [1.0])}, "value is run_end_encoded"),
        ({"unit": pa.array(["x"]).view(pa.string()).cast(pa.string_view())}, "unit is string_view"),
        ({"more": [1]}, "the columns are"),
    ],
)
def test_an_arrow_stream_of_other_columns_is_refused(change: dict[str, Any], says: str) -> None:
    with pytest.raises(UnreadableBatch, match=says):
        read(stream({**_SOUND, **change}), ARROW)


def test_an_arrow_stream_whose_places_lie_is_refused() -> None:
    sound = arrow_example()
    place = sound.index(b"PJ-00001PJ-00001PJ-00002") - 16  # the four places of three texts, packed to 16 bytes
    lying = sound[:place] + (10**6).to_bytes(4, "little") * 4 + sound[place + 16 :]

    with pytest.raises(UnreadableBatch, match="no Arrow stream"):
        read(lying, ARROW)
