"""Doubted readings wait until they are repaired or dismissed; none is ever lost, and none goes in twice."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlmodel import Session, col, select

from telemetry.doubt import Doubt, DoubtState
from telemetry.find_doubted import are_chosen, count_doubted
from telemetry.keep_metrics import keep_metrics
from telemetry.metric import Metric, MetricKind
from telemetry.queries import series
from telemetry.repair import Chosen, NothingChosen, Repair, UnfitFactor, UnknownZoneMeant
from telemetry.repair_readings import Repaired, dismiss_readings, repair_readings, try_repair
from telemetry.tables import QuarantinedReadingRecord, ReadingBatchRecord
from telemetry.unit import UnknownUnit
from tests.telemetry.conftest import PROJECTOR, Take, compact_all

AT = "2026-10-01T10:00:00Z"
LATER = "2026-10-01T11:00:00Z"


def _repair(session: Session, now: datetime, chosen: Chosen, **meant: Any) -> Repaired:
    return repair_readings(session, chosen=chosen, repair=Repair(**meant), now=now, by="an@maker.example")


def _stored(session: Session, metric: str, asset: UUID = PROJECTOR) -> list[tuple[str, float]]:
    span = {"start": datetime.fromisoformat("2026-01-01T00:00:00Z"), "end": datetime.fromisoformat("2027-01-01T00:00Z")}
    found = series(session, asset_id=asset, metric=metric, **span)
    return [(at.strftime("%H:%M"), value) for at, value in zip(found["at"], found["value"], strict=True)]


def _doubts(session: Session, **chosen: Any) -> list[QuarantinedReadingRecord]:
    query = select(QuarantinedReadingRecord).where(are_chosen(Chosen(**{"state": None, **chosen})))
    return list(session.exec(query.order_by(col(QuarantinedReadingRecord.id))))


@pytest.mark.parametrize(
    ("row", "meant", "expected"),
    [
        (("ambient_temperature", AT, 70, "K"), {"unit": "degF"}, ("10:00", 21.11111111111111)),
        (("temp", AT, 21.5, ""), {"metric": "ambient_temperature"}, ("10:00", 21.5)),
        (("ambient_temperature", AT, 21.5, "", "Lab 1"), {"asset": str(PROJECTOR)}, ("10:00", 21.5)),
        (("ambient_temperature", "2036-10-01T10:00:00Z", 21.5), {"clock_ahead": 315_619_200}, ("10:00", 21.5)),
        (("ambient_temperature", "1980-01-01T00:00:30Z", 21.5), {"clock_ahead": -1475229570}, ("10:00", 21.5)),
        (("ambient_temperature", "2026-10-01T12:00:00", 21.5), {"zone": "Europe/Brussels"}, ("10:00", 21.5)),
        (("ambient_temperature", AT, 21500), {"factor": 0.001}, ("10:00", 21.5)),
    ],
    ids=["unit", "metric", "asset", "clock-ahead", "clock-behind", "zone", "factor"],
)
def test_what_was_meant_goes_in(
    measuring: Session, take: Take, now: datetime, row: Any, meant: dict[str, Any], expected: tuple[str, float]
) -> None:
    told = take(row)
    assert (told.taken, told.quarantined) == (0, 1)

    found = _repair(measuring, now, Chosen(batch=told.key), **meant)

    assert (found.taken, found.duplicates, found.doubted, found.assets) == (1, 0, 0, 1)
    assert _stored(measuring, "ambient_temperature") == [(expected[0], pytest.approx(expected[1]))]
    (settled,) = _doubts(measuring)
    assert (settled.state, settled.settled_at, settled.settled_by) == (DoubtState.RELEASED, now, "an@maker.example")
    assert settled.how == {"repair": str(found.id), **meant}


def test_a_cause_that_is_gone_needs_no_repair(measuring: Session, take: Take, now: datetime) -> None:
    take(("humus", AT, 3), ("co2", AT, 1e7), ("nonsense", AT, 1))
    keep_metrics(measuring, [Metric(code="humus", name="Humus", kind=MetricKind.GAUGE, unit="percent")])

    found = _repair(measuring, now, Chosen(reason=Doubt.UNKNOWN_METRIC))

    assert (found.taken, found.doubted, found.reasons) == (1, 1, {"unknown-metric": 1})
    assert _stored(measuring, "humus") == [("10:00", 3.0)]
    assert count_doubted(measuring, Chosen()) == {"out-of-range": 1, "unknown-metric": 1}


def test_what_is_doubted_again_waits_on_with_its_new_reason(measuring: Session, take: Take, now: datetime) -> None:
    key = take(("temp", AT, 21), ("temp", LATER, 9999)).key

    found = _repair(measuring, now, Chosen(metric="temp"), metric="ambient_temperature")

    assert (found.taken, found.doubted, found.reasons) == (1, 1, {"out-of-range": 1})
    released, waiting = _doubts(measuring)
    assert (released.state, waiting.state) == (DoubtState.RELEASED, DoubtState.WAITING)
    assert (waiting.batch_key, waiting.row, waiting.reason) == (key, 1, Doubt.OUT_OF_RANGE)
    assert "ambient_temperature lies from" in waiting.sentence
    assert waiting.as_received["metric"] == "temp"
    receipt = measuring.exec(select(ReadingBatchRecord).where(ReadingBatchRecord.source == "repair")).one()
    assert (receipt.taken, receipt.duplicates, receipt.quarantined) == (1, 0, 0)


def test_the_same_repair_again_changes_nothing(measuring: Session, take: Take, now: datetime) -> None:
    take(("temp", AT, 21), ("temp", LATER, 22))
    _repair(measuring, now, Chosen(metric="temp"), metric="ambient_temperature")
    before = [one.model_dump() for one in _doubts(measuring)]

    again = _repair(measuring, now + timedelta(days=1), Chosen(metric="temp"), metric="ambient_temperature")

    assert again._replace(id=UUID(int=0)) == Repaired(UUID(int=0))
    assert [one.model_dump() for one in _doubts(measuring)] == before


def test_what_was_there_already_is_released_as_well(measuring: Session, take: Take, now: datetime) -> None:
    take(("ambient_temperature", AT, 21))
    take(("temp", AT, 21))

    found = _repair(measuring, now, Chosen(metric="temp"), metric="ambient_temperature")

    assert (found.taken, found.duplicates) == (0, 1)
    assert [one.state for one in _doubts(measuring)] == [DoubtState.RELEASED]


def test_a_trial_tells_and_keeps_nothing(measuring: Session, take: Take, now: datetime) -> None:
    take(("temp", AT, 21), ("temp", LATER, 9999))
    before = [one.model_dump() for one in _doubts(measuring)]
    asked: dict[str, Any] = {"chosen": Chosen(metric="temp"), "repair": Repair(metric="ambient_temperature")}

    tried = try_repair(measuring, **asked, now=now, by="an")

    assert (tried.taken, tried.doubted, tried.reasons) == (1, 1, {"out-of-range": 1})
    assert [one.model_dump() for one in _doubts(measuring)] == before
    assert _stored(measuring, "ambient_temperature") == []
    done = repair_readings(measuring, **asked, now=now, by="an")
    assert done._replace(id=tried.id) == tried


def test_many_are_settled_lot_by_lot(measuring: Session, take: Take, now: datetime) -> None:
    take(*(("temp", f"2026-10-01T10:{minute:02}:00Z", 9999 if minute % 2 else minute) for minute in range(30)))
    after, taken, turns = None, 0, 0
    while turns == 0 or after is not None:
        found = repair_readings(
            measuring,
            chosen=Chosen(metric="temp"),
            repair=Repair(metric="ambient_temperature"),
            now=now,
            by="an",
            after=after,
            most=7,
        )
        after, taken, turns = found.next_after, taken + found.taken, turns + 1

    assert (taken, turns) == (15, 5)
    assert count_doubted(measuring, Chosen()) == {"out-of-range": 15}


def test_what_is_dismissed_stays_visible_and_can_be_repaired_yet(measuring: Session, take: Take, now: datetime) -> None:
    take(("temp", AT, 21), ("temp", LATER, 22))

    assert dismiss_readings(measuring, chosen=Chosen(metric="temp"), because="a test", now=now, by="an", most=1) == 1
    assert dismiss_readings(measuring, chosen=Chosen(metric="temp"), because="a test", now=now, by="an") == 1
    assert dismiss_readings(measuring, chosen=Chosen(metric="temp"), because="a test", now=now, by="an") == 0
    assert [(one.state, one.how) for one in _doubts(measuring)] == [(DoubtState.DISMISSED, {"because": "a test"})] * 2

    chosen = Chosen(metric="temp", state=DoubtState.DISMISSED)
    assert _repair(measuring, now, chosen, metric="ambient_temperature").taken == 2


def test_a_batch_that_comes_again_leaves_what_was_settled(measuring: Session, take: Take, now: datetime) -> None:
    rows = (("temp", AT, 21), ("nonsense", AT, 21), ("humus", AT, 3))
    take(*rows)
    _repair(measuring, now, Chosen(metric="temp"), metric="ambient_temperature")
    dismiss_readings(measuring, chosen=Chosen(metric="nonsense"), because="a test", now=now, by="an")
    keep_metrics(measuring, [Metric(code="humus", name="Humus", kind=MetricKind.GAUGE, unit="percent")])

    told = take(*rows)

    assert (told.taken, told.quarantined) == (1, 2)
    assert [one.state for one in _doubts(measuring)] == [DoubtState.RELEASED, DoubtState.DISMISSED]


def test_a_number_of_any_length_is_repaired_to_the_last_digit(measuring: Session, take: Take, now: datetime) -> None:
    value = 0.1 + 0.2
    take(("temp", AT, value))
    compact_all(measuring)

    _repair(measuring, now, Chosen(metric="temp"), metric="ambient_temperature")

    assert _stored(measuring, "ambient_temperature") == [("10:00", value)]


def test_nobody_repairs_everything_by_accident(measuring: Session, now: datetime) -> None:
    with pytest.raises(NothingChosen):
        _repair(measuring, now, Chosen())
    with pytest.raises(NothingChosen):
        _repair(measuring, now, Chosen(metric="temp", state=DoubtState.RELEASED))
    with pytest.raises(NothingChosen):
        dismiss_readings(measuring, chosen=Chosen(), because="a test", now=now, by="an")


@pytest.mark.parametrize(
    ("meant", "refusal"),
    [({"unit": "furlong?"}, UnknownUnit), ({"zone": "Mars"}, UnknownZoneMeant), ({"factor": 0}, UnfitFactor)],
    ids=["unit", "zone", "factor"],
)
def test_an_impossible_repair_is_refused(
    measuring: Session, now: datetime, meant: dict[str, Any], refusal: type[Exception]
) -> None:
    with pytest.raises(refusal):
        _repair(measuring, now, Chosen(metric="temp"), **meant)


def test_odd_texts_are_kept_sign_by_sign(measuring: Session, take: Take) -> None:
    odd = ['"', "\\", '\\"', "{a,b}", "NULL", "'); --", "ü \U0001f41d", "%(id)s ?", "\x1f", "a\nb", "\ufffd"]
    take(*((text, AT, text, text, text) for text in odd))

    kept = [one.as_received for one in _doubts(measuring)]

    assert [one["asset"] for one in kept] == [text.strip() for text in odd]
    assert all(one["asset"] == one["metric"] == one["value"] == one["unit"] for one in kept)
    assert [one.row for one in _doubts(measuring)] == list(range(len(odd)))
    assert [one.as_received for one in _doubts(measuring, metric='\\"')] == kept[2:3]
