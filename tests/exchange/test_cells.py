"""Cells are read as people write them, and refused in words where they can be meant in two ways."""

from datetime import UTC, date, datetime
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from pas.exchange.cell import Habits, Nested, Text, Wrong
from pas.exchange.day import Day, Moment
from pas.exchange.number import Amount, Number, Whole
from pas.exchange.quoting import quoted, unquoted

PEOPLE = settings(max_examples=200, deadline=None)


def test_points_and_commas_are_told_by_the_column() -> None:
    assert Number().read(["1.234,56", "1.234"], Habits()) == [1234.56, 1234]
    assert Number().read(["1,234.56", "1,234"], Habits()) == [1234.56, 1234]
    assert Number().read(["1 234,5", "€ 2", "-3,25", "0,123"], Habits()) == [1234.5, 2, -3.25, 0.123]


def test_a_number_that_may_be_two_is_refused_with_both() -> None:
    [wrong] = Number().read(["1.234"], Habits())

    assert isinstance(wrong, Wrong)
    assert "1.234" in wrong.why
    assert "1234" in wrong.why


def test_a_column_that_proves_both_habits_refuses_the_doubtful_only() -> None:
    read = Number().read(["12,5", "12.5", "1.234"], Habits())

    assert read[:2] == [12.5, 12.5]
    assert isinstance(read[2], Wrong)


def test_the_separator_of_the_file_decides_where_the_column_does_not() -> None:
    assert Number().read(["1.234"], Habits(point_decimals=True)) == [1.234]
    assert Number().read(["1,234"], Habits(point_decimals=False)) == [1.234]


def test_missing_words_are_no_numbers_and_no_zeros() -> None:
    assert Number().read(["", "n/a", "NaN", "-", None, float("nan"), "?"], Habits()) == [None] * 7


def test_what_is_no_number_is_refused() -> None:
    for text in ("abc", "1.2.3", "12,34,56", "1e999", "inf", "٣", True, date(2026, 1, 1)):
        assert isinstance(Number().read([text], Habits())[0], Wrong), text
    assert isinstance(Whole().read(["1.5"], Habits(point_decimals=True))[0], Wrong)
    assert isinstance(Amount().read(["9" * 40], Habits())[0], Wrong)


@PEOPLE
@given(st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**12), max_value=10**12, places=4))
def test_an_amount_keeps_its_digits(amount: Decimal) -> None:
    assert Amount().read([format(amount, "f")], Habits(point_decimals=True)) == [amount]


@PEOPLE
@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_number_keeps_its_last_bit(number: float) -> None:
    assert Number().read([repr(number)], Habits(point_decimals=True)) == [number]


def test_the_order_of_day_and_month_is_told_by_the_column() -> None:
    assert Day().read(["04/13/2012", "05/04/2012"], Habits()) == [date(2012, 4, 13), date(2012, 5, 4)]
    assert Day().read(["13/04/2012", "05-04-2012"], Habits()) == [date(2012, 4, 13), date(2012, 4, 5)]
    assert Day().read(["5.4.2012"], Habits()) == [date(2012, 4, 5)]
    assert Day().read(["5/4/2012"], Habits(day_first=False)) == [date(2012, 5, 4)]


def test_a_date_that_may_be_two_is_refused_with_both() -> None:
    [wrong, same] = Day().read(["05/04/2012", "06/06/2012"], Habits())

    assert isinstance(wrong, Wrong)
    assert "2012-04-05" in wrong.why
    assert "2012-05-04" in wrong.why
    assert same == date(2012, 6, 6)


def test_spreadsheet_numbers_and_years_are_dates_and_noted() -> None:
    habits = Habits()

    assert Day().read([46146, "46146", "1965.0", 1965], habits) == [date(2026, 5, 4)] * 2 + [date(1965, 7, 1)] * 2
    assert set(habits.notes.values()) == {2}


def test_a_moment_keeps_its_zone_and_gets_one_where_it_has_none() -> None:
    read = Moment().read(["2026-07-01T12:00:00+02:00", "2026-07-01 12:00", 46204.5], Habits(zone="Europe/Brussels"))

    assert read == [datetime(2026, 7, 1, 10, tzinfo=UTC)] * 3


def test_impossible_dates_are_refused() -> None:
    for text in ("31/02/2026", "2026-13-01", "yesterday", "0", "99999999", True, "2026-W99"):
        assert isinstance(Day().read([text], Habits())[0], Wrong), text
    assert isinstance(Moment().read(["0001-01-01T00:00:00+14:00"], Habits())[0], Wrong)


def test_serial_numbers_stay_text() -> None:
    assert Text().read(["007", 7.0, "1e5", " A\u200b-1 ", "\u202eabc", "a\r\nb"], Habits()) == [
        "007",
        "7",
        "1e5",
        "A-1",
        "abc",
        "a b",
    ]


@PEOPLE
@given(st.text())
def test_cleaning_twice_is_cleaning_once(text: str) -> None:
    [once] = Text().read([text], Habits())

    assert Text().plain(once) == once
    assert Text(lines=True).plain(Text(lines=True).plain(text)) == Text(lines=True).plain(text)


def test_nested_json_that_nobody_can_keep_is_refused() -> None:
    shape = Nested(dict[str, float])

    assert shape.read(['{"a": 1}', "", "{}"], Habits()) == [{"a": 1.0}, None, None]
    for text in ("{", "[1]", '{"a": NaN}', '{"a": 1e999}', '{"a\\u0000": 1}', "[" * 100_000):
        assert isinstance(shape.read([text], Habits())[0], Wrong), text[:20]


@PEOPLE
@given(st.text(alphabet="=+-@'a ＝\t"))
def test_quoting_against_formulas_is_undone_exactly(text: str) -> None:
    assert unquoted(quoted(text)) == text
    assert quoted(text)[:1] not in set("=+-@＝\t")
