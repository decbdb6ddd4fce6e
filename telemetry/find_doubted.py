"""Find the readings that were not believed."""

from sqlalchemy import ColumnElement, and_, func, true
from sqlmodel import Session, col, select

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
