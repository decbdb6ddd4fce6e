"""What is remembered of Sparkplug edge nodes between two messages and over a restart.

Keyed by tenant and node, not by shard: a session belongs to a sender, and a sender may speak for assets of any shard.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlmodel import Field

from telemetry.columns import Json, UtcDateTime
from telemetry.identity import new_id
from telemetry.tables import TenantOwned


class SparkplugNodeRecord(TenantOwned, table=True):
    """An edge node and where it is in its row of messages."""

    __tablename__ = "sparkplug_node"

    node: str = Field(primary_key=True, max_length=120)
    bd_seq: int | None = None
    last_seq: int | None = None
    online: bool
    certain: bool
    asked_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    seen_at: datetime = Field(sa_type=UtcDateTime)


class SparkplugBirthRecord(TenantOwned, table=True):
    """What a node, or a device behind it, last said of its metrics: name, alias, datatype and unit of each."""

    __tablename__ = "sparkplug_birth"

    node: str = Field(primary_key=True, max_length=120)
    device: str = Field(primary_key=True, max_length=120)
    """Empty where the node speaks of itself."""
    metrics: list[Any] = Field(sa_type=Json)
    born_at: datetime = Field(sa_type=UtcDateTime)


class SparkplugHeldRecord(TenantOwned, table=True):
    """A message that cannot be understood before the next birth; kept until then as it came."""

    __tablename__ = "sparkplug_held"

    node: str = Field(primary_key=True, max_length=120)
    id: UUID = Field(primary_key=True, default_factory=new_id)
    """Time-ordered, so that the messages are read in the order in which they came."""
    device: str = Field(max_length=120)
    kind: str = Field(max_length=10)
    payload: bytes
    received_at: datetime = Field(sa_type=UtcDateTime)
