"""Take readings in: check them, convert them, and put each into the journal once; what is committed is kept."""

from collections.abc import Sequence
from datetime import datetime

import numpy as np
import pandas as pd
from sqlmodel import Session

from telemetry.claim_batches import Claim, claim_batches
from telemetry.delivery import Delivery, Gathered, gather
from telemetry.doubt import ORDER, Doubt
from telemetry.ingested import Ingested
from telemetry.known_metrics import known_metrics
from telemetry.known_series import KnownSeries, known_series
from telemetry.lock_journal import lock_journal
from telemetry.new_readings import new_readings
from telemetry.open_series import open_series
from telemetry.quarantine_readings import quarantine_readings
from telemetry.reading import read
from telemetry.sift import Sifted, sift
from telemetry.track import Places, Track
from telemetry.write_journal import Settled, write_journal

_CLOSE = 100_000


def ingest(
    session: Session, *, frame: pd.DataFrame, key: str | None, source: str, now: datetime, zone: str | None = None
) -> Ingested:
    """Take in a table with the columns asset_id, metric, at, value and unit (empty is canonical).

    `zone` is that of moments without one. Raises MissingColumn and BatchKeyReused; else see `ingest_all`.
    """
    found = ingest_all(session, deliveries=[Delivery(read(frame, zone=zone), key, source)], now=now)[0]
    if found.refused is not None:
        raise found.refused
    return found


def ingest_all(session: Session, *, deliveries: Sequence[Delivery], now: datetime) -> list[Ingested]:
    """Take in several deliveries in one go, each a batch of its own; doubtful readings are kept apart.

    A batch without a key that was partly quarantined is tried again, since its unit or metric may be known by now.
    Does not know whether an asset exists. Raises nothing for what one delivery holds: see `Ingested.refused`.
    """
    lock_journal(session)
    claims = claim_batches(session, deliveries)
    open_claims = [claim for claim in claims if claim.answer is None]
    if not open_claims:
        return [claim.answer for claim in claims if claim.answer]
    gathered = gather([claim.delivery for claim in open_claims])
    metrics = known_metrics(session)
    sifted, known = sift(gathered, metrics=metrics, now=now), known_series(session)

    new = new_readings(session, _track(session, gathered, sifted, known), known=known)
    sifted.doubt[new.conflicting] = ORDER.index(Doubt.CONFLICTING)
    batches = _apart(open_claims, gathered.begin, new.fresh, sifted.doubt)

    write_journal(session, batches, known=known, now=now)
    quarantine_readings(session, batches, metrics=metrics, now=now)
    told = (batch.told()._replace(asset_ids=known.asset_ids(batch.fresh)) for batch in batches)
    return [claim.answer or next(told) for claim in claims]


def _track(session: Session, gathered: Gathered, sifted: Sifted, known: KnownSeries) -> Track:
    """Give the believed readings under the numbers of their series, opened where they are new."""
    rows, width = sifted.believed, len(gathered.metrics)
    code = gathered.asset[rows] * width + gathered.metric[rows]
    different, of_row = _different(code, len(gathered.assets) * width)
    pairs = [(gathered.assets[one // width], gathered.metrics[one % width]) for one in different.tolist()]
    opened = open_series(session, [(asset, metric) for asset, metric in pairs if asset is not None], known=known)
    numbers = np.array(opened, dtype=np.int64)
    return Track(numbers[of_row], gathered.micros[rows], sifted.value[rows], rows)


def _different(code: Places, most: int) -> tuple[Places, Places]:
    """Give each different code, and the place of each row's among them; by counting where the codes lie close."""
    if most > _CLOSE + len(code):
        return np.unique(code, return_inverse=True)
    met = np.zeros(most, dtype=bool)
    met[code] = True
    return np.flatnonzero(met), (np.cumsum(met) - 1)[code]


def _apart(claims: Sequence[Claim], begin: Sequence[int], fresh: Track, doubt: Places) -> list[Settled]:
    """Give each delivery its own readings again: the new ones and the doubted ones."""
    doubted = np.flatnonzero(doubt >= 0)
    owner = np.searchsorted(begin, fresh.origin, "right") - 1
    return [
        Settled(
            claim,
            fresh.take(owner == place) if len(claims) > 1 else fresh,
            [
                (int(row) - begin[place], ORDER[doubt[row]])
                for row in doubted[slice(*np.searchsorted(doubted, begin[place : place + 2]))]
            ],
        )
        for place, claim in enumerate(claims)
    ]
