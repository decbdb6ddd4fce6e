"""Questions about kept finance reports, the residuals that were set, and proposals to write down."""

from collections.abc import Iterable
from datetime import date, datetime
from uuid import UUID

from sqlmodel import Session, and_, col, select
from sqlmodel.sql.expression import SelectOfScalar

from billing.end_report_tables import EndReportRecord, ResidualRecord, WriteDownDecisionRecord, WriteDownRecord
from lifecycle.tables import SaleRecord
from telemetry.lots import KEYS, lots
from telemetry.refusal import Refusal


class UnknownReport(Refusal):
    """No kept report of ours bears that id."""


class UnknownWriteDown(Refusal):
    """No proposal of ours bears that id."""


def kept_reports() -> SelectOfScalar[EndReportRecord]:
    """Ask for the reports that were kept."""
    return select(EndReportRecord)


def kept_report(session: Session, *, report_id: UUID) -> EndReportRecord:
    """Give one kept report. Raises UnknownReport."""
    found = session.exec(kept_reports().where(EndReportRecord.id == report_id)).first()
    if found is None:
        raise UnknownReport("there is no such report; only those made with --keep are kept", field="report_id")
    return found


def write_downs(*, report_id: UUID | None = None) -> SelectOfScalar[WriteDownRecord]:
    """Ask for proposals, all or those of one report."""
    query = select(WriteDownRecord)
    return query if report_id is None else query.where(WriteDownRecord.report_id == report_id)


def write_down(session: Session, *, write_down_id: UUID) -> WriteDownRecord:
    """Give one proposal. Raises UnknownWriteDown."""
    found = session.exec(write_downs().where(WriteDownRecord.id == write_down_id)).first()
    if found is None:
        raise UnknownWriteDown("there is no such proposal to write down", field="write_down_id")
    return found


def decisions_on(session: Session, write_down_ids: Iterable[UUID]) -> dict[UUID, WriteDownDecisionRecord]:
    """Give what was decided on proposals."""
    found: dict[UUID, WriteDownDecisionRecord] = {}
    one = WriteDownDecisionRecord
    for some in lots(sorted(set(write_down_ids)), KEYS):
        found |= {row.write_down_id: row for row in session.exec(select(one).where(col(one.write_down_id).in_(some)))}
    return found


def residuals(*, asset_id: UUID | None = None) -> SelectOfScalar[ResidualRecord]:
    """Ask for the residuals that were set, all or those of one thing."""
    query = select(ResidualRecord)
    return query if asset_id is None else query.where(ResidualRecord.asset_id == asset_id)


def residuals_known(
    session: Session, asset_ids: Iterable[UUID], *, as_of: date, known_until: datetime
) -> dict[UUID, ResidualRecord]:
    """Give of each thing the residual that counted: the last set by a day, of those that were known."""
    found: dict[UUID, ResidualRecord] = {}
    one = ResidualRecord
    for some in lots(sorted(set(asset_ids)), KEYS):
        query = residuals().where(col(one.asset_id).in_(some), one.recorded_at <= known_until, one.set_on <= as_of)
        for row in session.exec(query.order_by(col(one.set_on), col(one.recorded_at), col(one.id))):
            found[row.asset_id] = row
    return found


def sales_of_ours(session: Session, *, as_of: date, known_until: datetime) -> list[SaleRecord]:
    """Give the sales that name a thing of ours and were known, by day and number."""
    since = col(SaleRecord.recorded_at)
    query = (
        select(SaleRecord)
        .where(and_(SaleRecord.asset_id != "", col(SaleRecord.sold_on) <= as_of))
        .where(since.is_(None) | (since <= known_until))
        .order_by(col(SaleRecord.sold_on), col(SaleRecord.source), col(SaleRecord.sale_id))
    )
    return list(session.exec(query))
