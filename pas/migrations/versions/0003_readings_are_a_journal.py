"""Readings are a journal: an accepted batch is one row with its readings; series-days know their ends and limits."""

import zlib

import numpy as np
import sqlalchemy as sa
import zstandard
from alembic import op

import telemetry.columns
from telemetry.meter import built_in, first_version
from telemetry.metric import Metric

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

NEW_TABLES = (
    "reading_batch",
    "counter_swap",
    "meter",
    "refused_payload",
    "archive_file",
    "sparkplug_node",
    "sparkplug_birth",
    "sparkplug_held",
    "mqtt_account",
    "mqtt_window",
    "alarm_rule",
    "alarm",
    "alarm_event",
    "alarm_state",
)
"""Get the second lock on PostgreSQL: each tenant sees its own rows."""
APPEND_ONLY: tuple[str, ...] = ("meter", "alarm_event", "counter_swap")
"""Of the new ones: what must never change."""
OWN = "tenant_id = nullif(current_setting('app.tenant', true), '')::int"

LIMITS = ("resolution", "fastest", "rolls_over_at", "low", "high")
SHARDS = 64
AT_ONCE = 1000


def upgrade() -> None:
    """Add the columns, give the old rows their values, and set the second lock on the new tables."""
    _widen_metric()
    _widen_series_day()
    _make_batches_a_journal()
    _note_swaps()
    _make_meters()
    _count_refused_payloads()
    _make_the_archive()
    _remember_mqtt()
    _watch_limits()
    _settle_doubts()
    _lock()


def downgrade() -> None:
    """Take it back. Refused while batches wait for compaction, for their readings would be lost."""
    waiting = op.get_bind().execute(sa.text("SELECT count(*) FROM reading_batch WHERE is_open")).scalar()
    if waiting:
        msg = f"{waiting} batches of readings wait for compaction: run `pas worker --once` first"
        raise RuntimeError(msg)
    _take_the_archive_back()
    _unlock()
    for name in ("alarm_state", "alarm_event", "alarm", "alarm_rule"):
        op.drop_table(name)
    for name in ("mqtt_window", "mqtt_account", "sparkplug_held", "sparkplug_birth", "sparkplug_node"):
        op.drop_table(name)
    op.drop_table("refused_payload")
    op.drop_table("meter")
    op.drop_table("counter_swap")
    _unsettle_doubts()
    _make_batches_receipts()
    for name in ("first_at", "last_at", "below", "above", "low", "high"):
        op.drop_column("series_day", name)
    for name in (*LIMITS, "keep_days"):
        op.drop_column("metric", name)


def _widen_metric() -> None:
    for name in LIMITS:
        op.add_column("metric", sa.Column(name, sa.Float(), nullable=True))
    op.add_column("metric", sa.Column("keep_days", sa.Integer(), nullable=True))


def _widen_series_day() -> None:
    for name in ("first_at", "last_at"):
        op.add_column("series_day", sa.Column(name, sa.BigInteger(), nullable=False, server_default="0"))
    for name in ("below", "above"):
        op.add_column("series_day", sa.Column(name, sa.Float(), nullable=False, server_default="0"))
    for name in ("low", "high"):
        op.add_column("series_day", sa.Column(name, sa.Float(), nullable=True))
    _open_to_owner("series_day")
    key = "tenant_id = :tenant_id AND shard = :shard AND series = :series AND day = :day"
    found = op.get_bind().execute(sa.text("SELECT tenant_id, shard, series, day, readings FROM series_day"))
    for rows in found.mappings().partitions(AT_ONCE):
        ends = [{**row, **dict(zip(("first_at", "last_at"), _ends(row), strict=True))} for row in rows]
        for row in ends:
            del row["readings"]
        op.get_bind().execute(
            sa.text(f"UPDATE series_day SET first_at = :first_at, last_at = :last_at WHERE {key}"), ends
        )
    _close_to_owner("series_day")


