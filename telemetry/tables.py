"""The telemetry schema at a glance. Every key leads with the tenant; telemetry keys go on with the shard."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKeyConstraint, Index, SmallInteger
from sqlmodel import Field, Session, SQLModel

from telemetry.columns import Json, UtcDateTime
from telemetry.doubt import DoubtState
from telemetry.identity import new_id
from telemetry.meter import MeterVersion
from telemetry.metric import Metric


class TenantRecord(SQLModel, table=True):
    """The manufacturer whose fleet this is. Several share an installation and never see each other."""

    __tablename__ = "tenant"

    id: int | None = Field(default=None, primary_key=True)
    slug: str = Field(unique=True, max_length=60)
    name: str = Field(max_length=200)
    founded_at: datetime = Field(sa_type=UtcDateTime)


class TenantOwned(SQLModel):
    """Mixin of every other table: name it last among the bases, so that the tenant leads the primary key."""

    tenant_id: int = Field(primary_key=True, foreign_key="tenant.id")


def tenant_of(session: Session) -> int:
    """Give the tenant for whom this session works; `pas.db` bound it when the session began."""
    tenant_id: int = session.info["tenant_id"]
    return tenant_id


class MetricRecord(Metric, TenantOwned, table=True):
    """A metric that this tenant measures."""

    __tablename__ = "metric"

    code: str = Field(primary_key=True, max_length=60)


class MeterRecord(MeterVersion, TenantOwned, table=True):
    """A version of a meter of this tenant. Append-only: what a bill named stays as it was."""

    __tablename__ = "meter"
    __table_args__ = (ForeignKeyConstraint(["tenant_id", "metric"], ["metric.tenant_id", "metric.code"]),)

    code: str = Field(primary_key=True, max_length=60)
    version: int = Field(primary_key=True)
    valid_from: datetime = Field(sa_type=UtcDateTime)


class SeriesRecord(TenantOwned, table=True):
    """One metric of one asset. `number` keys the stored readings compactly."""

    __tablename__ = "series"
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "metric"], ["metric.tenant_id", "metric.code"]),
        Index("series_of_asset", "tenant_id", "asset_id", "metric", unique=True),
    )

    number: int = Field(primary_key=True)
    shard: int
    asset_id: UUID
    metric: str = Field(max_length=60)
    last_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    last_value: float | None = None


class CounterSwapRecord(TenantOwned, table=True):
    """Another meter took a counter's place: what the old one showed last, and the new one first."""

    __tablename__ = "counter_swap"

    shard: int = Field(primary_key=True)
    asset_id: UUID = Field(primary_key=True)
    metric: str = Field(primary_key=True, max_length=60)
    at: datetime = Field(primary_key=True, sa_type=UtcDateTime)
    closing: float
    opening: float
    recorded_at: datetime = Field(sa_type=UtcDateTime)


class ReadingCorrectionRecord(TenantOwned, table=True):
    """A reading was corrected: what stood there, what stands there now, and why. Append-only."""

    __tablename__ = "reading_correction"

    shard: int = Field(primary_key=True)
    asset_id: UUID = Field(primary_key=True)
    metric: str = Field(primary_key=True, max_length=60)
    at: datetime = Field(primary_key=True, sa_type=UtcDateTime)
    recorded_at: datetime = Field(primary_key=True, sa_type=UtcDateTime)
    was: float
    value: float
    because: str = Field(max_length=2000)
    by: str = Field(max_length=200)


class ReadingBatchRecord(TenantOwned, table=True):
    """An accepted batch: one durable row with its readings packed, so that what was acknowledged is there, once.

    `key` is the sender's, or else `content_hash`. `body` is empty once the readings lie in their series-days; the row
    stays as the receipt by which the same batch sent again changes nothing.
    """

    __tablename__ = "reading_batch"
    __table_args__ = (
        Index("reading_batch_number", "tenant_id", "number"),
        Index("reading_batch_open", "tenant_id", "is_open", "number"),
        Index("reading_batch_followed", "tenant_id", "followed", "number"),
    )

    shard: int = Field(primary_key=True)
    """That of the key: a batch may hold readings of many assets."""
    key: str = Field(primary_key=True, max_length=80)
    number: int
    """Counts the tenant's batches in the order in which they were accepted."""
    received_at: datetime = Field(sa_type=UtcDateTime)
    source: str = Field(max_length=40)
    content_hash: str = Field(max_length=64)
    taken: int
    duplicates: int
    quarantined: int
    count: int = 0
    """Readings in the body when it was accepted: those not known before."""
    first_at: int = Field(default=0, sa_type=BigInteger)
    last_at: int = Field(default=0, sa_type=BigInteger)
    """Of its first and last reading, in microseconds since 1970 UTC."""
    codec: int
    body: bytes
    is_open: bool
    """Its readings are not yet in their series-days."""
    followed: bool
    """What follows from it (alarms, a new assessment) was done."""


