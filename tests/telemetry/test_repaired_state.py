"""A wrong batch that was repaired and replayed ends in the state of one that had been right at once."""

from collections.abc import Callable
from datetime import timedelta
from itertools import pairwise
from typing import Any, NamedTuple

import pandas as pd
from hypothesis import given
from hypothesis import strategies as st
from sqlmodel import Session

from pas.db import Database
from telemetry.compact import compact
from telemetry.delivery import Delivery
from telemetry.doubt import Doubt
from telemetry.find_doubted import count_doubted
from telemetry.ingest import ingest_all
from telemetry.keep_alarm_rules import keep_alarm_rule
from telemetry.metric import CATALOGUE
from telemetry.reading import read
from telemetry.repair import Chosen, Repair
from telemetry.repair_readings import repair_readings
from tests.conftest import NOW
from tests.telemetry.test_compacted_any_time import (
    ASSETS,
    FIRST,
    GAUGE,
    METRICS,
    Key,
    answers,
    fresh_tenant,
    modest,
    must_agree,
    readings,
    spans,
)
from tests.telemetry.test_watch_limits import WARM, follow, standing

TWENTY_YEARS = timedelta(days=20 * 365)
UNITS = {metric.code: metric.unit for metric in CATALOGUE}
Cells = dict[str, Any]


class Wrong(NamedTuple):
    """One way in which a sender is wrong, and what is to be said of it."""

    spoil: Callable[[Cells], Cells]
    chosen: Chosen
    repair: Repair


def _of_metric(code: str) -> list[Wrong]:
    return [
        Wrong(
            lambda row: row | ({"unit": "odd"} if row["metric"] == code else {}),
            Chosen(reason=Doubt.UNKNOWN_UNIT, metric=code),
            Repair(unit=UNITS[code]),
        ),
        Wrong(
            lambda row: row | ({"metric": "misnamed"} if row["metric"] == code else {}),
            Chosen(metric="misnamed"),
            Repair(metric=code),
        ),
    ]


WAYS = [
    *(one for code in METRICS for one in _of_metric(code)),
    Wrong(
        lambda row: row | ({"asset_id": "Lab 1"} if row["asset_id"] == str(ASSETS[0]) else {}),
        Chosen(asset="Lab 1"),
        Repair(asset=str(ASSETS[0])),
    ),
    Wrong(
        lambda row: row | {"at": row["at"] + TWENTY_YEARS},
        Chosen(reason=Doubt.FUTURE),
        Repair(clock_ahead=TWENTY_YEARS.total_seconds()),
    ),
    Wrong(
        lambda row: row | {"at": row["at"] - 2 * TWENTY_YEARS},
        Chosen(reason=Doubt.ANCIENT),
        Repair(clock_ahead=-2 * TWENTY_YEARS.total_seconds()),
    ),
    Wrong(
        lambda row: row | {"at": (row["at"] + timedelta(hours=5, minutes=45)).replace(tzinfo=None)},
        Chosen(reason=Doubt.NO_ZONE),
        Repair(zone="Asia/Kathmandu"),
    ),
]


def _cells(key: Key, value: float) -> Cells:
    at = FIRST + timedelta(minutes=key[2])
    return {"asset_id": str(key[0]), "metric": key[1], "at": at, "value": value, "unit": ""}


def _delivery(rows: list[Cells]) -> Delivery:
    return Delivery(read(pd.DataFrame([row | {"at": row["at"].isoformat()} for row in rows])), None, "test")


def _compact(session: Session) -> None:
    follow(session)
    while compact(session).batches:
        pass


def _do(session: Session, step: str, way: Wrong) -> None:
    if step == "repair":
        _repair(session, way)
    elif step:
        {"follow": follow, "compact": _compact}[step](session)


def _repair(session: Session, way: Wrong) -> int:
    return repair_readings(session, chosen=way.chosen, repair=way.repair, now=NOW, by="an", most=500).taken


@modest
@given(measured=readings, asked=spans, way=st.sampled_from(range(len(WAYS))), data=st.data())
def test_a_wrong_batch_repaired_is_as_one_that_was_right_at_once(
    database: Database, measured: dict[Key, float], asked: list[tuple[int, int]], way: int, data: st.DataObject
) -> None:
    rows, meant = [_cells(*one) for one in measured.items()], WAYS[way]
    cuts = sorted(data.draw(st.sets(st.integers(1, len(rows)), max_size=3)))
    parts = [rows[start:end] for start, end in pairwise([0, *cuts, len(rows)]) if rows[start:end]]
    are_wrong = data.draw(st.lists(st.booleans(), min_size=len(parts), max_size=len(parts)))
    steps = data.draw(st.lists(st.sampled_from(["", "follow", "compact", "repair"]), min_size=4, max_size=4))
    right, repaired = fresh_tenant(database), fresh_tenant(database)
    for tenant in (right, repaired):
        with database.writing(tenant) as session:
            keep_alarm_rule(session, code="warm", terms=WARM, since=FIRST, now=FIRST)
    with database.writing(right) as session:
        ingest_all(session, deliveries=[_delivery(part) for part in parts], now=NOW)
        follow(session)

    for part, is_wrong, step in zip(parts, are_wrong, steps, strict=False):
        with database.writing(repaired) as session:
            sent = [meant.spoil(row) for row in part] if is_wrong else part
            ingest_all(session, deliveries=[_delivery(sent)], now=NOW)
            _do(session, step, meant)
    with database.writing(repaired) as session:
        _repair(session, meant)
        assert _repair(session, meant) == 0
        assert count_doubted(session, Chosen()) == {}
        follow(session)

    with database.writing(right) as session:
        expected, alarms = answers(session, asked), standing(session)
    for settle in (follow, _compact):
        with database.writing(repaired) as session:
            settle(session)
        with database.writing(repaired) as session:
            must_agree(answers(session, asked), expected)
            assert standing(session) == alarms


def test_every_way_of_being_wrong_is_doubted(database: Database) -> None:
    for way in WAYS:
        tenant = fresh_tenant(database)
        rows = [_cells((asset, metric, 7), 5.0) for asset in ASSETS for metric in (GAUGE, *METRICS)]
        with database.writing(tenant) as session:
            told = ingest_all(session, deliveries=[_delivery([way.spoil(row) for row in rows])], now=NOW)[0]
            assert told.quarantined >= 2
            assert sum(count_doubted(session, way.chosen).values()) == told.quarantined
