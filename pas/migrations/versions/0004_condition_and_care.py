"""What is seen, concluded and done about a thing's condition: checklists, photos, work orders, alerts that are sent."""

import sqlalchemy as sa
from alembic import op

import telemetry.columns

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

NEW_TABLES: tuple[str, ...] = (
    "wear_parameters",
    "checklist",
    "photo",
    "inspection_photo",
    "inspection_strike",
    "reading_correction",
    "alert_rule",
    "alert_notice",
    "alert_outcome",
    "person_wishes",
    "webhook",
    "message",
    "message_alert",
    "digest_entry",
    "signing_key",
    "work_order",
    "work_order_event",
    "inspection_due",
    "calendar_feed",
)
"""In the order in which they are made. Get the second lock on PostgreSQL: each tenant sees its own rows."""
APPEND_ONLY: tuple[str, ...] = (
    "wear_parameters",
    "checklist",
    "photo",
    "inspection_photo",
    "inspection_strike",
    "reading_correction",
    "alert_rule",
    "alert_outcome",
    "work_order_event",
)
"""Of the new ones: what must never change."""
OWN = "tenant_id = nullif(current_setting('app.tenant', true), '')::int"
INTERVALS = ("inspect_every_days", "inspect_every_use", "inspect_lead_days")

SEEN = {
    "told_by": "",
    "nen": "{}",
    "measured": "[]",
    "answers": "{}",
    "checklist_version": None,
    "sent_at": None,
    "checklist_used": "0",
    "converted": "[]",
    "device_at": None,
    "clock_error": None,
    "contradicts": "[]",
}
"""What is known more of an inspection, and what it was before; documents where `SEEN_AS` does not say otherwise."""
SEEN_AS = {
    **dict.fromkeys(("sent_at", "device_at"), telemetry.columns.UtcDateTime()),
    "told_by": sa.String(length=200),
    **dict.fromkeys(("checklist_version", "checklist_used"), sa.Integer()),
    "clock_error": sa.Float(),
    "struck_why": sa.String(),
}


def upgrade() -> None:
    """Add the tables and columns, and set the second lock on the new tables."""
    _inspect_in_time()
    _see_more()
    _note_corrections()
    _tell_of_alerts()
    _conclude_by_component()
    _order_work()
    _foretell_due_dates()
    _lock()


def downgrade() -> None:
    """Take it back."""
    _unlock()
    for table in reversed(NEW_TABLES):
        op.drop_table(table)
    for name in ALERT_COLUMNS:
        op.drop_column("alert", name)
    for name in SEEN:
        op.drop_column("inspection", name)
    for name in INTERVALS:
        op.drop_column("product", name)
    op.drop_column("condition", "detail")


def _conclude_by_component() -> None:
    """Keep what is concluded of each component, and what was learned of the wear of each product."""
    op.add_column("condition", sa.Column("detail", telemetry.columns.Json, nullable=True))
    op.create_table(
        "wear_parameters",
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("product_id", sa.Uuid(), nullable=False),
        sa.Column("learned_at", telemetry.columns.UtcDateTime(), nullable=False),
        sa.Column("rule", sa.String(length=40), nullable=False),
        sa.Column("figures", telemetry.columns.Json, nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["tenant_id", "product_id"], ["product.tenant_id", "product.id"]),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"]),
        sa.PrimaryKeyConstraint("tenant_id", "id"),
    )
    op.create_index("wear_parameters_of_product", "wear_parameters", ["tenant_id", "product_id", "learned_at"])


def _inspect_in_time() -> None:
    """Say of products how often they are inspected."""
    op.add_column("product", sa.Column("inspect_every_days", sa.Integer(), nullable=True))
    op.add_column("product", sa.Column("inspect_every_use", sa.Float(), nullable=True))
    op.add_column("product", sa.Column("inspect_lead_days", sa.Integer(), nullable=False, server_default="14"))


