"""Lines of one field each are read by Arrow as the grammar reads them, or are left to it."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from telemetry.reading import Arrived
from telemetry.wire import line_protocol, single_fields
from tests.telemetry.wire_rows import Row, read, rows_of

_figures = st.one_of(
    st.floats().map(str),
    st.integers(-(10**20), 10**20).map(str),
    st.sampled_from(
        ["1i", "t", "+1", "0x1f", ".5", "5.", "1e400", "1_0", "-0", "007", "1-5", "", "inf", "NaN", "1,lux=2"]
    ),
)
_moment = st.one_of(
    st.integers(0, 2**64).map(str), st.sampled_from(["0x1F", "-5", "+7", "0017", "1.5", "", "99999999999999999999"])
)
_head = st.one_of(
    st.from_regex(r"m(,asset=[a-c]{1,3})?(,unit=ppm)?", fullmatch=True),
    st.sampled_from(
        ["m,asset=a,", "m,asset", "m,asset=", ",asset=a", "m,asset=a=b", "m,asset=\x01", "m,asset=é", "a,,b=c"]
    ),
)
_name = st.sampled_from(["co2", "value", "lux,", "", "a,b", "\x02", "é"])
_odd = st.sampled_from(
    ["", " ", "# a comment", "m,asset=a co2=1", " m,asset=a co2=1 5", "m,asset=a co2=1 5 ", "m co2=1 5\r"]
)
_line = st.one_of(st.builds(lambda h, n, v, t: f"{h} {n}={v} {t}", _head, _name, _figures, _moment), _odd)


def _told(arrived: Arrived) -> tuple[list[Row], list[dict[str, str]]]:
    return rows_of(arrived), arrived.all_as_received(list(range(len(arrived))))


def _either_way(text: str) -> list[object]:
    """Read with and without Arrow; a refusal is what it says."""
    told: list[object] = []
    for worth_it in (0, 10**9):
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(single_fields, "_WORTH_IT", worth_it)
            try:
                told.append(_told(read(text, "text/plain")))
            except Exception as error:  # noqa: BLE001 - whatever it is, both say it
                told.append((type(error), str(error)))
    return told


@given(st.lists(_line, max_size=6).map("\n".join))
@example("m,asset=a co2=1 5\nm,asset=b co2=-0 0x1f\n")
@example("m,asset=a value=1e3 5\nm,asset=b co2=2.50 007\n")
@settings(deadline=None, max_examples=500)
def test_arrow_reads_lines_as_the_grammar_does(text: str) -> None:
    by_arrow, by_grammar = _either_way(text)

    assert by_arrow == by_grammar


def test_plain_lines_go_through_arrow_and_show_what_was_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(single_fields, "_WORTH_IT", 0)
    monkeypatch.setattr(line_protocol, "read_lines", None)

    arrived = read("m,asset=a,unit=ppm co2=2.50 1000\nlux,asset=b value=-1e3 2000\n", "text/plain")

    assert rows_of(arrived) == [("a", "co2", 1, 2.5, "ppm"), ("b", "lux", 2, -1000.0, "")]
    assert [row["value"] for row in arrived.all_as_received([0, 1])] == ["2.50", "-1e3"]
    assert arrived.as_received(1)["at"] == "2000"
