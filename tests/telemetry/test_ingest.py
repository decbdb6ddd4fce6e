"""Every reading is taken once, a duplicate, or kept apart with its reason; the rest of its batch goes in."""

from datetime import UTC, datetime, timedelta

import pandas as pd
import pytest
from sqlmodel import Session, select

from pas.db import Database
from telemetry.claim_batches import BatchKeyReused
from telemetry.ingest import ingest
from telemetry.keep_metrics import keep_metrics
from telemetry.known_metrics import known_metrics
from telemetry.metric import CATALOGUE
from telemetry.queries import series, usage
from telemetry.reading import MissingColumn
from telemetry.tables import QuarantinedReadingRecord, ReadingBatchRecord, SeriesDayRecord
from tests.conftest import NOW, add_tenant
from tests.telemetry.conftest import PROJECTOR, Take, batch, compact_all

START, END = datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC)


def _values(session: Session, metric: str) -> list[float]:
    found: list[float] = series(session, asset_id=PROJECTOR, metric=metric, start=START, end=END)["value"].tolist()
    return found


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (("light", "2026-10-01T00:00:00Z", 1), "unknown-metric"),
        (("co2", "2026-10-01T00:00:00Z", 1, "", "not an id"), "unknown-asset"),
        (("co2", "2026-10-01T00:00:00Z", 1, "", ""), "unknown-asset"),
        (("co2", "2026-02-30T00:00:00Z", 1), "bad-time"),
        (("co2", "yesterday", 1), "bad-time"),
        (("co2", None, 1), "bad-time"),
        (("co2", "0001-01-01T00:00:00Z", 1), "ancient"),
        (("co2", "2026-10-01 00:00:00", 1), "no-zone"),
        (("co2", "2026-10-01", 1), "no-zone"),
        (("co2", "2026-11-01T09:05:01Z", 1), "future"),
        (("co2", "1970-01-01T00:00:00Z", 1), "ancient"),
        (("co2", "2026-10-01T00:00:00Z", "nan"), "not-a-number"),
        (("co2", "2026-10-01T00:00:00Z", None), "not-a-number"),
        (("co2", "2026-10-01T00:00:00Z", "1e999"), "not-a-number"),
        (("co2", "2026-10-01T00:00:00Z", "12 ppm"), "not-a-number"),
        (("co2", "2026-10-01T00:00:00Z", "3,5"), "not-a-number"),
        (("co2", "2026-10-01T00:00:00Z", 1, "10**10**10"), "unknown-unit"),
        (("co2", "2026-10-01T00:00:00Z", 1, "kWh"), "wrong-dimension"),
        (("ambient_temperature", "2026-10-01T00:00:00Z", 5, "delta_degC"), "wrong-dimension"),
        (("relative_humidity", "2026-10-01T00:00:00Z", 100.5), "out-of-range"),
        (("operating_hours", "2026-10-01T00:00:00Z", -1), "out-of-range"),
        (("ambient_temperature", "2026-10-01T00:00:00Z", 200, "degF"), "out-of-range"),
    ],
)
def test_a_doubtful_reading_is_kept_apart_and_the_rest_goes_in(
    take: Take, measuring: Session, row: tuple[object, ...], reason: str
) -> None:
    found = take(row, ("co2", "2026-10-01T01:00:00Z", 400))

    assert (found.taken, found.duplicates, found.quarantined, found.reasons) == (1, 0, 1, {reason: 1})
    kept = measuring.exec(select(QuarantinedReadingRecord)).one()
    assert (kept.reason, kept.row) == (reason, 0)
    assert kept.sentence
    assert _values(measuring, "co2") == [400]


def test_ten_years_old_readings_and_clocks_a_little_ahead_go_in(take: Take) -> None:
    assert take(("co2", "2016-10-01T00:00:00Z", 1), ("co2", "2026-11-01T09:04:59Z", 1)).taken == 2


def test_quarantine_tells_what_came_and_what_would_be_right(take: Take, measuring: Session) -> None:
    take(("ambient_temperature", "2026-10-01T00:00:00Z", 3, "kWh"))

    kept = measuring.exec(select(QuarantinedReadingRecord)).one()
    assert kept.as_received == {
        "asset": str(PROJECTOR),
        "metric": "ambient_temperature",
        "at": "2026-10-01T00:00:00Z",
        "value": "3",
        "unit": "kWh",
    }
    assert kept.sentence == "'kWh' cannot measure ambient_temperature, which is kept in 'degC'"


