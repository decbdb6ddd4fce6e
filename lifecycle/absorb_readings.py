"""Take in readings of things known by any of their names, and note that these things are to be assessed again."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

import pandas as pd
from sqlmodel import Session

from lifecycle.actor import Actor
from lifecycle.await_reassessment import await_reassessment
from lifecycle.queries import assets_by_reference
from telemetry.ingest import ingest
from telemetry.reading import MissingColumn, words


class Absorbed(NamedTuple):
    """What became of a batch: `taken`, `duplicates` and `quarantined` are all of its readings."""

    taken: int
    duplicates: int
    quarantined: int
    reasons: dict[str, int]
    assets: int
    """Of how many assets something new is known."""
    repeated: bool = False
    """This very batch was stored before, and nothing changed."""


def absorb_readings(
    session: Session,
    *,
    frame: pd.DataFrame,
    key: str | None,
    source: str,
    now: datetime,
    by: Actor,  # noqa: ARG001 - every verb says who does it; telemetry keeps the source of a batch
    zone: str | None = None,
    only: Collection[UUID] | None = None,
) -> Absorbed:
    """Store a batch with the columns asset, metric, at, value and unit, and queue its assets for reassessment.

    `asset` may be a UUID, public identifier or serial number; `unit` may be missing. A moment without a zone is
    believed only where `zone` names it. `only` are the assets for which the sender may speak. Does not assess
    anything. Raises MissingColumn and BatchKeyReused.
    """
    known = _allowed(_known(session, frame), only)

    ingested = ingest(session, frame=_identified(frame, known), key=key, source=source, now=now, zone=zone)
    await_reassessment(session, ingested.asset_ids, cause="readings", now=now)
    return Absorbed(
        taken=ingested.taken,
        duplicates=ingested.duplicates,
        quarantined=ingested.quarantined,
        reasons=ingested.reasons,
        assets=len(ingested.asset_ids),
        repeated=ingested.repeated,
    )


def _known(session: Session, frame: pd.DataFrame) -> dict[str, UUID]:
    if "asset" not in frame.columns:
        raise MissingColumn("the column asset is missing; a batch has asset, metric, at, value, unit", field="asset")
    plain = {word: _plain(word) for word in words(frame["asset"]).word if word}
    found = assets_by_reference(session, set(plain.values()))
    return {word: found[name] for word, name in plain.items() if name in found}


def _plain(name: str) -> str:
    """Write an id as we do, however it came; other names stay as they are."""
    try:
        return str(UUID(name))
    except ValueError:
        return name


def _allowed(known: Mapping[str, UUID], only: Collection[UUID] | None) -> dict[str, UUID]:
    return {name: asset_id for name, asset_id in known.items() if only is None or asset_id in only}


def _identified(frame: pd.DataFrame, known: Mapping[str, UUID]) -> pd.DataFrame:
    """Put the asset's id beside each reading, empty where there is none."""
    asset = words(frame["asset"])
    ids = [str(known.get(word, "")) for word in asset.word]
    different = sorted(set(ids))
    place = pd.Index(different).get_indexer(pd.Index(ids))
    return frame.assign(asset_id=pd.Categorical.from_codes(place[asset.row], categories=pd.Index(different)))
