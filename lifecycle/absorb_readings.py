"""Take in readings of things known by any of their names; what follows from them is picked up from the journal."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

import pandas as pd
from sqlmodel import Session

from lifecycle.actor import Actor
from lifecycle.queries import assets_by_reference
from telemetry.delivery import Delivery
from telemetry.ingest import ingest_all
from telemetry.ingested import Ingested
from telemetry.reading import Arrived, read
from telemetry.refusal import Refusal


class Sent(NamedTuple):
    """A batch in columns whose assets are named as the sender knows them; `only` are those it may speak for."""

    arrived: Arrived
    key: str | None
    source: str
    only: Collection[UUID] | None = None


class Absorbed(NamedTuple):
    """What became of a batch: `taken`, `duplicates` and `quarantined` are all of its readings."""

    taken: int
    duplicates: int
    quarantined: int
    reasons: dict[str, int]
    assets: int = 0
    """Of how many assets something new is known."""
    repeated: bool = False
    """This very batch was stored before, and nothing changed."""
    refused: Refusal | None = None
    """Why the batch was refused whole; nothing of it was stored."""


def absorb_readings(
    session: Session,
    *,
    frame: pd.DataFrame,
    key: str | None,
    source: str,
    now: datetime,
    by: Actor,
    zone: str | None = None,
    only: Collection[UUID] | None = None,
) -> Absorbed:
    """Store a table with the columns asset, metric, at, value and unit.

    `asset` may be a UUID, public identifier or serial number; `unit` may be missing. A moment without a zone is
    believed only where `zone` names it. Does not assess anything. Raises MissingColumn and BatchKeyReused.
    """
    sent = Sent(read(frame, zone=zone, named="asset"), key, source, only)
    absorbed = absorb_deliveries(session, deliveries=[sent], now=now, by=by)[0]
    if absorbed.refused is not None:
        raise absorbed.refused
    return absorbed


def absorb_deliveries(
    session: Session,
    *,
    deliveries: Sequence[Sent],
    now: datetime,
    by: Actor,  # noqa: ARG001 - every verb says who does it; telemetry keeps the source of a batch
) -> list[Absorbed]:
    """Store several batches in one go, each answered on its own.

    Raises nothing for what one delivery holds: see `Absorbed.refused`.
    """
    own = {word: asset_id for sent in deliveries for word, asset_id in _own(sent)}
    words = (word for sent in deliveries for word in sent.arrived.asset.word)
    known = known_names(session, (word for word in words if word not in own)) | own
    named = [Delivery(sent.arrived, sent.key, sent.source, _allowed(known, sent.only)) for sent in deliveries]
    return [_told(ingested) for ingested in ingest_all(session, deliveries=named, now=now)]


def _own(sent: Sent) -> Iterator[tuple[str, UUID]]:
    """Find the ids among the names that a sender uses for its own things: whose things it speaks for, is known."""
    for word in sent.arrived.asset.word if sent.only else ():
        with suppress(ValueError):
            if (asset_id := UUID(word)) in (sent.only or ()):
                yield word, asset_id


def known_names(session: Session, names: Iterable[str]) -> dict[str, UUID]:
    """Find the things that words name: an id, a public identifier or a serial number."""
    plain = {word: _plain(word) for word in names if word}
    found = assets_by_reference(session, set(plain.values()))
    return {word: found[name] for word, name in plain.items() if name in found}


def _plain(name: str) -> str:
    """Write an id as we do, however it came; other names stay as they are."""
    try:
        return str(UUID(name))
    except ValueError:
        return name


def _allowed(known: Mapping[str, UUID], only: Collection[UUID] | None) -> Mapping[str, UUID]:
    return known if only is None else {name: asset_id for name, asset_id in known.items() if asset_id in only}


def _told(ingested: Ingested) -> Absorbed:
    return Absorbed(
        taken=ingested.taken,
        duplicates=ingested.duplicates,
        quarantined=ingested.quarantined,
        reasons=ingested.reasons,
        assets=len(ingested.asset_ids),
        repeated=ingested.repeated,
        refused=ingested.refused,
    )
