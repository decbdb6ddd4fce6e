"""Payloads that went wrong on the way or were never right: the same seed gives the same one."""

import gzip
from collections.abc import Callable
from random import Random

import pyarrow as pa
import zstandard

from telemetry.wire.forms import FORMS

ARROW = "application/vnd.apache.arrow.stream"


def arrow_example(*, by_dictionary: bool = False) -> bytes:
    """The three readings of the other examples as an Arrow stream."""
    words = [pa.array(["PJ-00001", "PJ-00001", "PJ-00002"]), pa.array(["co2", "ambient_temperature", "co2"])]
    asset, metric = (column.dictionary_encode() if by_dictionary else column for column in words)
    at = pa.array([1774792800000, 1774792800000, 1774792860000], pa.timestamp("ms", "UTC"))
    columns = {
        "asset": asset,
        "metric": metric,
        "at": at,
        "value": [412.5, 21.5, 398.0],
        "unit": ["ppm", "degC", "ppm"],
    }
    table, sink = pa.table(columns), pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as stream:
        stream.write_table(table)
    return bytes(sink.getvalue().to_pybytes())


SOUND: list[tuple[bytes, str]] = [
    *((form.example.encode(), form.media_type) for form in FORMS if form.example is not None),
    (arrow_example(), ARROW),
    (arrow_example(by_dictionary=True), ARROW),
]
NASTY = [
    b"NaN", b"-Infinity", b"1e999", b"1" * 400, b"-0.0", b"null", b"true", b"{}", b"[]", b'""', b'"', b"\\", b"\x00",
    b"\xff\xfe", b"\\ud800", b'"\\udfff"', b"[" * 3000, b'{"a":' * 2000, b"\n", b"\r\n", b",", b"=", b" ", b"#", b"i",
    b"18446744073709551616", b"-9223372036854775809", b"9999-12-31T23:59:59-14:00", b"0000-00-00T00:00:00Z",
    b"2026-02-30T00:00:00Z", b"2026-03-29T02:30:00", "²é\u2028".encode(), b"\xef\xbb\xbf", b"PJ-00001" * 50, b"1_000",
    b'"readings":[],', b'"series":[],', b'"bver":99,', b'"x_":1,', b"0x1F", b"1e-400", b"\xed\xa0\x80",
]  # fmt: skip
TYPES = [
    "",
    "application/xml",
    "application/json;precision=fortnight",
    "text/plain;precision=ms",
    "text/csv;;=;",
    "\x00",
]
ENCODINGS = ["br", "gzip, zstd", "identity", "x-gzip", "\x00"]


def _flip(body: bytes, chance: Random) -> bytes:
    changed = bytearray(body)
    for _ in range(chance.randint(1, 8)):
        changed[chance.randrange(len(changed))] = chance.randrange(256)
    return bytes(changed)


def _cut(body: bytes, chance: Random) -> bytes:
    return body[: chance.randrange(len(body))]


def _insert(body: bytes, chance: Random) -> bytes:
    place = chance.randrange(len(body))
    return body[:place] + chance.choice(NASTY) + body[place + chance.choice([0, 0, 1, 5]) :]


def _replace_word(body: bytes, chance: Random) -> bytes:
    """Put something nasty where a whole value stood."""
    words = [b"412.5", b'"2026-03-29T14:00:00Z"', b'"co2"', b"398", b"1774792800", b'"PJ-00002"', b"21.5", b"ppm"]
    found = [word for word in words if word in body]
    return body.replace(chance.choice(found), chance.choice(NASTY)) if found else _flip(body, chance)


def _repeat(body: bytes, chance: Random) -> bytes:
    start, end = sorted((chance.randrange(len(body)), chance.randrange(len(body))))
    return body[:end] + body[start:end] * chance.randint(1, 20) + body[end:]


def _swap(body: bytes, chance: Random) -> bytes:
    """Take the head of one form and the tail of another."""
    other, _ = chance.choice(SOUND)
    return body[: chance.randrange(len(body))] + other[chance.randrange(len(other)) :]


def _noise(body: bytes, chance: Random) -> bytes:
    return chance.randbytes(chance.randrange(200))


def _nonsense(body: bytes, chance: Random) -> bytes:
    """Write JSON-like text of random structure."""
    words = [
        b"{",
        b"}",
        b"[",
        b"]",
        b",",
        b":",
        b'"readings"',
        b'"asset"',
        b'"at"',
        b'"values"',
        b'"t"',
        b'"v"',
        *NASTY[:12],
    ]
    return b"".join(chance.choice(words) for _ in range(chance.randint(1, 60)))


_CHANGES: list[Callable[[bytes, Random], bytes]] = [
    _flip, _cut, _insert, _replace_word, _replace_word, _replace_word, _replace_word, _repeat, _swap, _noise, _nonsense,
]  # fmt: skip


def malformed(seed: int) -> tuple[bytes, str, str]:
    """Give a body, its content type and its content encoding; most are wrong somewhere, some only in one reading."""
    chance = Random(seed)
    body, content_type = chance.choice(SOUND)
    for _ in range(chance.choice([1, 1, 1, 2, 3])):
        body = chance.choice(_CHANGES)(body or b"{}", chance)
    if chance.random() < 0.05:
        content_type = chance.choice([*TYPES, *(form.media_type for form in FORMS)])
    encoding = chance.choice([*[""] * 12, "gzip", "gzip", "zstd", "zstd", "odd"])
    if encoding == "odd":
        return body, content_type, chance.choice(ENCODINGS)
    return _packed(body, encoding, chance), content_type, encoding


def _packed(body: bytes, encoding: str, chance: Random) -> bytes:
    if not encoding:
        return body
    packed = gzip.compress(body, 1, mtime=0) if encoding == "gzip" else zstandard.compress(body, 1)
    return chance.choice([_flip, _cut, _insert, _same, _same])(packed, chance)


def _same(body: bytes, chance: Random) -> bytes:
    return body
