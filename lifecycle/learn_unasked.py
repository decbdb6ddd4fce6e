"""Learn values unasked, once enough new sales came in: claim a trade, learn beside the database, keep the news."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from sqlmodel import Session, col, func, select

from lifecycle.learn_values import Material, gather_sales, keep_lessons
from lifecycle.tables import ProductRecord, SaleRecord
from lifecycle.valuation.learn import LEAST
from lifecycle.valuation.lesson import Lesson
from lifecycle.valuation_tables import ValueLearningRecord
from telemetry.identity import new_id
from telemetry.insert_once import insert_once
from telemetry.lots import KEYS, lots
from telemetry.tables import tenant_of

MOST_UNASKED = 20_000
"""Sales that are learned from unasked: the newest. `pas valuation learn` takes more."""
ENOUGH_NEW = 0.1
"""A trade is learned again when its sales grew by a tenth, and by five at the least."""
MOST_ATTEMPTS = 3
ENDS_WITHIN = timedelta(minutes=15)
"""A learning that took longer was given up, or its process is gone."""


class Claim(NamedTuple):
    """A trade that is in hand."""

    id: UUID
    trade: str
    currency: str


class _Due(NamedTuple):
    trade: str
    currency: str
    sales: int
    attempt: int


def is_anything_to_learn(session: Session, *, now: datetime) -> bool:
    """Tell whether a trade has enough new sales. Writes nothing."""
    return _next_due(session, now) is not None


def claim_learning(session: Session, *, now: datetime) -> Claim | None:
    """Take the next trade with enough new sales in hand, so that no other process does; nothing where there is none."""
    due = _next_due(session, now)
    if due is None:
        return None
    identity = new_id()
    facts = due._asdict() | {"id": identity, "tenant_id": tenant_of(session), "began_at": now}
    if not insert_once(session, ValueLearningRecord, facts | {"outcome": "running", "products": 0, "seconds": 0.0}):
        return None
    return Claim(identity, due.trade, due.currency)


def gather_claimed(session: Session, claim: Claim, *, now: datetime) -> Material:
    """Gather what a trade in hand learns from. Writes nothing."""
    return gather_sales(session, trade=claim.trade, currency=claim.currency, now=now, at_most=MOST_UNASKED)


def end_learning(
    session: Session, *, claim_id: UUID, taught: Mapping[UUID, Lesson] | None, seconds: float, now: datetime
) -> ValueLearningRecord | None:
    """Keep what was learned and note that it ended; nothing taught (None) means that it failed."""
    record = session.exec(select(ValueLearningRecord).where(ValueLearningRecord.id == claim_id)).first()
    if record is None or record.ended_at is not None:
        return record

    news = [] if taught is None else [one for one in keep_lessons(session, taught, now=now) if one.is_news]

    record.ended_at, record.seconds, record.products = now, round(seconds, 1), len(news)
    record.outcome = "failed" if taught is None else "learned" if news else "nothing"
    session.add(record)
    session.flush()
    return record


def _next_due(session: Session, now: datetime) -> _Due | None:
    """Find the trade with the most new sales, of those with enough."""
    counts = _sales_by_trade(session)
    last = _last_by_trade(session)
    due = []
    for (trade, currency), sales in counts.items():
        before = last.get((trade, currency))
        if before is None:
            due.append((sales, _Due(trade, currency, sales, 1)))
        elif _is_lost(before, now):
            due.append((sales, _Due(trade, currency, before.sales, before.attempt + 1)))
        elif before.ended_at is not None and sales - before.sales >= max(LEAST, ENOUGH_NEW * before.sales):
            due.append((sales - before.sales, _Due(trade, currency, sales, 1)))
    enough = [one for one in due if one[1].sales >= LEAST and one[1].attempt <= MOST_ATTEMPTS]
    return max(enough, key=lambda one: (one[0], one[1]))[1] if enough else None


def _is_lost(before: ValueLearningRecord, now: datetime) -> bool:
    """Tell whether a learning never came to its end, or failed."""
    if before.ended_at is None:
        return before.began_at + ENDS_WITHIN < now
    return before.outcome == "failed" and before.ended_at + ENDS_WITHIN < now


def _sales_by_trade(session: Session) -> dict[tuple[str, str], int]:
    """Count the sales that speak of each trade, by its own name or by the code of one of its products."""
    query = select(ProductRecord.trade, ProductRecord.currency, ProductRecord.code)
    trades: dict[tuple[str, str], set[str]] = {}
    for trade, currency, code in session.exec(query):
        trades.setdefault((trade, currency), {trade}).add(code)
    names = sorted({name for found in trades.values() for name in found})
    counts: dict[tuple[str, str], int] = {}
    for some in lots(names, KEYS):
        counted = (
            select(SaleRecord.category, SaleRecord.currency, func.count())
            .where(col(SaleRecord.category).in_(some))
            .group_by(col(SaleRecord.category), col(SaleRecord.currency))
        )
        counts |= {(category, currency): number for category, currency, number in session.exec(counted)}
    return {
        (trade, currency): sum(counts.get((name, currency), 0) for name in found)
        for (trade, currency), found in trades.items()
    }


def _last_by_trade(session: Session) -> dict[tuple[str, str], ValueLearningRecord]:
    query = select(ValueLearningRecord).order_by(col(ValueLearningRecord.began_at), col(ValueLearningRecord.id))
    return {(one.trade, one.currency): one for one in session.exec(query)}
