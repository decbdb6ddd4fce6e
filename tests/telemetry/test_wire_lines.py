"""Line protocol: the quick way takes lines apart as the grammar does, and knows when to leave it to the grammar."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from telemetry.wire.lines import Lines, read_each, read_plain
from telemetry.wire.unreadable import UnreadableBatch
from tests.telemetry.wire_rows import NOW, read, rows_of

_NS = 1774792800000000000
_US = _NS // 1000
_now = int(NOW.timestamp()) * 1_000_000

_part = st.text('abc,= \\\\"1é#\x01', min_size=0, max_size=6)
_line = st.one_of(
    st.builds(lambda *parts: " ".join(parts), _part, _part, _part),
    st.builds(lambda a, m, v, t: f"m,asset={a} {m}={v} {t}", _part, _part, _part, _part),
    st.from_regex(r"m(,[ab]=[cd]){0,2} ([ab]=[0-9.]{1,3},){0,2}[ab]=[0-9ite]{1,3}( [0-9]{1,3})?", fullmatch=True),
    st.just(""),
)


@given(st.lists(_line, max_size=5).map("\n".join))
@settings(deadline=None, max_examples=500)
def test_the_quick_way_takes_lines_apart_as_the_grammar_does(text: str) -> None:
    quick = read_plain(text)

    if quick is not None:
        slow = read_each(text)
        assert _plainly(quick) == _plainly(slow)


def _plainly(lines: Lines) -> tuple[list[object], ...]:
    (head_row, head), fields, (metric_row, metric), value, at = lines
    return head_row.tolist(), head, fields.tolist(), metric_row.tolist(), metric, value, at


def test_plain_lines_go_the_quick_way() -> None:
    lines = read_plain("m,asset=a co2=1,lux=2i 1\nm,asset=b co2=3 2\n")

    assert lines is not None
    assert _plainly(lines) == (
        [0, 1], ["m,asset=a", "m,asset=b"], [2, 1], [0, 1, 0], ["co2", "lux"], ["1", "2i", "3"], ["1", "2"],
    )  # fmt: skip


@pytest.mark.parametrize(
    ("line", "row"),
    [
        (f"m,asset=a co2=1 {_NS}", ("a", "co2", _US, 1.0, "")),
        (f"co2,asset=a,unit=ppm,room=3 value=1 {_NS}", ("a", "co2", _US, 1.0, "ppm")),
        (f"m,asset=a\\ b\\,c\\=d co\\ 2=1e3 {_NS}", ("a b,c=d", "co 2", _US, 1000.0, "")),
        (f"m,asset=C:\\d co2=1 {_NS}", ("C:\\d", "co2", _US, 1.0, "")),
        (f"m,asset=a n=12i {_NS}", ("a", "n", _US, 12.0, "")),
        (f"m,asset=a n=12u {_NS}", ("a", "n", _US, 12.0, "")),
        (f"m,asset=a on=t {_NS}", ("a", "on", _US, 1.0, "")),
        (f"m,asset=a on=FALSE {_NS}", ("a", "on", _US, 0.0, "")),
        (f'm,asset=a s="a, \\"b\\" =c" {_NS}', ("a", "s", _US, None, "")),
        (f"m,asset=a n=1_000 {_NS}", ("a", "n", _US, None, "")),
        (f"m,asset=a n=NaN {_NS}", ("a", "n", _US, None, "")),
        ("m,asset=a n=1", ("a", "n", _now, 1.0, "")),
        (f"m n=1 {_NS}", ("", "n", _US, 1.0, "")),
        (f"# a comment\r\n\n  m,asset=a n=1  {_NS} \r\n", ("a", "n", _US, 1.0, "")),
    ],
)
def test_a_line_is_read_as_its_writer_meant_it(line: str, row: object) -> None:
    assert rows_of(read(line, "text/plain")) == [row]


@pytest.mark.parametrize("word", ["s", "ms", "us", "ns", "u", "n"])
def test_the_precision_says_what_a_line_counts(word: str) -> None:
    size = {"s": 10**6, "ms": 10**3, "us": 1, "u": 1, "ns": 0.001, "n": 0.001}[word]
    arrived = read(f"m,asset=a n=1 {int(_US / size)}", f'text/plain; charset=utf-8; Precision="{word}"')

    assert arrived.stamp.micros.tolist() == [_US]


@pytest.mark.parametrize("moment", ["9" * 20, "1.5", "1_0", "x", "-", "12-5"])
def test_a_moment_that_is_none_is_kept_as_it_came(moment: str) -> None:
    arrived = read(f"m,asset=a n=1 {moment}\nm,asset=a n=2 {_NS}", "text/plain")

    assert arrived.stamp.unreadable.tolist() == [True, False]
    assert arrived.as_received(0)["at"] == moment


@pytest.mark.parametrize(
    "line", ["m", "m n", "m n= 1 2 3", ",a=b n=1", "m,asset n=1 1", 'm n="a 1', "m =1", "m n=1,", "m  "]
)
def test_what_is_no_line_is_refused_with_its_number(line: str) -> None:
    with pytest.raises(UnreadableBatch, match=r"^line 2 is"):
        read("m,asset=a n=1 1\n" + line, "text/plain")