class SeriesDayRecord(TenantOwned, table=True):
    """One series on one UTC day: its readings and hour rollups packed, its day rollup in plain columns.

    Written only by compaction. `readings` and `hours` are byte strings of `telemetry.codec`, told apart by `codec`.
    """

    __tablename__ = "series_day"
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "series"], ["series.tenant_id", "series.number"]),
        Index("series_day_held", "tenant_id", "shard", "day", "held"),
    )

    shard: int = Field(primary_key=True)
    series: int = Field(primary_key=True)
    day: date = Field(primary_key=True)
    codec: int
    count: int
    hour_count: int
    """In how many hours of the day there was a reading: the weight of the day's mean."""
    first_at: int = Field(sa_type=BigInteger)
    last_at: int = Field(sa_type=BigInteger)
    """Of its first and last reading, in microseconds since 1970 UTC."""
    total: float
    minimum: float
    maximum: float
    first: float
    last: float
    mean: float
    increase: float
    """Of a counter: from the day's first reading to its last, resets survived; 0 for a gauge."""
    below: float
    above: float
    """Seconds below `low` and above `high`, the operating limits when this was rolled up."""
    low: float | None = None
    high: float | None = None
    readings: bytes
    hours: bytes
    held: int = Field(default=0, sa_type=SmallInteger, sa_column_kwargs={"server_default": "0"})
    """Where its readings are: see `telemetry.held`."""


class ArchiveFileRecord(TenantOwned, table=True):
    """The file that holds a day's archived readings: what it must be, so that a missing or harmed one is found.

    A series-day whose `held` says otherwise is not read from the file, even if it stands in there.
    """

    __tablename__ = "archive_file"

    shard: int = Field(primary_key=True)
    """0: one file holds every shard."""
    day: date = Field(primary_key=True)
    generation: int
    """Counts how often the day was written anew."""
    path: str = Field(max_length=200)
    """Within the archive's folder."""
    size: int = Field(sa_type=BigInteger)
    sha256: str = Field(max_length=64)
    """Of the file's bytes."""
    checksum: str = Field(max_length=64)
    """Of the readings in it, whatever the bytes."""
    series: int
    count: int = Field(sa_type=BigInteger)
    first_at: int = Field(sa_type=BigInteger)
    last_at: int = Field(sa_type=BigInteger)
    verified_at: datetime = Field(sa_type=UtcDateTime)
    """When it was read back and found equal to the database."""


class QuarantinedReadingRecord(TenantOwned, table=True):
    """A reading that was not believed: kept as it came, with the reason, until a person settles it, and after."""

    __tablename__ = "quarantined_reading"
    __table_args__ = (
        Index("quarantine_by_state", "tenant_id", "state", "reason", "id"),
        Index("quarantine_of_batch", "tenant_id", "batch_key"),
    )

    id: UUID = Field(primary_key=True, default_factory=new_id)
    batch_key: str = Field(max_length=80)
    row: int
    reason: str = Field(max_length=40)
    sentence: str
    as_received: dict[str, str] = Field(sa_type=Json)
    at: int | None = Field(default=None, sa_type=BigInteger)
    """Its moment in microseconds since 1970 UTC, where one could be read."""
    value: float | None = None
    """Its number in its own unit, where one could be read."""
    received_at: datetime = Field(sa_type=UtcDateTime)
    state: str = Field(default=DoubtState.WAITING, max_length=20, sa_column_kwargs={"server_default": "waiting"})
    settled_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    settled_by: str = Field(default="", max_length=200, sa_column_kwargs={"server_default": ""})
    how: dict[str, str | float] | None = Field(default=None, sa_type=Json)
    """The repair with which it went in, or because of what it was dismissed."""
