"""Rules over readings as they come in: late, in pieces, twice and compacted meanwhile, the alarms end the same."""

from collections.abc import Collection, Mapping
from datetime import UTC, datetime, timedelta
from itertools import count, pairwise
from typing import Any, NamedTuple
from uuid import UUID

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlmodel import Session, col, select

from pas.db import Database
from telemetry.alarm_rule import AlarmKind, AlarmTerms, watch
from telemetry.alarm_state import STILL, blank
from telemetry.alarm_tables import AlarmEventRecord, AlarmRecord, AlarmRuleRecord
from telemetry.compact import compact
from telemetry.follow_batches import follow_batches
from telemetry.ingest import ingest
from telemetry.keep_alarm_rules import RuleFromThen, keep_alarm_rule
from telemetry.keep_metrics import keep_metrics
from telemetry.limit_alarm import judge
from telemetry.metric import CATALOGUE
from telemetry.moment import micros, moment
from telemetry.settle_alarms import AlarmNews
from telemetry.tables import MetricRecord
from telemetry.track import Track
from telemetry.watch_limits import catch_up, watch_limits
from telemetry.watch_silence import hear_again, notice_silence
from tests.conftest import NOW, add_tenant

ASSETS = [UUID(int=number) for number in (1, 2)]
METRIC = next(one for one in CATALOGUE if one.code == "ambient_temperature")
FIRST = datetime(2026, 10, 28, 20, 0, tzinfo=UTC)
WARM = AlarmTerms(name="Warm", metric=METRIC.code, kind=AlarmKind.ABOVE, limit=21.5, deadband=0.5)

