"""Moments in the usual widths are read as columns of digits, and mean what they mean to the reader of all widths."""

from datetime import UTC, datetime, timedelta, timezone

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from telemetry.moment import micros
from telemetry.reading import NO_MOMENT, _in_any_width, stamps
from telemetry.stamps import read_usual

_zones = st.integers(-23 * 60 - 59, 23 * 60 + 59).map(lambda minutes: timezone(timedelta(minutes=minutes)))
_written = st.builds(
    lambda at, zone, width, z, between: _text(at, zone, width, z=z, between=between),
    st.datetimes(datetime(1850, 1, 1), datetime(2250, 1, 1)),  # noqa: DTZ001 - gets its zone below
    _zones,
    st.sampled_from(["seconds", "milliseconds", "microseconds"]),
    st.booleans(),
    st.sampled_from("T "),
)
_almost = st.builds(
    lambda text, place, sign: text[: place % len(text)] + sign + text[place % len(text) + 1 :],
    _written,
    st.integers(0, 40),
    st.sampled_from("0123456789 :-+.TZz/é\0"),
)


def _text(at: datetime, zone: timezone, width: str, *, z: bool, between: str) -> str:
    aware = at.replace(tzinfo=UTC if z else zone)
    return aware.isoformat(between, width).replace("+00:00", "Z" if z else "+00:00")


@given(st.lists(st.one_of(_written, _almost, st.text(max_size=35)), max_size=20))
@settings(deadline=None, max_examples=300)
def test_the_quick_way_reads_what_the_slow_way_reads(cells: list[str]) -> None:
    at, read = read_usual(cells)

    slow, zoneless = _in_any_width(pd.Series([cells[row] for row in np.flatnonzero(read)], dtype="str"), None)
    assert at[read].tolist() == slow.tolist()
    assert not zoneless.any()


@given(st.lists(_written, min_size=1, max_size=20))
@settings(deadline=None)
def test_a_moment_is_read_to_the_microsecond(cells: list[str]) -> None:
    assert stamps(pd.Series(cells)).micros.tolist() == [micros(datetime.fromisoformat(cell)) for cell in cells]


def test_days_and_hours_that_no_calendar_has_are_not_read() -> None:
    cells = ["2026-02-29T00:00:00Z", "2026-13-01T00:00:00Z", "2026-01-01T24:00:00Z", "2026-01-01T00:00:60Z",
             "2026-01-01T00:00:00+24:00", "2026-00-01T00:00:00Z", "2026-01-00T00:00:00Z"]  # fmt: skip

    assert not read_usual(cells)[1].any()
    assert set(stamps(pd.Series(cells)).micros.tolist()) == {NO_MOMENT}


def test_leap_days_are_read() -> None:
    assert read_usual(["2024-02-29T00:00:00Z", "2000-02-29T00:00:00Z", "1900-02-29T00:00:00Z"])[1].tolist() == [
        True, True, False,
    ]  # fmt: skip


def test_texts_of_several_widths_stand_side_by_side() -> None:
    cells = ["2026-03-29T14:00:00Z", "", "2026-03-29T14:00:00.5Z", "2026-03-29T16:00:00+02:00", "2026-03-29 14:00:00"]

    stamp = stamps(pd.Series(cells))

    at = 1774792800000000
    assert stamp.micros.tolist() == [at, NO_MOMENT, at + 500_000, at, NO_MOMENT]
    assert stamp.unreadable.tolist() == [False, True, False, False, False]
    assert stamp.zoneless.tolist() == [False, False, False, False, True]
