"""Remember from batch to batch where each series stands under a rule, and where it stood some days before."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
from sqlmodel import Session, col, select

from telemetry.alarm_state import NEVER, States, blank, of_series, pack, put, unpack
from telemetry.alarm_tables import AlarmRuleRecord, AlarmStateRecord
from telemetry.find_alarm_rules import Watched
from telemetry.moment import DAY, Moments
from telemetry.tables import tenant_of
from telemetry.track import Marks, Places

_AGES = ("latest", "earlier", "earliest")


class Memory(NamedTuple):
    """What is remembered of some series, sorted; `earliest` is at least a day behind `latest`, or blank."""

    latest: States
    earlier: States
    earliest: States


def recall(session: Session, rule: AlarmRuleRecord, series: Sequence[Watched]) -> Memory:
    """Load what a rule remembers of some series."""
    numbers = np.array(sorted(one.number for one in series), dtype=np.int64)
    found = _records(session, rule, {one.shard for one in series}).values()
    none = blank(np.empty(0, np.int64))
    ages = (np.concatenate([none, *(unpack(getattr(one, age)) for one in found)]) for age in _AGES)
    return Memory(*(of_series(np.sort(age, order="series"), numbers) for age in ages))


def remember(session: Session, rule: AlarmRuleRecord, series: Sequence[Watched], memory: Memory) -> None:
    """Keep what a rule now knows of some series; the caller holds the rule."""
    shards = {one.number: one.shard for one in series}
    shard = np.array([shards[number] for number in memory.latest["series"].tolist()], dtype=np.int64)
    records = _records(session, rule, shards.values())
    for number in np.unique(shard).tolist():
        record = records.get(number) or _empty(session, rule, number)
        for age, states in zip(_AGES, memory, strict=True):
            setattr(record, age, pack(put(unpack(getattr(record, age)), states[shard == number])))
        session.add(record)
    session.flush()


def moved_on(memory: Memory, after: States) -> Memory:
    """Let states follow each other: after a day the state before the last batch becomes the earlier one."""
    rolls = after["last_at"] - memory.earlier["last_at"] >= DAY
    return Memory(after, _either(rolls, memory.latest, memory.earlier), _either(rolls, memory.earlier, memory.earliest))


def moved_back(memory: Memory, base: States, after: States, first: Moments) -> Memory:
    """Replace what was remembered later than the first of late readings by the state from which it was judged again."""
    earlier, earliest = (_either(age["last_at"] < first, age, base) for age in memory[1:])
    return Memory(after, earlier, earliest)


def base_before(memory: Memory, first: Moments) -> States:
    """Give of each series the newest state that lies before a moment; blank where there is none."""
    found = blank(memory.latest["series"])
    for age in reversed(memory):
        found = _either((age["last_at"] < first) & (age["last_at"] > NEVER), age, found)
    return found


def pick(memory: Memory, which: Marks | Places) -> Memory:
    """Pick series."""
    return Memory(*(age[which] for age in memory))


def _either(which: Marks, some: States, others: States) -> States:
    found = others.copy()
    found[which] = some[which]
    return found


def _records(session: Session, rule: AlarmRuleRecord, shards: Iterable[int]) -> dict[int, AlarmStateRecord]:
    one = AlarmStateRecord
    query = select(one).where(one.rule == rule.code, one.version == rule.version, col(one.shard).in_(set(shards)))
    return {record.shard: record for record in session.exec(query.execution_options(populate_existing=True))}


def _empty(session: Session, rule: AlarmRuleRecord, shard: int) -> AlarmStateRecord:
    nothing = pack(blank(np.empty(0, np.int64)))
    return AlarmStateRecord(
        tenant_id=tenant_of(session),
        shard=shard,
        rule=rule.code,
        version=rule.version,
        **dict.fromkeys(_AGES, nothing),
    )
