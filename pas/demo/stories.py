"""What the service found by itself of the stories that the generator planted in the demo."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple
from uuid import UUID

from sqlmodel import Session, col, select

from lifecycle.alert import AlertKind, AlertState
from lifecycle.queries import assets_by_reference
from lifecycle.tables import AlertRecord, AssetRecord

TOLD_BY = {
    "hot room": AlertKind.ENVIRONMENT,
    "misuse": AlertKind.MISUSE,
    "near its end": AlertKind.WEAR,
    "edge of the wind farm": AlertKind.WEAR,
    "middle of the wind farm": AlertKind.WEAR,
}
"""The kind of alert by which each story should be told."""


class Story(NamedTuple):
    """One story: how many things are in it, how many of them the right kind of alert was raised for, how they fare."""

    name: str
    things: int
    alerted: int
    mean_index: float | None


def stories(session: Session, planted: Mapping[str, Sequence[str]]) -> list[Story]:
    """Hold what was planted against the alerts that are open and the conditions that were concluded."""
    return [_story(session, name, planted[name]) for name in TOLD_BY if name in planted]


def _story(session: Session, name: str, serials: Sequence[str]) -> Story:
    ids = list(assets_by_reference(session, serials).values())
    indexes = [index for index in _indexes(session, ids) if index is not None]
    mean = round(sum(indexes) / len(indexes), 1) if indexes else None
    return Story(name, len(ids), _alerted(session, ids, TOLD_BY[name]), mean)


def _indexes(session: Session, ids: Sequence[UUID]) -> Sequence[float | None]:
    return session.exec(select(AssetRecord.index).where(col(AssetRecord.id).in_(ids))).all()


def _alerted(session: Session, ids: Sequence[UUID], kind: AlertKind) -> int:
    found = session.exec(
        select(AlertRecord.asset_id).where(
            col(AlertRecord.asset_id).in_(ids), AlertRecord.kind == kind, AlertRecord.state != AlertState.CLEARED
        )
    )
    return len(set(found))
