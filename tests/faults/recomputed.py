"""What was kept, held against all that was sent: each reading once, and rollups, use and meters worked out anew."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

import numpy as np
import pandas as pd
from sqlalchemy import func
from sqlmodel import Session, select

from pas.db import Database
from telemetry.ingest import ingest
from telemetry.keep_metrics import keep_metrics
from telemetry.metric import CATALOGUE
from telemetry.queries import days, hours, latest, series, usage
from telemetry.read_meters import meter_figures
from telemetry.tables import ReadingBatchRecord
from tests.conftest import NOW, add_tenant
from tests.faults.senders import METRICS, MINUTES, START, Sender, measured

METERS = ("operating_hours", "running_hours", "energy_from_power", "starts_from_power")
_FIRST = datetime.fromtimestamp(START / 1000, UTC)
_HOUR = pd.Timedelta(hours=1)


def must_be_exact(database: Database, tenant: int, senders: Sequence[Sender]) -> int:
    """Hold every series of the senders against what they sent; give how many readings there are."""
    count = 0
    with database.reading(tenant) as session:
        for asset, metric, sent in _sent(senders):
            kept = series(session, **_ever(asset, metric))
            assert len(kept) == len(sent), f"{asset} {metric}: {len(sent)} were acknowledged and {len(kept)} are kept"
            assert (kept["at"].to_numpy() == sent["at"].to_numpy()).all()
            assert (kept["value"].to_numpy() == sent["value"].to_numpy()).all()
            _rollups_must_be_exact(session, asset, metric, sent)
            last = latest(session, asset_ids=[asset])[asset, metric]
            assert (last.at, last.value) == (sent["at"].iloc[-1], sent["value"].iloc[-1])
            count += len(kept)
        assert session.exec(select(func.sum(ReadingBatchRecord.taken))).one() == count
    return count


def _ever(asset: UUID, metric: str) -> dict[str, object]:
    return {"asset_id": asset, "metric": metric, "start": _FIRST, "end": datetime(2100, 1, 1, tzinfo=UTC)}


def _sent(senders: Sequence[Sender]) -> Iterator[tuple[UUID, str, pd.DataFrame]]:
    """Give all that was acknowledged of each series, in order."""
    for sender in senders:
        minutes = np.arange(sender.sent * MINUTES)
        for number, asset in enumerate(sender.assets):
            for metric in METRICS:
                at, value = measured(metric, minutes, sender.number * 100 + number)
                yield asset, metric, pd.DataFrame({"at": pd.to_datetime(at, unit="ms", utc=True), "value": value})


def _rollups_must_be_exact(session: Session, asset: UUID, metric: str, sent: pd.DataFrame) -> None:
    counts = metric == "operating_hours"
    for found, size in ((hours(session, **_ever(asset, metric)), "h"), (days(session, **_ever(asset, metric)), "D")):
        expected = _rolled_up(sent, size, counts=counts)
        assert found["at"].tolist() == expected.index.tolist()
        for name in ("count", "minimum", "maximum", "first", "last"):
            assert found[name].tolist() == expected[name].tolist(), (metric, size, name)
        for name in ("total", "mean", "increase"):
            np.testing.assert_allclose(found[name], expected[name], rtol=1e-9, atol=1e-6, err_msg=f"{metric} {name}")


def _rolled_up(sent: pd.DataFrame, size: str, *, counts: bool) -> pd.DataFrame:
    """Roll up by pandas: another road than ours to the same figures."""
    before = sent["value"].shift()
    rise = np.where(sent["value"] < before, sent["value"], sent["value"] - before)
    table = sent.assign(rise=np.nan_to_num(rise) * counts, hour=sent["at"].dt.floor("h"))
    until = np.minimum(table["at"].shift(-1).fillna(table["hour"] + _HOUR), table["hour"] + _HOUR)
    table["held"] = (until - table["at"]).dt.total_seconds()
    table["weighed"] = table["held"] * table["value"]
    bucket = table.groupby(table["at"].dt.floor(size))
    found = bucket["value"].agg(count="count", total="sum", minimum="min", maximum="max", first="first", last="last")
    hourly = table.groupby("hour")[["weighed", "held"]].sum()
    means = hourly["weighed"] / hourly["held"]
    return found.assign(mean=means.groupby(means.index.floor(size)).mean(), increase=bucket["rise"].sum())


def meters_must_be_exact(database: Database, tenant: int, senders: Sequence[Sender]) -> None:
    """Hold use and meters against those of another tenant, who got the same readings in one piece and in order."""
    other = add_tenant(database, "reference")
    with database.writing(other) as session:
        keep_metrics(session, CATALOGUE)
        for asset, metric, sent in _sent(senders):
            ingest(session, frame=sent.assign(asset_id=str(asset), metric=metric), key=None, source="test", now=NOW)
    until = _FIRST + timedelta(minutes=max(sender.sent for sender in senders) * MINUTES)
    middle = _FIRST + (until - _FIRST) / 3
    assets = [asset for sender in senders for asset in sender.assets]
    for start, end in ((_FIRST, until), (_FIRST, middle), (middle, until)):
        told = []
        for one in (tenant, other):
            with database.reading(one) as session:
                counters = [(asset, "operating_hours") for asset in assets]
                wanted = [(asset, meter) for asset in assets for meter in METERS]
                told.append(
                    (
                        usage(session, wanted=counters, start=start, end=end),
                        meter_figures(session, wanted=wanted, start=start, end=end),
                    )
                )
        assert told[0] == told[1]
