"""Open the series of assets and metrics that are measured for the first time."""

from collections.abc import Sequence

from sqlmodel import Session, insert

from telemetry.known_series import KnownSeries, Pair
from telemetry.lots import ROWS, lots
from telemetry.shard import shard_of
from telemetry.tables import SeriesRecord, tenant_of


def open_series(session: Session, pairs: Sequence[Pair], *, known: KnownSeries) -> list[int]:
    """Give the number of each pair's series, new ones made; the caller holds the journal and adds the readings."""
    missing = sorted({pair for pair in pairs if pair not in known.numbers})
    known.add(missing)
    rows = [
        {
            "tenant_id": tenant_of(session),
            "number": known.numbers[asset_id, metric],
            "shard": shard_of(asset_id),
            "asset_id": asset_id,
            "metric": metric,
        }
        for asset_id, metric in missing
    ]
    for some in lots(rows, ROWS):
        session.execute(insert(SeriesRecord), some)
    return [known.numbers[pair] for pair in pairs]
