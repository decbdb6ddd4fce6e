"""Take in what many senders delivered at the same moment for one tenant, in one transaction."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

import msgspec
from sqlalchemy.exc import OperationalError, SQLAlchemyError
from sqlmodel import Session

from lifecycle.absorb_readings import Absorbed, Sent, absorb_deliveries
from lifecycle.actor import SYSTEM, Actor
from pas.db import Database
from pas.idempotency import Asked, answers_before, keep_answers
from telemetry.refusal import Refusal

TRIES = 3
"""How often a group is tried where the database says that it only got in somebody's way."""
_CLASHED = frozenset({"40001", "40P01"})
"""PostgreSQL's codes of a failed serialisation and a deadlock."""


class Parcel(NamedTuple):
    """What one sender delivered and, where it carried an `Idempotency-Key`, what was asked under it."""

    sent: Sent
    by: Actor
    asked: Asked | None = None


Outcome = Absorbed | Exception
"""What became of one delivery."""


class Answer(msgspec.Struct):
    """What a sender of readings is told."""

    taken: int
    duplicates: int
    quarantined: int
    reasons: dict[str, int]
    assets: int


def absorb_group(database: Database, tenant_id: int, group: Sequence[Parcel], *, now: datetime) -> list[Outcome]:
    """Absorb a group in one transaction and give what became of each, once it is committed.

    A busy or broken database fails the group: nothing of it is stored and nothing was acknowledged. Any other fault
    is the fault of one delivery, so each is tried alone and the others go in.
    """
    for turn in range(TRIES):
        try:
            return _together(database, tenant_id, group, now)
        except OperationalError as error:
            if turn + 1 == TRIES or getattr(error.orig, "sqlstate", None) not in _CLASHED:
                return [error] * len(group)
        except Exception as error:  # noqa: BLE001 - whatever it is, its sender is told, and the lane goes on
            if len(group) == 1 or (isinstance(error, SQLAlchemyError) and _is_down(database)):
                return [error] * len(group)
            return [absorb_group(database, tenant_id, [one], now=now)[0] for one in group]
    raise AssertionError


def encoded(absorbed: Absorbed) -> bytes:
    """Write the answer to a sender."""
    return msgspec.json.encode(
        Answer(absorbed.taken, absorbed.duplicates, absorbed.quarantined, absorbed.reasons, absorbed.assets)
    )


def _is_down(database: Database) -> bool:
    try:
        with database.engine.connect():
            return False
    except SQLAlchemyError:
        return True


def _together(database: Database, tenant_id: int, group: Sequence[Parcel], now: datetime) -> list[Outcome]:
    with database.writing(tenant_id) as session:
        outcomes = _answered_before(session, group)
        fresh = [one for one, known in zip(group, outcomes, strict=True) if known is None]
        absorbed = iter(absorb_deliveries(session, deliveries=[one.sent for one in fresh], now=now, by=_by(group)))
        settled = [known or _outcome(next(absorbed)) for known in outcomes]
        _keep(session, group, outcomes, settled, now)
    return settled


def _by(group: Sequence[Parcel]) -> Actor:
    """Say who does it: the one sender, or the system where there are several."""
    return group[0].by if len({one.by for one in group}) == 1 else SYSTEM


def _outcome(absorbed: Absorbed) -> Outcome:
    return absorbed.refused or absorbed


def _answered_before(session: Session, group: Sequence[Parcel]) -> list[Outcome | None]:
    """Find what was answered before under the keys of a group; refuse keys that stand for something else."""
    asked = [one.asked for one in group if one.asked is not None]
    found = answers_before(session, asked) if asked else {}
    return [None if one.asked is None else _read(found.get(one.asked)) for one in group]


def _read(before: str | Refusal | None) -> Outcome | None:
    if before is None or isinstance(before, Refusal):
        return before
    answer = msgspec.json.decode(before, type=Answer)
    return Absorbed(**msgspec.structs.asdict(answer), repeated=True)


def _keep(
    session: Session,
    group: Sequence[Parcel],
    known: Sequence[Outcome | None],
    settled: list[Outcome],
    now: datetime,
) -> None:
    """Keep the fresh answers under their keys; where another process was quicker, give the answer that it kept."""
    fresh = {
        one.asked: (place, encoded(outcome).decode())
        for place, (one, before, outcome) in enumerate(zip(group, known, settled, strict=True))
        if one.asked is not None and before is None and isinstance(outcome, Absorbed)
    }
    late = keep_answers(session, {asked: body for asked, (_, body) in fresh.items()}, now=now)
    for asked, before in late.items():
        settled[fresh[asked][0]] = _read(before) or settled[fresh[asked][0]]
