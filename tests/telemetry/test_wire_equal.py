"""Whatever the form, the same readings arrive."""

import gzip
import string

import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from telemetry.wire.forms import FORMS, openapi_content
from tests.telemetry.malformed import ARROW, arrow_example
from tests.telemetry.wire_rows import NOW, WRITTEN, OneReading, expected, read, rows_of

_words = st.text(string.ascii_letters + string.digits + "-_.,= é\"'", min_size=1, max_size=12).filter(
    lambda word: word == word.strip() and word != "value"
)
_moments = st.datetimes(NOW.replace(year=1990, tzinfo=None), NOW.replace(tzinfo=None), timezones=st.just(NOW.tzinfo))
_readings = st.lists(
    st.builds(
        OneReading,
        asset=_words,
        metric=_words,
        at=_moments,
        value=st.floats(allow_nan=False, allow_infinity=False),
        unit=st.sampled_from(["", "ppm", "m/s"]),
    ),
    max_size=12,
)


@pytest.mark.parametrize("form", WRITTEN)
@given(readings=_readings)
@settings(deadline=None, max_examples=40)
def test_every_form_brings_the_same_readings(form: str, readings: list[OneReading]) -> None:
    content_type, write = WRITTEN[form]

    assert rows_of(read(write(readings), content_type)) == expected(readings)


@pytest.mark.parametrize("form", [form for form in FORMS if form.example], ids=lambda form: form.name)
def test_every_example_says_the_same_three_readings(form: object) -> None:
    arrived = read(form.example, form.media_type)  # type: ignore[attr-defined]

    assert rows_of(arrived) == THREE


@pytest.mark.parametrize("by_dictionary", [False, True])
def test_the_arrow_example_says_the_same_three_readings(by_dictionary: bool) -> None:  # noqa: FBT001 - two ways
    assert rows_of(read(arrow_example(by_dictionary=by_dictionary), ARROW)) == THREE


@pytest.mark.parametrize("pack", [gzip.compress, zstandard.compress], ids=["gzip", "zstd"])
def test_a_packed_body_says_the_same(pack: object) -> None:
    packed = pack(FORMS[0].example.encode())  # type: ignore[operator, union-attr]

    encoding = "gzip" if pack is gzip.compress else "zstd"
    assert rows_of(read(packed, "application/json", encoding)) == THREE


def test_every_form_is_described() -> None:
    content = openapi_content()

    assert set(content) == {form.media_type for form in FORMS}
    assert all(told["schema"] for told in content.values())


THREE = [
    ("PJ-00001", "co2", 1774792800000000, 412.5, "ppm"),
    ("PJ-00001", "ambient_temperature", 1774792800000000, 21.5, "degC"),
    ("PJ-00002", "co2", 1774792860000000, 398.0, "ppm"),
]