def _ends(row: sa.RowMapping) -> tuple[int, int]:
    """Give the moments of a day's first and last reading: codec 1 packs steps, then values."""
    raw = zstandard.ZstdDecompressor().decompress(row["readings"])
    steps = np.frombuffer(raw, dtype="<i8", count=len(raw) // 16)
    day = int(np.datetime64(str(row["day"]), "us").astype(np.int64))
    return day + int(steps[0]), day + int(steps.sum())


def _make_batches_a_journal() -> None:
    _open_to_owner("reading_batch")
    _step_aside("reading_batch", "reading_batch_before")
    old = sa.table(
        "reading_batch_before",
        *map(sa.column, ("tenant_id", "key", "source", "content_hash", "taken", "duplicates", "quarantined")),
        sa.column("received_at", telemetry.columns.UtcDateTime()),
    )
    new = op.create_table(
        "reading_batch",
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("shard", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("key", sa.String(length=80), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("received_at", telemetry.columns.UtcDateTime(timezone=True), nullable=False),
        sa.Column("source", sa.String(length=40), nullable=False),
        sa.Column("content_hash", sa.String(length=64), nullable=False),
        sa.Column("taken", sa.Integer(), nullable=False),
        sa.Column("duplicates", sa.Integer(), nullable=False),
        sa.Column("quarantined", sa.Integer(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("first_at", sa.BigInteger(), nullable=False),
        sa.Column("last_at", sa.BigInteger(), nullable=False),
        sa.Column("codec", sa.Integer(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("is_open", sa.Boolean(), nullable=False),
        sa.Column("followed", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"]),
        sa.PrimaryKeyConstraint("tenant_id", "shard", "key"),
    )
    counted: dict[int, int] = {}
    found = op.get_bind().execute(sa.select(old).order_by(old.c.tenant_id, old.c.received_at, old.c.key))
    for rows in found.mappings().partitions(AT_ONCE):
        op.get_bind().execute(sa.insert(new), [_as_journal(dict(row), counted) for row in rows])
    op.drop_table("reading_batch_before")
    for name, *columns in (("number",), ("open", "is_open"), ("followed", "followed")):
        index = "reading_batch_number" if name == "number" else f"reading_batch_{name}"
        op.create_index(index, "reading_batch", ["tenant_id", *columns, "number"])


def _as_journal(row: dict[str, object], counted: dict[int, int]) -> dict[str, object]:
    """Give an old batch, whose readings are in their days already, its place in the journal."""
    tenant = int(str(row["tenant_id"]))
    counted[tenant] = counted.get(tenant, 0) + 1
    shard = zlib.crc32(str(row["key"]).encode()) % SHARDS
    rest = {"count": row["taken"], "first_at": 0, "last_at": 0, "codec": 1, "body": b""}
    return {**row, "shard": shard, "number": counted[tenant], **rest, "is_open": False, "followed": True}


def _make_batches_receipts() -> None:
    _open_to_owner("reading_batch")
    columns = "tenant_id, key, received_at, source, content_hash, taken, duplicates, quarantined"
    for name in ("reading_batch_number", "reading_batch_open", "reading_batch_followed"):
        op.drop_index(name, "reading_batch")
    _step_aside("reading_batch", "reading_batch_after")
    op.create_table(
        "reading_batch",
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=80), nullable=False),
        sa.Column("received_at", telemetry.columns.UtcDateTime(timezone=True), nullable=False),
        sa.Column("source", sa.String(length=40), nullable=False),
        sa.Column("content_hash", sa.String(length=64), nullable=False),
        sa.Column("taken", sa.Integer(), nullable=False),
        sa.Column("duplicates", sa.Integer(), nullable=False),
        sa.Column("quarantined", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"]),
        sa.PrimaryKeyConstraint("tenant_id", "key"),
    )
    op.execute(f"INSERT INTO reading_batch ({columns}) SELECT {columns} FROM reading_batch_after")
    op.drop_table("reading_batch_after")
    _lock_table("reading_batch")


def _note_swaps() -> None:
    """Make the table of meters that took another's place."""
    op.create_table(
        "counter_swap",
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("shard", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("asset_id", sa.Uuid(), nullable=False),
        sa.Column("metric", sa.String(length=60), nullable=False),
        sa.Column("at", telemetry.columns.UtcDateTime(timezone=True), nullable=False),
        sa.Column("closing", sa.Float(), nullable=False),
        sa.Column("opening", sa.Float(), nullable=False),
        sa.Column("recorded_at", telemetry.columns.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"]),
        sa.PrimaryKeyConstraint("tenant_id", "shard", "asset_id", "metric", "at"),
    )


def _make_meters() -> None:
    """Make the table of meters, and give every tenant those that come with its metrics."""
    new = op.create_table(
        "meter",
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=60), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("metric", sa.String(length=60), nullable=False),
        sa.Column("way", sa.String(length=40), nullable=False),
        sa.Column("unit", sa.String(length=40), nullable=False),
        sa.Column("threshold", sa.Float(), nullable=True),
        sa.Column("side", sa.String(length=40), nullable=True),
        sa.Column("drawn", sa.String(length=40), nullable=True),
        sa.Column("longest_gap", sa.Integer(), nullable=True),
        sa.Column("valid_from", telemetry.columns.UtcDateTime(timezone=True), nullable=False),
        sa.Column("means", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"]),
        sa.ForeignKeyConstraint(["tenant_id", "metric"], ["metric.tenant_id", "metric.code"]),
        sa.PrimaryKeyConstraint("tenant_id", "code", "version"),
    )
    _open_to_owner("metric")
    found = op.get_bind().execute(sa.text("SELECT tenant_id, code, name, kind, unit FROM metric ORDER BY kind"))
    rows: dict[tuple[int, str], dict[str, object]] = {}
    for row in found.mappings():  # counters first: their own code is theirs
        metric = Metric(**{name: row[name] for name in ("code", "name", "kind", "unit")})
        for meter in built_in(metric):
            own = {**first_version(meter, metric).model_dump(mode="python"), "tenant_id": row["tenant_id"]}
            rows.setdefault((row["tenant_id"], meter.code), own)
    if rows:
        op.get_bind().execute(sa.insert(new), list(rows.values()))
    _close_to_owner("metric")


def _step_aside(table: str, name: str) -> None:
    """Rename a table and, on PostgreSQL, its constraints, whose names the table to come needs."""
    op.rename_table(table, name)
    if op.get_bind().dialect.name == "postgresql":
        for constraint in ("pkey", "tenant_id_fkey"):
            op.execute(f"ALTER TABLE {name} RENAME CONSTRAINT {table}_{constraint} TO {name}_{constraint}")


def _count_refused_payloads() -> None:
    op.create_table(
        "refused_payload",
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("door", sa.String(length=20), nullable=False),
        sa.Column("reason", sa.String(length=60), nullable=False),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.Column("first_at", telemetry.columns.UtcDateTime(timezone=True), nullable=False),
        sa.Column("last_at", telemetry.columns.UtcDateTime(timezone=True), nullable=False),
        sa.Column("last_sentence", sa.String(length=400), nullable=False),
        sa.Column("last_sender", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"]),
        sa.PrimaryKeyConstraint("tenant_id", "day", "door", "reason"),
    )


def _make_the_archive() -> None:
    """Keep of each series-day where its readings are, and of each day its file in the archive."""
    op.add_column("metric", sa.Column("forgotten_before", sa.Date(), nullable=True))
    op.add_column("series_day", sa.Column("held", sa.SmallInteger(), nullable=False, server_default="0"))
    op.create_index("series_day_held", "series_day", ["tenant_id", "shard", "day", "held"])
    op.create_table(
        "archive_file",
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("shard", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("path", sa.String(length=200), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("checksum", sa.String(length=64), nullable=False),
        sa.Column("series", sa.Integer(), nullable=False),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.Column("first_at", sa.BigInteger(), nullable=False),
        sa.Column("last_at", sa.BigInteger(), nullable=False),
        sa.Column("verified_at", telemetry.columns.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"]),
        sa.PrimaryKeyConstraint("tenant_id", "shard", "day"),
    )


def _take_the_archive_back() -> None:
    """Refused while readings lie outside the rows, for the version before does not know where."""
    _open_to_owner("series_day")
    away = op.get_bind().execute(sa.text("SELECT count(*) FROM series_day WHERE held <> 0")).scalar()
    if away:
        msg = f"the readings of {away} series-days are archived or forgotten; the version before cannot read them"
        raise RuntimeError(msg)
    _close_to_owner("series_day")
    op.drop_table("archive_file")
    op.drop_index("series_day_held", "series_day")
    op.drop_column("series_day", "held")
    op.drop_column("metric", "forgotten_before")


def _remember_mqtt() -> None:
    """What edge nodes said at their births, which messages the broker may send again, and who may connect to it."""
    moment = telemetry.columns.UtcDateTime(timezone=True)
    op.create_table(
        "sparkplug_node",
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("node", sa.String(length=120), nullable=False),
        sa.Column("bd_seq", sa.Integer(), nullable=True),
        sa.Column("last_seq", sa.Integer(), nullable=True),
        sa.Column("online", sa.Boolean(), nullable=False),
        sa.Column("certain", sa.Boolean(), nullable=False),
        sa.Column("asked_at", moment, nullable=True),
        sa.Column("seen_at", moment, nullable=False),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"]),
        sa.PrimaryKeyConstraint("tenant_id", "node"),
    )
    op.create_table(
        "sparkplug_birth",
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("node", sa.String(length=120), nullable=False),
        sa.Column("device", sa.String(length=120), nullable=False),
        sa.Column("metrics", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("born_at", moment, nullable=False),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"]),
        sa.PrimaryKeyConstraint("tenant_id", "node", "device"),
    )
    op.create_table(
        "sparkplug_held",
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("node", sa.String(length=120), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("device", sa.String(length=120), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("payload", sa.LargeBinary(), nullable=False),
        sa.Column("received_at", moment, nullable=False),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"]),
        sa.PrimaryKeyConstraint("tenant_id", "node", "id"),
    )
    op.create_table(
        "mqtt_account",
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("device_id", sa.Uuid(), nullable=False),
        sa.Column("secret_hash", sa.String(length=64), nullable=False),
        sa.Column("pbkdf2", sa.String(length=200), nullable=False),
        sa.Column("bcrypt", sa.String(length=80), nullable=False),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"]),
        sa.ForeignKeyConstraint(["tenant_id", "device_id"], ["device.tenant_id", "device.id"]),
        sa.PrimaryKeyConstraint("tenant_id", "device_id", "secret_hash"),
    )
    op.create_table(
        "mqtt_window",
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("client", sa.String(length=120), nullable=False),
        sa.Column("stored", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"]),
        sa.PrimaryKeyConstraint("tenant_id", "client"),
    )


def _watch_limits() -> None:
    """Alarm rules, the alarms they raised, what became of each, and what is remembered from batch to batch."""
    moment = telemetry.columns.UtcDateTime(timezone=True)
    of_rule = (["tenant_id", "rule", "version"], ["alarm_rule.tenant_id", "alarm_rule.code", "alarm_rule.version"])
    op.create_table(
        "alarm_rule",
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("metric", sa.String(length=60), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("priority", sa.String(length=40), nullable=False),
        sa.Column("asset_id", sa.Uuid(), nullable=True),
        sa.Column("product", sa.String(length=60), nullable=True),
        sa.Column("limit", sa.Float(), nullable=True),
        sa.Column("deadband", sa.Float(), nullable=False),
        sa.Column("on_delay_seconds", sa.Integer(), nullable=False),
        sa.Column("off_delay_seconds", sa.Integer(), nullable=False),
        sa.Column("longest_seconds", sa.Integer(), nullable=True),
        sa.Column("least_readings", sa.Integer(), nullable=False),
        sa.Column("fastest", sa.Float(), nullable=True),
        sa.Column("most_per_hour", sa.Integer(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("code", sa.String(length=60), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("since", moment, nullable=False),
        sa.Column("until", moment, nullable=True),
        sa.Column("made_at", moment, nullable=False),
        sa.Column("caught_up", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"]),
        sa.ForeignKeyConstraint(["tenant_id", "metric"], ["metric.tenant_id", "metric.code"]),
        sa.PrimaryKeyConstraint("tenant_id", "code", "version"),
    )
    op.create_table(
        "alarm",
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("shard", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("series", sa.Integer(), nullable=False),
        sa.Column("asset_id", sa.Uuid(), nullable=False),
        sa.Column("metric", sa.String(length=60), nullable=False),
        sa.Column("rule", sa.String(length=60), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("priority", sa.String(length=40), nullable=False),
        sa.Column("began_at", moment, nullable=False),
        sa.Column("raised_at", moment, nullable=False),
        sa.Column("cleared_at", moment, nullable=True),
        sa.Column("extreme", sa.Float(), nullable=True),
        sa.Column("times", sa.Integer(), nullable=False),
        sa.Column("chatters", sa.Boolean(), nullable=False),
        sa.Column("found_at", moment, nullable=False),
        sa.Column("updated_at", moment, nullable=False),
        sa.Column("acknowledged_at", moment, nullable=True),
        sa.Column("acknowledged_by", sa.String(length=200), nullable=False),
        sa.Column("withdrawn_at", moment, nullable=True),
        sa.Column("reason", sa.String(length=40), nullable=False),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"]),
        sa.ForeignKeyConstraint(["tenant_id", "series"], ["series.tenant_id", "series.number"]),
        sa.ForeignKeyConstraint(*of_rule),
        sa.PrimaryKeyConstraint("tenant_id", "shard", "id"),
    )
    once = ["tenant_id", "shard", "rule", "version", "series", "raised_at"]
    op.create_index("alarm_once", "alarm", once, unique=True)
    op.create_index("alarm_by_id", "alarm", ["tenant_id", "id"])
    op.create_index("alarm_by_moment", "alarm", ["tenant_id", "raised_at", "id"])
    op.create_index("alarm_of_asset", "alarm", ["tenant_id", "asset_id", "raised_at"])
    op.create_table(
        "alarm_event",
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("shard", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("alarm_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("at", moment, nullable=False),
        sa.Column("by", sa.String(length=200), nullable=False),
        sa.Column("facts", sa.JSON(none_as_null=True), nullable=False),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"]),
        sa.PrimaryKeyConstraint("tenant_id", "shard", "id"),
    )
    op.create_index("alarm_event_of_alarm", "alarm_event", ["tenant_id", "alarm_id", "id"])
    op.create_table(
        "alarm_state",
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("shard", sa.Integer(), nullable=False),
        sa.Column("rule", sa.String(length=60), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("latest", sa.LargeBinary(), nullable=False),
        sa.Column("earlier", sa.LargeBinary(), nullable=False),
        sa.Column("earliest", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"]),
        sa.ForeignKeyConstraint(*of_rule),
        sa.PrimaryKeyConstraint("tenant_id", "shard", "rule", "version"),
    )


def _settle_doubts() -> None:
    """Keep of a doubted reading what could be read of it, and what became of it."""
    moment = telemetry.columns.UtcDateTime(timezone=True)
    for column in (
        sa.Column("at", sa.BigInteger(), nullable=True),
        sa.Column("value", sa.Float(), nullable=True),
        sa.Column("state", sa.String(length=20), nullable=False, server_default="waiting"),
        sa.Column("settled_at", moment, nullable=True),
        sa.Column("settled_by", sa.String(length=200), nullable=False, server_default=""),
        sa.Column("how", sa.JSON(none_as_null=True), nullable=True),
    ):
        op.add_column("quarantined_reading", column)
    op.drop_index("quarantine_by_reason", "quarantined_reading")
    op.create_index("quarantine_by_state", "quarantined_reading", ["tenant_id", "state", "reason", "id"])


def _unsettle_doubts() -> None:
    op.drop_index("quarantine_by_state", "quarantined_reading")
    op.create_index("quarantine_by_reason", "quarantined_reading", ["tenant_id", "reason", "received_at"])
    for name in ("how", "settled_by", "settled_at", "state", "value", "at"):
        op.drop_column("quarantined_reading", name)


def _open_to_owner(table: str) -> None:
    """Let the migration see every tenant's rows, whoever owns the table."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute(f'ALTER TABLE "{table}" NO FORCE ROW LEVEL SECURITY')


def _close_to_owner(table: str) -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute(f'ALTER TABLE "{table}" FORCE ROW LEVEL SECURITY')


def _lock() -> None:
    for table in NEW_TABLES:
        _lock_table(table)
    for table in APPEND_ONLY:
        if op.get_bind().dialect.name == "sqlite":
            for verb in ("UPDATE", "DELETE"):
                op.execute(
                    f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table} "
                    f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
                )
            continue
        op.execute(f"REVOKE UPDATE, DELETE ON {table} FROM pas_app")
        op.execute(
            f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
        )


def _lock_table(table: str) -> None:
    if op.get_bind().dialect.name != "postgresql":
        return
    op.execute(f'GRANT SELECT, INSERT, UPDATE, DELETE ON "{table}" TO pas_app')
    op.execute(f'ALTER TABLE "{table}" ENABLE ROW LEVEL SECURITY')
    op.execute(f'ALTER TABLE "{table}" FORCE ROW LEVEL SECURITY')
    op.execute(f'CREATE POLICY own_rows ON "{table}" USING ({OWN})')


def _unlock() -> None:
    """Take the triggers off; policies go with their tables."""
    for table in APPEND_ONLY:
        if op.get_bind().dialect.name == "sqlite":
            for verb in ("update", "delete"):
                op.execute(f"DROP TRIGGER {table}_no_{verb}")
        else:
            op.execute(f"DROP TRIGGER {table}_append_only ON {table}")