def test_text_that_no_database_keeps_is_still_kept_apart(take: Take, measuring: Session) -> None:
    found = take(("co2\0\ud800", "2026-\0", "\0", "\ud800", "\0"), ("co2", "\ud8002026", 1))

    assert found.quarantined == 2
    assert len(measuring.exec(select(QuarantinedReadingRecord)).all()) == 2


def test_every_doubted_row_is_kept_however_many(measuring: Session, now: datetime) -> None:
    frame = batch(*[("co2", "2026-10-01T00:00:00Z", -5)] * 5_001)

    assert ingest(measuring, frame=frame, key="k", source="test", now=now).quarantined == 5_001
    assert len(measuring.exec(select(QuarantinedReadingRecord.id)).all()) == 5_001


def test_units_and_zones_meet_in_one_column(take: Take, measuring: Session) -> None:
    take(
        ("ambient_temperature", "2026-10-01T02:00:00+02:00", 77, "°F"),
        ("ambient_temperature", "2026-10-01 01:00:00Z", "20.5", ""),
        ("ambient_temperature", "2026-10-01T02:00:00.5Z", 300, "K"),
        ("operating_hours", "2026-10-01T00:00:00Z", 90, "min"),
    )

    assert _values(measuring, "ambient_temperature") == pytest.approx([25.0, 20.5, 26.85])
    assert _values(measuring, "operating_hours") == [1.5]


def test_a_named_zone_is_that_of_moments_without_one(take: Take, measuring: Session) -> None:
    found = take(("co2", "2026-07-01T02:00:00", 1), ("co2", "2026-03-29T02:30:00", 2), zone="Europe/Brussels")

    assert found.reasons == {"bad-time": 1}  # the hour that the clocks skipped
    at = series(measuring, asset_id=PROJECTOR, metric="co2", start=START, end=END)["at"].tolist()
    assert at == [datetime(2026, 7, 1, tzinfo=UTC)]


def test_typed_columns_say_the_same_as_text(take: Take, measuring: Session, now: datetime) -> None:
    take(("co2", "2026-10-01T00:00:00Z", "400"), ("co2", "2026-10-01T00:00:00.123456Z", "401.5"))
    typed = batch(("co2", None, None), ("co2", None, None))
    typed["at"] = pd.to_datetime(["2026-10-01T00:00:00Z", "2026-10-01T00:00:00.123456Z"], format="ISO8601")
    typed["value"] = [400.0, 401.5]
    typed["metric"] = typed["metric"].astype("category")

    found = ingest(measuring, frame=typed, key="typed", source="test", now=now)

    assert (found.taken, found.duplicates) == (0, 2)


def test_python_moments_are_understood(measuring: Session, now: datetime) -> None:
    frame = batch(("co2", now, 400), ("co2", now - timedelta(minutes=1), 401), ("co2", now.replace(tzinfo=None), 4))

    assert ingest(measuring, frame=frame, key=None, source="test", now=now).reasons == {"no-zone": 1}


def test_the_first_value_of_a_moment_stays(take: Take, measuring: Session) -> None:
    found = take(
        ("co2", "2026-10-01T00:00:00Z", 400),
        ("co2", "2026-10-01T00:00:00Z", 400),
        ("co2", "2026-10-01T00:00:00Z", 401),
    )
    later = take(("co2", "2026-10-01T00:00:00Z", 402), ("co2", "2026-10-01T02:00:00+02:00", 400))

    assert (found.taken, found.duplicates, found.reasons) == (1, 1, {"conflicting": 1})
    assert (later.taken, later.duplicates, later.reasons) == (0, 1, {"conflicting": 1})
    assert _values(measuring, "co2") == [400]


def test_the_same_batch_again_changes_nothing(take: Take, measuring: Session) -> None:
    rows = [("co2", "2026-10-01T00:00:00Z", 400), ("co2", "2026-10-01T00:00:00Z", -1)]
    first = take(*rows, key="lorry-7:41")

    again = take(*rows, key="lorry-7:41")

    assert (first.taken, again.taken, again.duplicates, again.quarantined) == (1, 0, 1, 1)
    assert again.repeated
    assert again.reasons == first.reasons
    assert len(measuring.exec(select(QuarantinedReadingRecord)).all()) == 1
    assert len(measuring.exec(select(ReadingBatchRecord)).all()) == 1


