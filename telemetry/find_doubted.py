"""Find the readings that were not believed."""

from collections.abc import Iterator
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, true
from sqlmodel import Session, col, select

from telemetry.lots import ROWS
from telemetry.repair import Chosen
from telemetry.tables import QuarantinedReadingRecord


def are_chosen(chosen: Chosen) -> ColumnElement[bool]:
    """Narrow doubted readings to those that are chosen."""
    one = QuarantinedReadingRecord
    wanted = (
        (col(one.state), chosen.state),
        (col(one.reason), chosen.reason),
        (col(one.batch_key), chosen.batch),
        (col(one.as_received)["asset"].as_string(), chosen.asset),
        (col(one.as_received)["metric"].as_string(), chosen.metric),
    )
    return and_(true(), *(column == str(value) for column, value in wanted if value is not None))


def count_doubted(session: Session, chosen: Chosen) -> dict[str, int]:
    """Count the doubted readings that are chosen, by reason."""
    reason = QuarantinedReadingRecord.reason
    query = select(reason, func.count()).where(are_chosen(chosen)).group_by(col(reason)).order_by(col(reason))
    return dict(session.exec(query).all())


def doubted_readings(session: Session, chosen: Chosen) -> Iterator[QuarantinedReadingRecord]:
    """Give the doubted readings that are chosen, oldest first, few of them at a time."""
    one = QuarantinedReadingRecord
    after: UUID | None = None
    while True:
        query = select(one).where(are_chosen(chosen)).order_by(col(one.id)).limit(ROWS)
        found = session.exec(query if after is None else query.where(col(one.id) > after)).all()
        yield from found
        if len(found) < ROWS:
            return
        after = found[-1].id
