"""Learn values in a process of its own, so that no request, bill or alert waits for it; one trade at a time."""

import os
from datetime import datetime
from multiprocessing import get_context
from multiprocessing.connection import Connection
from time import monotonic
from typing import Any, NamedTuple
from uuid import UUID

from sqlmodel import select

from lifecycle.learn_unasked import (
    ENDS_WITHIN,
    Claim,
    claim_learning,
    end_learning,
    gather_claimed,
    is_anything_to_learn,
)
from lifecycle.learn_values import Material, lessons_from
from lifecycle.valuation.lesson import Lesson
from pas.db import Database
from pas.log import logger
from telemetry.tables import TenantRecord

log = logger("learning")

LOOK_EVERY = 300.0
"""Seconds between two looks for trades with enough new sales."""
_POLITE = 10
"""The process gives way to all others."""
_ENDS_WITHIN = 10.0


class _UnderWay(NamedTuple):
    tenant_id: int
    claim_id: UUID
    trade: str
    process: Any
    told: Connection
    began: float


class Learner:
    """What a worker has under way: at most one process that learns, which is ended with the worker."""

    def __init__(self, *, look_every: float = LOOK_EVERY) -> None:
        """Begin with nothing; the first look waits its turn, for a process that has just begun has more to do."""
        self._under_way: _UnderWay | None = None
        self._look_at = monotonic() + look_every
        self._look_every = look_every

    @property
    def is_busy(self) -> bool:
        """Tell whether something is being learned."""
        return self._under_way is not None

    def look(self, database: Database, *, now: datetime) -> None:
        """Keep what was learned meanwhile, or begin with what is due; returns at once."""
        if self._under_way is not None:
            self._keep(database, self._under_way, now)
        elif monotonic() >= self._look_at:
            self._look_at = monotonic() + self._look_every
            self._begin(database, now)

    def stop(self) -> None:
        """End what is under way; it is taken up again later."""
        if self._under_way is not None:
            _end(self._under_way)
            self._under_way = None

    def _begin(self, database: Database, now: datetime) -> None:
        with database.looking_in() as session:
            tenants = [one.id for one in session.exec(select(TenantRecord).order_by(TenantRecord.slug)) if one.id]
        for tenant_id in tenants:
            with database.reading(tenant_id) as session:
                if not is_anything_to_learn(session, now=now):
                    continue
            with database.writing(tenant_id) as session:
                claim = claim_learning(session, now=now)
            if claim is not None:
                with database.reading(tenant_id) as session:
                    material = gather_claimed(session, claim, now=now)
                self._begin_with(tenant_id, claim, material)
                return

    def _begin_with(self, tenant_id: int, claim: Claim, material: Material) -> None:
        """Start a process; where the machine has no room for one, the claim is taken up again later."""
        try:
            self._under_way = _start(tenant_id, claim.id, claim.trade, material)
        except OSError:
            log.exception("no process to learn in", trade=claim.trade)
        else:
            log.info("learning begun", trade=claim.trade, sales=len(material.frame))

    def _keep(self, database: Database, one: _UnderWay, now: datetime) -> None:
        taught, seconds = None, monotonic() - one.began
        if one.told.poll():
            taught = _received(one.told)
        elif one.process.is_alive() and seconds < ENDS_WITHIN.total_seconds():
            return
        self.stop()
        with database.writing(one.tenant_id) as session:
            ended = end_learning(session, claim_id=one.claim_id, taught=taught, seconds=seconds, now=now)
            outcome, products = (None, 0) if ended is None else (ended.outcome, ended.products)
        log.info("learning ended", trade=one.trade, outcome=outcome, products=products, seconds=round(seconds, 1))
        self._look_at = monotonic()


def _start(tenant_id: int, claim_id: UUID, trade: str, material: Material) -> _UnderWay:
    """Start anew, not as a fork, which would share our connections with the database."""
    beginning = get_context("spawn")
    told, tells = beginning.Pipe(duplex=False)
    process = beginning.Process(target=_learn, args=(material, tells), daemon=True)
    process.start()
    tells.close()
    return _UnderWay(tenant_id, claim_id, trade, process, told, monotonic())


def _end(one: _UnderWay) -> None:
    one.process.terminate()
    one.process.join(_ENDS_WITHIN)
    one.told.close()


def _received(told: Connection) -> dict[UUID, Lesson] | None:
    try:
        return {UUID(of): Lesson.model_validate(lesson) for of, lesson in told.recv().items()}
    except (EOFError, OSError):
        return None


def _learn(material: Material, tells: Connection) -> None:
    os.nice(_POLITE)
    taught = lessons_from(material)
    tells.send({str(of): lesson.model_dump(mode="json") for of, lesson in taught.items()})
    tells.close()