_numbers = count()
modest = settings(
    max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
Key = tuple[UUID, int]


class Stands(NamedTuple):
    """One alarm on record that was not withdrawn."""

    asset_id: UUID
    began_at: datetime
    raised_at: datetime
    cleared_at: datetime | None
    extreme: float
    times: int
    chatters: bool


def _at(minute: int) -> datetime:
    return FIRST + timedelta(minutes=minute)


def no_products(asset_ids: Collection[UUID]) -> Mapping[UUID, str]:
    return dict.fromkeys(asset_ids, "P")


def fresh_tenant(database: Database) -> int:
    tenant = add_tenant(database, f"w{next(_numbers)}")
    with database.writing(tenant) as session:
        keep_metrics(session, CATALOGUE)
    return tenant


def send(session: Session, *rows: tuple[Key, float], now: datetime = NOW) -> AlarmNews:
    """Take readings in and follow them."""
    frame = pd.DataFrame(
        {
            "asset_id": [str(key[0]) for key, _ in rows],
            "metric": METRIC.code,
            "at": [_at(key[1]).isoformat() for key, _ in rows],
            "value": [value for _, value in rows],
        }
    )
    ingest(session, frame=frame, key=None, source="test", now=now)
    return follow(session, now=now)


def follow(session: Session, *, now: datetime = NOW) -> AlarmNews:
    news = catch_up(session, products=no_products, now=now)
    while (taken := follow_batches(session)).batches:
        news += watch_limits(session, fresh=taken.fresh, products=no_products, now=now)
        news += hear_again(session, fresh=taken.fresh, now=now)
    return news


def standing(session: Session) -> list[Stands]:
    query = select(AlarmRecord).where(col(AlarmRecord.withdrawn_at).is_(None))
    return sorted(Stands(*(getattr(one, name) for name in Stands._fields)) for one in session.exec(query))


def rule(
    session: Session, terms: AlarmTerms = WARM, *, since: datetime | None = FIRST, now: datetime = FIRST
) -> AlarmRuleRecord:
    return keep_alarm_rule(session, code="warm", terms=terms, since=since, now=now)


def in_one(terms: AlarmTerms, measured: Mapping[Key, float]) -> list[Stands]:
    """Judge everything at once."""
    rows = sorted((ASSETS.index(asset), micros(_at(minute)), value) for (asset, minute), value in measured.items())
    series, at, value = (np.array(column) for column in zip(*rows, strict=True))
    found = Track(series, at, value.astype(float), np.zeros(len(at), np.int64))
    alarms = judge(watch(terms, METRIC), found, blank(np.unique(series))).alarms
    return sorted(
        Stands(
            ASSETS[number],
            moment(began),
            moment(raised),
            None if cleared == STILL else moment(cleared),
            *others,
        )
        for number, began, raised, cleared, *others in zip(*(column.tolist() for column in alarms), strict=True)
    )


measured_values = st.dictionaries(
    st.tuples(st.sampled_from(ASSETS), st.integers(0, 60) | st.integers(0, 60 * 24 * 3)),
    st.sampled_from([18.0, 21.0, 21.2, 21.6, 25.0]),
    min_size=1,
    max_size=60,
)
all_terms = st.builds(
    AlarmTerms,
    name=st.just("Any"),
    metric=st.just(METRIC.code),
    kind=st.sampled_from([AlarmKind.ABOVE, AlarmKind.BELOW, AlarmKind.STUCK, AlarmKind.IMPOSSIBLE]),
    priority=st.just("low"),
    asset_id=st.none(),
    product=st.none(),
    limit=st.just(21.3),
    deadband=st.sampled_from([0.0, 0.5]),
    on_delay_seconds=st.sampled_from([0, 300]),
    off_delay_seconds=st.sampled_from([0, 600]),
    longest_seconds=st.sampled_from([60, 1200]),
    least_readings=st.integers(2, 3),
    fastest=st.just(5.0),
    most_per_hour=st.integers(1, 4),
    active=st.just(True),  # noqa: FBT003 - a value, not a flag
)


@modest
@given(terms=all_terms, measured=measured_values, data=st.data())
def test_any_order_split_and_duplication_ends_in_the_same_alarms(
    database: Database, terms: AlarmTerms, measured: dict[Key, float], data: st.DataObject
) -> None:
    rows = list(measured.items())
    twice = rows + data.draw(st.lists(st.sampled_from(rows), max_size=20))
    mixed = data.draw(st.permutations(twice))
    cuts = sorted(data.draw(st.lists(st.integers(0, len(mixed)), max_size=6)))
    packs = data.draw(st.lists(st.booleans(), min_size=8, max_size=8))
    made_after = data.draw(st.integers(0, len(cuts)))
    tenant = fresh_tenant(database)

    for place, (start, end) in enumerate(pairwise([0, *cuts, len(mixed)])):
        with database.writing(tenant) as session:
            if place == made_after:
                rule(session, terms, now=NOW)
            if mixed[start:end]:
                send(session, *mixed[start:end])
            if packs[place]:
                compact(session)
    with database.writing(tenant) as session:
        follow(session)
        assert standing(session) == in_one(terms, measured)


@pytest.fixture
def measuring(database: Database) -> Any:
    with database.writing(fresh_tenant(database)) as session:
        yield session


A = ASSETS[0]


def test_a_late_reading_withdraws_what_never_was_and_says_why(measuring: Session) -> None:
    rule(measuring, WARM.model_copy(update={"on_delay_seconds": 900}))
    assert send(measuring, ((A, 0), 22.0), ((A, 30), 23.0)) == AlarmNews(raised=1)

    assert send(measuring, ((A, 10), 20.0)) == AlarmNews(withdrawn=1)

    alarm = measuring.exec(select(AlarmRecord)).one()
    assert (alarm.withdrawn_at, alarm.reason) == (NOW, "late_readings")
    kinds = [event.kind for event in measuring.exec(select(AlarmEventRecord).order_by(col(AlarmEventRecord.id)))]
    assert kinds == ["raised", "withdrawn"]


def test_what_was_withdrawn_stands_again_when_readings_say_so(measuring: Session) -> None:
    rule(measuring, WARM.model_copy(update={"on_delay_seconds": 600}))
    send(measuring, ((A, 0), 22.0), ((A, 20), 23.0))
    send(measuring, ((A, 10), 20.0))
    send(measuring, ((A, 15), 22.0), ((A, 26), 22.0), ((A, 40), 20.0))
    assert [(one.began_at, one.raised_at, one.cleared_at) for one in standing(measuring)] == [
        (_at(15), _at(26), _at(40))
    ]


def test_a_late_reading_between_two_halves_makes_two_of_one_alarm(measuring: Session) -> None:
    rule(measuring)
    send(measuring, ((A, 0), 22.0), ((A, 20), 25.0), ((A, 30), 20.0))
    first = measuring.exec(select(AlarmRecord)).one().id
    assert send(measuring, ((A, 10), 20.0)) == AlarmNews(raised=1, cleared=1, changed=1)
    assert [(one.raised_at, one.cleared_at, one.extreme) for one in standing(measuring)] == [
        (_at(0), _at(10), 22.0),
        (_at(20), _at(30), 25.0),
    ]
    assert measuring.exec(select(AlarmRecord).where(AlarmRecord.raised_at == _at(0))).one().id == first


def test_readings_before_the_rule_are_not_judged(measuring: Session) -> None:
    rule(measuring, since=None, now=_at(60))
    send(measuring, ((A, 0), 30.0), ((A, 30), 20.0), ((A, 61), 22.0))
    assert [one.raised_at for one in standing(measuring)] == [_at(61)]


def test_a_rule_that_holds_from_earlier_on_catches_up(measuring: Session) -> None:
    send(measuring, ((A, 0), 22.0), ((A, 30), 20.0))
    rule(measuring, since=_at(-10), now=NOW)
    assert follow(measuring) == AlarmNews(raised=1, cleared=1)
    assert follow(measuring) == AlarmNews()


def test_a_new_version_ends_what_the_one_before_holds_open(measuring: Session) -> None:
    rule(measuring)
    send(measuring, ((A, 0), 22.0), ((A, 100), 26.0))
    looser = WARM.model_copy(update={"limit": 25.0})
    assert rule(measuring, looser, since=_at(50), now=NOW).version == 2
    follow(measuring)
    assert [(one.raised_at, one.cleared_at) for one in standing(measuring)] == [(_at(0), _at(50)), (_at(100), None)]
    assert rule(measuring, looser, since=None, now=NOW).version == 2, "the same terms again are no new version"

    send(measuring, ((A, 20), 30.0))
    assert standing(measuring)[0].extreme == 30.0, "the old version still judges what lies in its time"
    with pytest.raises(RuleFromThen):
        rule(measuring, WARM, since=_at(20), now=NOW)
    with pytest.raises(RuleFromThen):
        rule(measuring, WARM, since=NOW + timedelta(days=1), now=NOW)


def test_a_rule_for_one_asset_leaves_the_others_alone(measuring: Session) -> None:
    rule(measuring, WARM.model_copy(update={"asset_id": ASSETS[1]}))
    send(measuring, *(((asset, 0), 25.0) for asset in ASSETS))
    assert [one.asset_id for one in standing(measuring)] == [ASSETS[1]]


def test_a_rule_for_a_product_watches_its_assets_only(measuring: Session) -> None:
    rule(measuring, WARM.model_copy(update={"product": "Q"}))
    send(measuring, ((A, 0), 25.0))
    assert standing(measuring) == []


def test_a_rule_that_is_switched_off_judges_nothing(measuring: Session) -> None:
    rule(measuring)
    send(measuring, ((A, 0), 25.0))
    rule(measuring, WARM.model_copy(update={"active": False}), since=_at(10), now=_at(10))
    send(measuring, ((A, 20), 30.0))
    assert [(one.cleared_at, one.extreme) for one in standing(measuring)] == [(_at(10), 25.0)]


def test_an_alarm_outlives_the_readings_that_caused_it(measuring: Session) -> None:
    rule(measuring)
    send(measuring, ((A, 0), 22.0), ((A, 10), 20.0), ((A, 4000), 20.0))
    metric = measuring.exec(select(MetricRecord).where(MetricRecord.code == METRIC.code)).one()
    metric.forgotten_before = _at(1500).date()
    measuring.flush()

    assert send(measuring, ((A, 3000), 23.0)) == AlarmNews(raised=1, cleared=1)
    assert [one.raised_at for one in standing(measuring)] == [_at(0), _at(3000)]


SILENT = AlarmTerms(name="Silent", metric=METRIC.code, kind=AlarmKind.SILENCE, longest_seconds=900)


def listen(session: Session, minute: int) -> AlarmNews:
    return notice_silence(session, products=no_products, now=_at(minute))


def test_silence_is_told_once_and_ends_with_the_next_reading(measuring: Session) -> None:
    rule(measuring, SILENT)
    send(measuring, ((A, 0), 20.0), now=_at(0))
    assert listen(measuring, 14) == AlarmNews()
    assert listen(measuring, 16) == AlarmNews(raised=1)
    assert listen(measuring, 17) == AlarmNews()
    assert send(measuring, ((A, 30), 20.0), now=_at(30)) == AlarmNews(cleared=1)
    alarm = measuring.exec(select(AlarmRecord)).one()
    assert (alarm.began_at, alarm.raised_at, alarm.cleared_at) == (_at(0), _at(15), _at(30))


def test_silence_never_was_when_the_readings_only_came_late(measuring: Session) -> None:
    rule(measuring, SILENT)
    send(measuring, ((A, 0), 20.0), now=_at(0))
    listen(measuring, 60)
    assert send(measuring, ((A, 10), 20.0), now=_at(61)) == AlarmNews(withdrawn=1)
    assert listen(measuring, 62) == AlarmNews(raised=1), "it is silent all the same, since a little later"
    assert send(measuring, ((A, 40), 20.0), now=_at(63)) == AlarmNews(cleared=1)
    assert send(measuring, ((A, 20), 20.0), now=_at(64)) == AlarmNews(withdrawn=1)


def test_what_is_silent_since_before_the_rule_counts_from_the_rule_on(measuring: Session) -> None:
    send(measuring, ((A, 0), 20.0), now=_at(0))
    compact(measuring)
    rule(measuring, SILENT, since=None, now=_at(600))
    assert listen(measuring, 610) == AlarmNews()
    assert listen(measuring, 616) == AlarmNews(raised=1)
    assert standing(measuring)[0].raised_at == _at(615)
