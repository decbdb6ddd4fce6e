"""A shard is the part in which telemetry lies, ready to be spread over machines; it never changes."""

from uuid import UUID
from zlib import crc32

SHARDS = 64


def shard_of(asset_id: UUID) -> int:
    """Give the part of an asset's readings."""
    return asset_id.int % SHARDS


def shard_of_batch(key: str) -> int:
    """Give the part of a batch, which may hold readings of many assets."""
    return crc32(key.encode()) % SHARDS