def test_a_key_used_again_for_another_batch_is_refused(take: Take) -> None:
    take(("co2", "2026-10-01T00:00:00Z", 400), key="a")

    with pytest.raises(BatchKeyReused):
        take(("co2", "2026-10-01T00:00:00Z", 401), key="a")


def test_a_batch_without_key_is_tried_again_where_it_was_doubted(take: Take, measuring: Session) -> None:
    rows = [("co2", "2026-10-01T00:00:00Z", 400), ("light", "2026-10-01T00:00:00Z", 1)]
    take(*rows)

    again = take(*rows)

    assert (again.taken, again.duplicates, again.quarantined) == (0, 1, 1)
    assert len(measuring.exec(select(QuarantinedReadingRecord)).all()) == 1


def test_a_batch_names_the_assets_of_which_something_is_new(take: Take) -> None:
    other = "0190b0b0-0000-7000-8000-000000000002"
    take(("co2", "2026-10-01T00:00:00Z", 400))

    found = take(("co2", "2026-10-01T00:00:00Z", 400), ("co2", "2026-10-01T00:00:00Z", 400, "", other))

    assert {str(asset) for asset in found.asset_ids} == {other}


def test_an_empty_batch_is_taken(measuring: Session, now: datetime) -> None:
    found = ingest(measuring, frame=batch(), key=None, source="test", now=now)

    assert (found.taken, found.duplicates, found.quarantined, found.reasons) == (0, 0, 0, {})


def test_a_batch_without_a_column_is_refused(measuring: Session, now: datetime) -> None:
    with pytest.raises(MissingColumn) as refused:
        ingest(measuring, frame=batch().drop(columns="at"), key=None, source="test", now=now)

    assert refused.value.field == "at"


def test_minute_readings_keep_their_hours_beside_them(take: Take, measuring: Session) -> None:
    moments = pd.date_range("2026-10-01T00:30:00Z", periods=300, freq="min")
    take(*(("operating_hours", str(at), place / 60) for place, at in enumerate(moments)))

    compact_all(measuring)
    day = measuring.exec(select(SeriesDayRecord)).one()
    assert (day.count, day.hour_count, len(day.hours) > 0) == (300, 6, True)
    whole = usage(measuring, wanted=[(PROJECTOR, "operating_hours")], start=START, end=END)
    assert whole[PROJECTOR, "operating_hours"].increase == pytest.approx(299 / 60)


def test_a_tenant_never_merges_with_another(database: object, take: Take, measuring: Session, now: datetime) -> None:
    take(("co2", "2026-10-01T00:00:00Z", 400))
    compact_all(measuring)

    assert {row.tenant_id for row in measuring.exec(select(SeriesDayRecord))} == {measuring.info["tenant_id"]}


def test_a_metric_that_is_changed_is_heeded_at_once_and_only_by_its_tenant(database: Database, tenant: int) -> None:
    other = add_tenant(database, "other")
    wider = next(one for one in CATALOGUE if one.code == "ambient_temperature").model_copy(update={"maximum": 500.0})

    def taken(tenant_id: int, minute: int) -> int:
        with database.writing(tenant_id) as session:
            frame = batch(("ambient_temperature", f"2026-10-01T10:{minute:02}:00Z", 300.0))
            return ingest(session, frame=frame, key=None, source="test", now=NOW).taken

    for tenant_id in (tenant, other):
        with database.writing(tenant_id) as session:
            keep_metrics(session, CATALOGUE)
    assert [taken(tenant, 0), taken(other, 0)] == [0, 0]

    with database.writing(tenant) as session:
        keep_metrics(session, [wider])
        session.flush()
        assert known_metrics(session)["ambient_temperature"].maximum == 500
        session.rollback()
    assert taken(tenant, 1) == 0

    with database.writing(tenant) as session:
        keep_metrics(session, [wider])
    assert [taken(tenant, 2), taken(other, 2)] == [1, 0]