def _see_more() -> None:
    """Keep checklists in versions, photos, and more of what people see."""
    utc = telemetry.columns.UtcDateTime()
    op.create_table(
        "checklist",
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("product_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("valid_from", utc, nullable=False),
        sa.Column("items", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("recorded_at", utc, nullable=False),
        sa.Column("recorded_by", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"]),
        sa.ForeignKeyConstraint(["tenant_id", "product_id"], ["product.tenant_id", "product.id"]),
        sa.PrimaryKeyConstraint("tenant_id", "product_id", "version"),
    )
    op.create_table(
        "photo",
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("original", sa.String(length=64), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("stored_at", utc, nullable=False),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"]),
        sa.PrimaryKeyConstraint("tenant_id", "sha256"),
    )
    op.create_index("photo_original", "photo", ["tenant_id", "original"])
    op.create_table(
        "inspection_photo",
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("inspection_id", sa.Uuid(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("component", sa.String(length=60), nullable=False),
        sa.Column("caption", sa.String(length=500), nullable=False),
        sa.Column("added_at", utc, nullable=False),
        sa.Column("added_by", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"]),
        sa.ForeignKeyConstraint(["tenant_id", "inspection_id"], ["inspection.tenant_id", "inspection.id"]),
        sa.ForeignKeyConstraint(["tenant_id", "sha256"], ["photo.tenant_id", "photo.sha256"]),
        sa.PrimaryKeyConstraint("tenant_id", "id"),
    )
    once = ["tenant_id", "inspection_id", "component", "sha256"]
    op.create_index("inspection_photo_once", "inspection_photo", once, unique=True)
    op.create_table(
        "inspection_strike",
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("inspection_id", sa.Uuid(), nullable=False),
        sa.Column("struck_at", utc, nullable=False),
        sa.Column("struck_by", sa.String(length=200), nullable=False),
        sa.Column("why", sa.String(length=1000), nullable=False),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"]),
        sa.ForeignKeyConstraint(["tenant_id", "inspection_id"], ["inspection.tenant_id", "inspection.id"]),
        sa.PrimaryKeyConstraint("tenant_id", "inspection_id"),
    )
    for name, empty in SEEN.items():
        kind = SEEN_AS.get(name, sa.JSON(none_as_null=True))
        op.add_column("inspection", sa.Column(name, kind, nullable=empty is None, server_default=empty))


def _note_corrections() -> None:
    """Remember which readings were corrected, by whom and why."""
    utc = telemetry.columns.UtcDateTime(timezone=True)
    op.create_table(
        "reading_correction",
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("shard", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("asset_id", sa.Uuid(), nullable=False),
        sa.Column("metric", sa.String(length=60), nullable=False),
        sa.Column("at", utc, nullable=False),
        sa.Column("recorded_at", utc, nullable=False),
        sa.Column("was", sa.Float(), nullable=False),
        sa.Column("value", sa.Float(), nullable=False),
        sa.Column("because", sa.String(length=2000), nullable=False),
        sa.Column("by", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"]),
        sa.PrimaryKeyConstraint("tenant_id", "shard", "asset_id", "metric", "at", "recorded_at"),
    )


ALERT_COLUMNS = (
    "priority", "began_at", "owner", "due_on", "days_p10", "days_p50", "days_p90", "cost", "currency", "cause", "shadow",
)
_WORD = sa.String(length=40)
_TIME = telemetry.columns.UtcDateTime(timezone=True)


def _tell_of_alerts() -> None:
    """Widen alerts, and add their rules, their outcomes, and the messages that tell of them."""
    for column in (
        sa.Column("priority", _WORD, nullable=False, server_default="medium"),
        sa.Column("began_at", _TIME, nullable=True),
        sa.Column("owner", sa.String(length=20), nullable=False, server_default=""),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("days_p10", sa.Float(), nullable=True),
        sa.Column("days_p50", sa.Float(), nullable=True),
        sa.Column("days_p90", sa.Float(), nullable=True),
        sa.Column("cost", telemetry.columns.ExactDecimal(), nullable=True),
        sa.Column("currency", sa.String(length=3), nullable=False, server_default=""),
        sa.Column("cause", sa.String(length=200), nullable=False, server_default=""),
        sa.Column("shadow", sa.Boolean(), nullable=False, server_default=sa.false()),
    ):
        op.add_column("alert", column)
    _make_alert_rules()
    _make_messages()


def _own(*columns: sa.Column, key: tuple[str, ...]) -> tuple:
    """Give the columns of a table of a tenant's, with its key, which the tenant leads."""
    return (
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        *columns,
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"]),
        sa.PrimaryKeyConstraint("tenant_id", *key),
    )


def _to(table: str, column: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(["tenant_id", column], [f"{table}.tenant_id", f"{table}.id"])


def _make_alert_rules() -> None:
    op.create_table(
        "alert_rule",
        *_own(
            sa.Column("code", _WORD, nullable=False),
            sa.Column("version", sa.Integer(), nullable=False),
            sa.Column("cause", sa.String(length=1000), nullable=False),
            sa.Column("consequence", sa.String(length=1000), nullable=False),
            sa.Column("response", sa.String(length=1000), nullable=False),
            sa.Column("priority", _WORD, nullable=False),
            sa.Column("owner", _WORD, nullable=False),
            sa.Column("tell", telemetry.columns.Json, nullable=False),
            sa.Column("limit", sa.Float(), nullable=False),
            sa.Column("clear", sa.Float(), nullable=False),
            sa.Column("clear_points", sa.Float(), nullable=False),
            sa.Column("on_delay_days", sa.Integer(), nullable=False),
            sa.Column("off_delay_days", sa.Integer(), nullable=False),
            sa.Column("respond_within_days", sa.Integer(), nullable=False),
            sa.Column("review_on", sa.Date(), nullable=True),
            sa.Column("stage", _WORD, nullable=False),
            sa.Column("active", sa.Boolean(), nullable=False),
            sa.Column("made_at", _TIME, nullable=False),
            sa.Column("made_by", sa.String(length=200), nullable=False),
            key=("code", "version"),
        ),
    )
    op.create_table(
        "alert_notice",
        *_own(
            sa.Column("id", sa.Uuid(), nullable=False),
            sa.Column("alert_id", sa.Uuid(), nullable=False),
            sa.Column("since", _TIME, nullable=False),
            sa.Column("told_at", _TIME, nullable=True),
            key=("id",),
        ),
        _to("alert", "alert_id"),
    )
    op.create_index("alert_notice_waits", "alert_notice", ["tenant_id", "told_at", "since"])
    op.create_table(
        "alert_outcome",
        *_own(
            sa.Column("id", sa.Uuid(), nullable=False),
            sa.Column("alert_id", sa.Uuid(), nullable=True),
            sa.Column("asset_id", sa.Uuid(), nullable=False),
            sa.Column("rule", _WORD, nullable=False),
            sa.Column("verdict", _WORD, nullable=True),
            sa.Column("failed_at", _TIME, nullable=True),
            sa.Column("note", sa.String(), nullable=False),
            sa.Column("recorded_at", _TIME, nullable=False),
            sa.Column("recorded_by", sa.String(length=200), nullable=False),
            key=("id",),
        ),
        _to("alert", "alert_id"),
        _to("asset", "asset_id"),
    )
    op.create_index("alert_outcome_of_rule", "alert_outcome", ["tenant_id", "rule", "recorded_at"])
    op.create_index("alert_outcome_of_alert", "alert_outcome", ["tenant_id", "alert_id"])


def _make_messages() -> None:
    op.create_table(
        "person_wishes",
        *_own(
            sa.Column("person_id", sa.Uuid(), nullable=False),
            sa.Column("mail", sa.Boolean(), nullable=False),
            sa.Column("zone", sa.String(length=60), nullable=False),
            sa.Column("quiet_from", sa.Integer(), nullable=False),
            sa.Column("quiet_until", sa.Integer(), nullable=False),
            sa.Column("digest", _WORD, nullable=False),
            sa.Column("digest_hour", sa.Integer(), nullable=False),
            sa.Column("off", telemetry.columns.Json, nullable=False),
            sa.Column("changed_at", _TIME, nullable=False),
            key=("person_id",),
        ),
        _to("person", "person_id"),
    )
    op.create_table(
        "webhook",
        *_own(
            sa.Column("id", sa.Uuid(), nullable=False),
            sa.Column("name", sa.String(length=120), nullable=False),
            sa.Column("url", sa.String(length=2000), nullable=False),
            sa.Column("secret", sa.String(length=120), nullable=False),
            sa.Column("kinds", telemetry.columns.Json, nullable=False),
            sa.Column("made_at", _TIME, nullable=False),
            sa.Column("failing_since", _TIME, nullable=True),
            sa.Column("disabled_at", _TIME, nullable=True),
            key=("id",),
        ),
    )
    op.create_table(
        "message",
        *_own(
            sa.Column("id", sa.Uuid(), nullable=False),
            sa.Column("person_id", sa.Uuid(), nullable=True),
            sa.Column("webhook_id", sa.Uuid(), nullable=True),
            sa.Column("channel", _WORD, nullable=False),
            sa.Column("kind", _WORD, nullable=False),
            sa.Column("cause", sa.String(length=200), nullable=False),
            sa.Column("language", sa.String(length=2), nullable=False),
            sa.Column("content", telemetry.columns.Json, nullable=False),
            sa.Column("made_at", _TIME, nullable=False),
            sa.Column("state", _WORD, nullable=False),
            sa.Column("next_try_at", _TIME, nullable=False),
            sa.Column("claimed_until", _TIME, nullable=True),
            sa.Column("tries", sa.Integer(), nullable=False),
            sa.Column("sent_at", _TIME, nullable=True),
            sa.Column("proof", sa.String(length=500), nullable=False),
            key=("id",),
        ),
        _to("person", "person_id"),
        _to("webhook", "webhook_id"),
    )
    op.create_index("message_waits", "message", ["tenant_id", "state", "next_try_at"])
    op.create_index("message_of_person", "message", ["tenant_id", "person_id", "made_at"])
    op.create_table(
        "message_alert",
        *_own(
            sa.Column("message_id", sa.Uuid(), nullable=False),
            sa.Column("alert_id", sa.Uuid(), nullable=False),
            key=("message_id", "alert_id"),
        ),
        _to("message", "message_id"),
        _to("alert", "alert_id"),
    )
    op.create_index("message_alert_of_alert", "message_alert", ["tenant_id", "alert_id"])
    op.create_table(
        "digest_entry",
        *_own(
            sa.Column("person_id", sa.Uuid(), nullable=False),
            sa.Column("alert_id", sa.Uuid(), nullable=False),
            sa.Column("why", sa.String(length=20), nullable=False),
            sa.Column("since", _TIME, nullable=False),
            key=("person_id", "alert_id"),
        ),
        _to("person", "person_id"),
        _to("alert", "alert_id"),
    )
    op.create_table(
        "signing_key",
        *_own(
            sa.Column("id", sa.Uuid(), nullable=False),
            sa.Column("secret", sa.String(length=64), nullable=False),
            sa.Column("made_at", _TIME, nullable=False),
            key=("id",),
        ),
    )


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


def _order_work() -> None:
    """Make the tables of work orders."""
    under_way = sa.text("state IN ('open', 'planned', 'in_progress')")
    op.create_table(
        "work_order",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("asset_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("component", sa.String(60), nullable=False),
        sa.Column("priority", sa.String(40), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("assignee", sa.String(200), nullable=False),
        sa.Column("alert_id", sa.Uuid(), nullable=True),
        sa.Column("inspection_id", sa.Uuid(), nullable=True),
        sa.Column("note", sa.String(4000), nullable=False),
        sa.Column("photos", telemetry.columns.Json, nullable=False),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("cause", sa.String(40), nullable=False),
        sa.Column("state", sa.String(40), nullable=False),
        sa.Column("opened_at", telemetry.columns.UtcDateTime(timezone=True), nullable=False),
        sa.Column("opened_by", sa.String(200), nullable=False),
        sa.Column("updated_at", telemetry.columns.UtcDateTime(timezone=True), nullable=False),
        sa.Column("ended_at", telemetry.columns.UtcDateTime(timezone=True), nullable=True),
        sa.Column("ended_by", sa.String(200), nullable=False),
        sa.Column("outcome", sa.String(4000), nullable=False),
        sa.Column("minutes", sa.Float(), nullable=True),
        sa.Column("cost", telemetry.columns.ExactDecimal(), nullable=True),
        sa.Column("currency", sa.String(3), nullable=False),
        sa.Column("parts", telemetry.columns.Json, nullable=False),
        sa.Column("renewed", telemetry.columns.Json, nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"]),
        sa.ForeignKeyConstraint(["tenant_id", "asset_id"], ["asset.tenant_id", "asset.id"]),
        sa.ForeignKeyConstraint(["tenant_id", "alert_id"], ["alert.tenant_id", "alert.id"]),
        sa.ForeignKeyConstraint(["tenant_id", "inspection_id"], ["inspection.tenant_id", "inspection.id"]),
        sa.PrimaryKeyConstraint("tenant_id", "id"),
    )
    for name, columns in (
        ("by_state", ["state", "due_on"]),
        ("by_opening", ["opened_at", "id"]),
        ("of_assignee", ["assignee", "due_on"]),
        ("of_asset", ["asset_id", "opened_at"]),
    ):
        op.create_index(f"work_order_{name}", "work_order", ["tenant_id", *columns])
    op.create_index(
        "work_order_once",
        "work_order",
        ["tenant_id", "asset_id", "component", "kind"],
        unique=True,
        sqlite_where=under_way,
        postgresql_where=under_way,
    )
    op.create_table(
        "work_order_event",
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("work_order_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("at", telemetry.columns.UtcDateTime(timezone=True), nullable=False),
        sa.Column("actor_kind", sa.String(20), nullable=False),
        sa.Column("actor", sa.String(200), nullable=False),
        sa.Column("facts", telemetry.columns.Json, nullable=False),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"]),
        sa.ForeignKeyConstraint(["tenant_id", "work_order_id"], ["work_order.tenant_id", "work_order.id"]),
        sa.PrimaryKeyConstraint("tenant_id", "id"),
    )
    op.create_index("work_order_event_of_order", "work_order_event", ["tenant_id", "work_order_id", "id"])


def _foretell_due_dates() -> None:
    """Remember when each thing must be inspected again, and the calendars that fetch it."""
    utc = telemetry.columns.UtcDateTime(timezone=True)
    op.create_table(
        "inspection_due",
        sa.Column("since", sa.Date(), nullable=False),
        sa.Column("every_days", sa.Integer(), nullable=True),
        sa.Column("every_use", sa.Float(), nullable=True),
        sa.Column("lead_days", sa.Integer(), nullable=False),
        sa.Column("used", sa.Float(), nullable=True),
        sa.Column("pace", sa.Float(), nullable=True),
        sa.Column("calendar_on", sa.Date(), nullable=True),
        sa.Column("meter_on", sa.Date(), nullable=True),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("asset_id", sa.Uuid(), nullable=False),
        sa.Column("history_length", sa.Integer(), nullable=False),
        sa.Column("told_from", sa.Date(), nullable=True),
        sa.Column("worked_out_at", utc, nullable=False),
        sa.Column("changed_at", utc, nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("cancelled_at", utc, nullable=True),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"]),
        sa.ForeignKeyConstraint(["tenant_id", "asset_id"], ["asset.tenant_id", "asset.id"]),
        sa.PrimaryKeyConstraint("tenant_id", "asset_id"),
    )
    op.create_index("inspection_due_by_day", "inspection_due", ["tenant_id", "due_on", "asset_id"])
    op.create_table(
        "calendar_feed",
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("site_id", sa.Uuid(), nullable=True),
        sa.Column("name", sa.String(120), nullable=False),
        sa.Column("secret_hash", sa.String(64), nullable=False),
        sa.Column("created_at", utc, nullable=False),
        sa.Column("revoked_at", utc, nullable=True),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"]),
        sa.ForeignKeyConstraint(["tenant_id", "person_id"], ["person.tenant_id", "person.id"]),
        sa.ForeignKeyConstraint(["tenant_id", "site_id"], ["site.tenant_id", "site.id"]),
        sa.PrimaryKeyConstraint("tenant_id", "id"),
    )
