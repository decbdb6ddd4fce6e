"""Readings come by the million: in long and wide form, batch by batch, each stored once."""

import io
from datetime import datetime

import pytest

from lifecycle.actor import Actor
from pas.db import Database
from pas.exchange import ImportReport, Options, import_file, reading_frames
from pas.exchange.read_drafts import BadOption, NotOfThatKind

LONG = "asset,metric,at,value,unit\n"


class Door:
    """Imports readings into the house."""

    def __init__(self, database: Database, house: int, now: datetime, actor: Actor) -> None:
        self._where, self._when = (database, house), {"now": now, "by": actor}

    def __call__(self, text: str, name: str = "r.csv", *, dry_run: bool = False, **said: object) -> ImportReport:
        return import_file(
            *self._where,
            kind="readings",
            file=io.BytesIO(text.encode()),
            file_name=name,
            dry_run=dry_run,
            options=Options(**said),  # type: ignore[arg-type]
            **self._when,  # type: ignore[arg-type]
        )


@pytest.fixture
def door(database: Database, house: int, now: datetime, actor: Actor) -> Door:
    return Door(database, house, now, actor)


def test_every_reading_is_taken_repeated_or_refused_for_a_reason(door: Door) -> None:
    report = door(
        LONG + "B-1,lamp_hours,2026-09-03T00:00:00Z,130,hour\nB-1,lamp_hours,2026-09-02T00:00:00Z,120.125,hour\n"
        "B-1,lamp_hours,2026-09-04T00:00:00Z,140,degC\nB-9,lamp_hours,2026-09-04T00:00:00Z,140,hour\n"
        "B-1,lamp_hours,2026-09-05T00:00:00Z,abc,hour\n"
    )

    assert (report.rows, report.new, report.unchanged, report.refused) == (5, 1, 1, 3)
    assert sum(report.reasons.values()) == 3


def test_a_dry_run_of_readings_stores_nothing(door: Door) -> None:
    text = LONG + "B-1,lamp_hours,2026-09-03T00:00:00Z,130,hour\n"

    assert [door(text, dry_run=True).new, door(text).new, door(text).new] == [1, 1, 0]


def test_decimal_commas_and_slashed_dates_are_told_by_the_column(door: Door) -> None:
    report = door(
        "toestel;grootheid;datum;waarde;eenheid\nB-1;ambient_temperature;13/09/2026 10:00;21,5;degC\n"
        "B-1;ambient_temperature;05/09/2026 10:00;1.021,5;degC\nB-1;ambient_temperature;05/09/2026 11:00;22,5;degC\n"
    )

    assert (report.rows, report.new, report.refused) == (3, 2, 1)
    assert list(report.reasons.values()) == [1]


def test_doubtful_numbers_and_dates_are_refused_by_row(door: Door) -> None:
    report = door("asset;metric;at;value\nB-1;lamp_hours;04/05/2026;1.234\nB-1;lamp_hours;2026-09-07;3\n")

    assert (report.rows, report.new, report.refused) == (2, 1, 1)
    assert [(wrong.row, wrong.column) for wrong in report.refusals] == [(2, "at")]


def test_a_column_a_metric_is_read_as_the_sender_says(door: Door) -> None:
    text = "date,temp,hum,other\n2026-09-01 10:00,68,40,x\n2026-09-01 11:00,,41,x\n"

    report = door(text, asset="B-1", metrics=("temp=ambient_temperature:degF", "hum=relative_humidity"))

    assert (report.rows, report.new, report.refused) == (3, 3, 0), report
    assert report.notes == ["column 'other' is not known and was left out"]


def test_a_file_that_is_no_file_of_readings_is_refused(door: Door) -> None:
    for text in ("code,name\nA,B\n", "asset,at\nB-1,2026-01-01\n", "metric,at,value\nlamp_hours,2026-01-01,1\n"):
        with pytest.raises(NotOfThatKind):
            door(text)
    with pytest.raises(BadOption):
        door("date,temp\n2026-09-01,68\n", asset="B-1", metrics=("tmp=ambient_temperature",))


def test_what_was_killed_between_batches_is_completed_by_a_rerun(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading_frames, "BATCH", 10)
    text = LONG + "".join(f"B-1,lamp_hours,2026-10-{day:02}T00:00:00Z,{day + 500},hour\n" for day in range(1, 32))
    door(LONG + "".join(text.splitlines(keepends=True)[1:21]))

    report = door(text)

    assert (report.rows, report.new, report.unchanged) == (31, 11, 20)
    assert door(text).unchanged == 31


def test_a_row_with_too_few_or_too_many_cells_is_refused_alone(door: Door) -> None:
    report = door(
        LONG + "B-1,lamp_hours,2026-09-03T00:00:00Z,130,hour\nB-1,lamp_hours\n"
        "B-1,lamp_hours,2026-09-05T00:00:00Z,140,hour,and more\nB-1,lamp_hours,03/04/2026 10:00,150,hour\n"
    )

    assert (report.rows, report.new + report.unchanged, report.refused) == (4, 1, 3)
    assert [refusal.row for refusal in report.refusals] == [3, 4, 5]
    assert "2 cells under 5 headings" in report.refusals[0].why
    assert sum(report.reasons.values()) == 3


def test_a_file_of_nothing_but_ragged_rows_says_so(door: Door) -> None:
    report = door(LONG + "B-1,lamp_hours\n")

    assert (report.rows, report.new, report.refused) == (1, 0, 1)
