"""Note that another meter took a counter's place, so that what the two showed is no use of the thing."""

from datetime import datetime, timedelta
from uuid import UUID

import pandas as pd
from pydantic import AwareDatetime, BaseModel, ConfigDict, FiniteFloat
from sqlmodel import Session, select

from telemetry.ingest import ingest
from telemetry.metric import MetricKind
from telemetry.queries import metric
from telemetry.refusal import Refusal
from telemetry.shard import shard_of
from telemetry.tables import CounterSwapRecord, QuarantinedReadingRecord, tenant_of

_JUST_BEFORE = timedelta(microseconds=1)


class NotACounter(Refusal):
    """Only a counter's meter is swapped; a level or a state does not count on."""


class SwapStands(Refusal):
    """A swap at that moment is on record with other figures."""


class SwapDoubted(Refusal):
    """A reading of the swap cannot be: another stands at its moment, or it is not plausible."""


class Swap(BaseModel):
    """At a moment, what the old meter showed last and the new one first, in the metric's own unit."""

    model_config = ConfigDict(extra="forbid")

    at: AwareDatetime
    closing: FiniteFloat
    opening: FiniteFloat


def swap_counter(session: Session, *, asset_id: UUID, code: str, swap: Swap, now: datetime) -> bool:
    """Store the two readings and that nothing was counted between them; False where this very swap is on record.

    Raises UnknownMetric, NotACounter, SwapStands and SwapDoubted, and then stores nothing if the transaction is undone.
    """
    asked = metric(session, code)
    if asked.kind is not MetricKind.COUNTER:
        sentence = f"{code} is a {asked.kind.value} and no counter; a swap of its sensor needs no note"
        raise NotACounter(sentence, field="metric")
    stands = session.get(CounterSwapRecord, (tenant_of(session), shard_of(asset_id), asset_id, code, swap.at))
    if stands is not None:
        _must_equal(stands, swap)
        return False

    session.add(
        CounterSwapRecord(
            tenant_id=tenant_of(session),
            shard=shard_of(asset_id),
            asset_id=asset_id,
            metric=code,
            recorded_at=now,
            **swap.model_dump(),
        )
    )
    session.flush()
    _take_both(session, asset_id=asset_id, code=code, swap=swap, now=now)
    return True


def _must_equal(stands: CounterSwapRecord, swap: Swap) -> None:
    if (stands.closing, stands.opening) != (swap.closing, swap.opening):
        sentence = (
            f"a swap at {swap.at.isoformat()} is on record: the old meter closed with {stands.closing:g}, the new one "
            f"opened with {stands.opening:g}"
        )
        raise SwapStands(sentence, field="at")


def _take_both(session: Session, *, asset_id: UUID, code: str, swap: Swap, now: datetime) -> None:
    """Store what both meters showed, as any reading is stored."""
    at = [(swap.at - _JUST_BEFORE).isoformat(timespec="microseconds"), swap.at.isoformat(timespec="microseconds")]
    columns = {"asset_id": str(asset_id), "metric": code, "at": at, "value": [swap.closing, swap.opening]}
    taken = ingest(session, frame=pd.DataFrame(columns), key=None, source="swap", now=now)
    if taken.quarantined:
        doubted = QuarantinedReadingRecord
        why = session.exec(select(doubted.sentence).where(doubted.batch_key == taken.key)).first()
        raise SwapDoubted(f"the swap cannot be noted: {why}", field="at")
