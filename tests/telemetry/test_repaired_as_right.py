"""What was doubted, and repaired later, ends as if it had been right at once, whatever came between."""

from datetime import timedelta
from typing import Any, NamedTuple

import pandas as pd
from hypothesis import given
from hypothesis import strategies as st
from sqlmodel import Session, select

from pas.db import Database
from telemetry.delivery import Delivery
from telemetry.doubt import Doubt, DoubtState
from telemetry.ingest import ingest_all
from telemetry.reading import read
from telemetry.repair import Chosen, Repair
from telemetry.repair_readings import repair_readings
from telemetry.tables import QuarantinedReadingRecord
from tests.conftest import NOW
from tests.telemetry.conftest import compact_all
from tests.telemetry.test_compacted_any_time import FIRST, Key, answers, fresh_tenant, modest, must_agree
from tests.telemetry.test_compacted_any_time import readings as any_readings

_AHEAD = timedelta(days=7305)


class Fault(NamedTuple):
    """A way in which a reading is sent wrong, and what repairs all that were sent so."""

    changed: dict[str, Any]
    chosen: Chosen
    meant: dict[str, Any]


def _faults(key: Key) -> list[Fault | None]:
    """Give what may go wrong with a reading: nothing at all, a misspelt name, a clock, a zone."""
    asset, metric, minute = key
    at = FIRST + timedelta(minutes=minute)
    return [
        None,
        None,
        Fault({"metric": f"my_{metric}"}, Chosen(metric=f"my_{metric}"), {"metric": metric}),
        Fault({"asset_id": f"Room {asset.int}"}, Chosen(asset=f"Room {asset.int}"), {"asset": str(asset)}),
        Fault({"at": (at + _AHEAD).isoformat()}, Chosen(Doubt.FUTURE), {"clock_ahead": _AHEAD.total_seconds()}),
        Fault({"at": at.replace(tzinfo=None).isoformat()}, Chosen(Doubt.NO_ZONE), {"zone": "UTC"}),
    ]


def _sent(key: Key, value: float, fault: Fault | None) -> dict[str, Any]:
    right = {"asset_id": str(key[0]), "metric": key[1], "at": (FIRST + timedelta(minutes=key[2])).isoformat()}
    return right | {"value": value} | (fault.changed if fault else {})


def _deliver(session: Session, rows: list[dict[str, Any]]) -> None:
    frame = pd.DataFrame(rows, columns=["asset_id", "metric", "at", "value"], dtype=object)
    ingest_all(session, deliveries=[Delivery(read(frame), None, "test")], now=NOW)


@modest
@given(measured=any_readings, data=st.data())
def test_a_repaired_batch_ends_as_if_it_had_been_right_at_once(
    database: Database, measured: dict[Key, float], data: st.DataObject
) -> None:
    faults = {key: data.draw(st.sampled_from(_faults(key))) for key in measured}
    rows = [_sent(key, value, faults[key]) for key, value in measured.items()]
    half = data.draw(st.integers(0, len(rows)))
    right, repaired = fresh_tenant(database), fresh_tenant(database)
    with database.writing(right) as session:
        _deliver(session, [_sent(key, value, None) for key, value in measured.items()])

    for part in (rows[:half], rows[half:]):
        with database.writing(repaired) as session:
            _deliver(session, part)
            if data.draw(st.booleans()):
                compact_all(session)
    wrong = {fault.chosen: fault.meant for fault in faults.values() if fault}
    for chosen, meant in data.draw(st.permutations(list(wrong.items()))):
        with database.writing(repaired) as session:
            told = repair_readings(session, chosen=chosen, repair=Repair(**meant), now=NOW, by="test")
            assert (told.duplicates, told.doubted) == (0, 0)

    spans = [(0, 60 * 24 * 3), (600, 900)]
    with database.reading(right) as session:
        expected = answers(session, spans)
    with database.reading(repaired) as session:
        must_agree(answers(session, spans), expected)
        states = session.exec(select(QuarantinedReadingRecord.state)).all()
        assert states == [DoubtState.RELEASED] * sum(fault is not None for fault in faults.values())
