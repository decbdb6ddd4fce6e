"""Nothing can be moved or change its status before it was registered to exist."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlmodel import Session, col, func, select

from lifecycle.queries import chunks
from lifecycle.tables import StayRecord
from telemetry.moment import plainly
from telemetry.refusal import Refusal


class BeforeRegistration(Refusal):
    """A moment before the asset begins; the registration has to be corrected first."""


def refuse_before_registration(session: Session, moments: Sequence[tuple[UUID, datetime]]) -> None:
    """Hold moments against the first stay of each asset.

    Raises BeforeRegistration.
    """
    begins: dict[UUID, datetime] = {}
    for some in chunks(sorted({asset_id for asset_id, _ in moments})):
        first = select(StayRecord.asset_id, func.min(StayRecord.since)).where(col(StayRecord.asset_id).in_(some))
        begins |= dict(session.exec(first.group_by(col(StayRecord.asset_id))).all())
    for asset_id, at in moments:
        if asset_id in begins and at < begins[asset_id]:
            sentence = f"{plainly(at)} is before the registered begin, {plainly(begins[asset_id])}"
            raise BeforeRegistration(f"{sentence}; correct the registration first", field="at")
