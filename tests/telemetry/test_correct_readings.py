"""Corrected readings answer as if they had been right from the start; what stood there stays on record."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlmodel import Session, select

from pas.db import Database
from telemetry.correct_readings import correct_readings
from telemetry.correction import Corrected, CorrectedTwice, Correction, ImplausibleCorrection, NothingToCorrect
from telemetry.ingest import ingest, ingest_all
from telemetry.queries import UnknownMetric, latest, series
from telemetry.tables import ReadingCorrectionRecord
from tests.conftest import NOW, add_tenant
from tests.telemetry.conftest import PROJECTOR, Take, batch, compact_all
from tests.telemetry.test_compacted_any_time import (
    FIRST,
    Key,
    _compact_all,
    _compact_some,
    _delivery,
    answers,
    fresh_tenant,
    minutes,
    modest,
    must_agree,
    readings,
    spans,
)

TEN = datetime(2026, 10, 1, 10, tzinfo=UTC)


def _correct(session: Session, *right: tuple[datetime, float], code: str = "co2") -> list[Corrected]:
    given = [Correction(at=at, value=value) for at, value in right]
    return correct_readings(
        session, asset_id=PROJECTOR, code=code, corrections=given, because="span gas", now=NOW, by="Ann"
    )


def _co2(session: Session) -> list[float]:
    found: list[float] = series(
        session, asset_id=PROJECTOR, metric="co2", start=TEN - timedelta(days=1), end=TEN + timedelta(days=1)
    )["value"].tolist()
    return found


@modest
@given(
    measured=readings,
    asked=spans,
    extra=st.dictionaries(minutes, st.integers(0, 60).map(float), max_size=5),
    data=st.data(),
)
def test_corrected_readings_answer_as_if_they_had_been_right_from_the_start(
    database: Database,
    measured: dict[Key, float],
    asked: list[tuple[int, int]],
    extra: dict[int, float],
    data: st.DataObject,
) -> None:
    wrong = {
        key: data.draw(st.integers(0, 60).map(float))
        for key in data.draw(st.lists(st.sampled_from(sorted(measured)), unique=True))
    }
    asset, metric, _ = next(iter(measured))
    later = {
        (asset, metric, minute): value for minute, value in extra.items() if (asset, metric, minute) not in measured
    }
    right, corrected = fresh_tenant(database), fresh_tenant(database)
    with database.writing(right) as session:
        ingest_all(session, deliveries=[_delivery(sorted((measured | later).items()))], now=NOW)
    with database.writing(corrected) as session:
        ingest_all(
            session, deliveries=[_delivery(data.draw(st.permutations(list((measured | wrong).items()))))], now=NOW
        )
        _compact_some(session, data)

    for key in data.draw(st.permutations(sorted(wrong))):
        with database.writing(corrected) as session:
            given = [Correction(at=FIRST + timedelta(minutes=key[2]), value=measured[key])]
            told = correct_readings(
                session, asset_id=key[0], code=key[1], corrections=given, because="wrong", now=NOW, by="Ann"
            )
            assert [(one.was, one.value) for one in told] == [(wrong[key], measured[key])] * (
                wrong[key] != measured[key]
            )
            _compact_some(session, data)
    with database.writing(corrected) as session:
        ingest_all(session, deliveries=[_delivery(sorted(later.items()))] if later else [], now=NOW)

    with database.reading(right) as session:
        expected = answers(session, asked)
    for _ in range(2):
        with database.reading(corrected) as session:
            must_agree(answers(session, asked), expected)
        with database.writing(corrected) as session:
            _compact_all(session)


@pytest.mark.parametrize("packed", [False, True])
def test_what_stood_there_stays_on_record_and_the_same_again_changes_nothing(
    take: Take,
    measuring: Session,
    packed: bool,  # noqa: FBT001 - two ways
) -> None:
    take(("co2", "2026-10-01T10:00:00Z", 400), ("co2", "2026-10-01T10:01:00Z", 4000))
    if packed:
        compact_all(measuring)

    told = _correct(measuring, (TEN, 400), (TEN + timedelta(minutes=1), 410))

    assert told == [Corrected(TEN + timedelta(minutes=1), 4000, 410)]
    assert _correct(measuring, (TEN + timedelta(minutes=1), 410)) == []
    assert _co2(measuring) == [400, 410]
    kept = measuring.exec(select(ReadingCorrectionRecord)).one()
    assert (kept.was, kept.value, kept.because, kept.by) == (4000, 410, "span gas", "Ann")
    assert latest(measuring, asset_ids=[PROJECTOR])[PROJECTOR, "co2"].value == 410


@pytest.mark.parametrize("packed", [False, True])
def test_the_wrong_reading_sent_again_does_not_come_back(
    take: Take,
    measuring: Session,
    packed: bool,  # noqa: FBT001 - two ways
) -> None:
    take(("co2", "2026-10-01T10:00:00Z", 4000))
    if packed:
        compact_all(measuring)
    _correct(measuring, (TEN, 410))

    take(("co2", "2026-10-01T10:00:00Z", 4000), ("co2", "2026-10-01T10:02:00Z", 412))
    assert _co2(measuring) == [410, 412]
    compact_all(measuring)
    assert _co2(measuring) == [410, 412]


@pytest.mark.parametrize(
    ("code", "right", "refusal"),
    [
        ("co2", [(TEN + timedelta(seconds=1), 400)], NothingToCorrect),
        ("co2", [(TEN, 400), (TEN + timedelta(days=3), 400)], NothingToCorrect),
        ("relative_humidity", [(TEN, 40)], NothingToCorrect),
        ("co2", [(TEN, -1)], ImplausibleCorrection),
        ("co2", [(TEN, 400), (TEN, 401)], CorrectedTwice),
        ("light", [(TEN, 1)], UnknownMetric),
    ],
)
def test_a_correction_that_cannot_be_changes_nothing(
    take: Take, measuring: Session, code: str, right: list[tuple[datetime, float]], refusal: type[Exception]
) -> None:
    take(("co2", "2026-10-01T10:00:00Z", 4000))

    with pytest.raises(refusal):
        _correct(measuring, *right, code=code)
    assert _co2(measuring) == [4000]
    assert measuring.exec(select(ReadingCorrectionRecord)).all() == []


def test_a_tenant_corrects_its_own_readings_only(database: Database, take: Take, measuring: Session) -> None:
    take(("co2", "2026-10-01T10:00:00Z", 4000))
    measuring.commit()
    other = add_tenant(database, "other")
    with database.writing(other) as session:
        ingest(session, frame=batch(), key=None, source="test", now=NOW)
        with pytest.raises(UnknownMetric):
            _correct(session, (TEN, 400))
