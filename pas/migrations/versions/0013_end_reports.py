"""Finance reports with their frozen inputs, and the write-downs that they propose."""

import sqlalchemy as sa
from alembic import op

from pas.migrations.tables_of_tenants import lock, own, to, unlock
from telemetry.columns import ExactDecimal, UtcDateTime

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

NEW_TABLES: tuple[str, ...] = ("end_report", "write_down", "write_down_decision", "residual_value")
"""In the order in which they are made."""
APPEND_ONLY: tuple[str, ...] = NEW_TABLES
"""Of the new ones: what must never change."""


def upgrade() -> None:
    """Add the tables and columns, and set the locks on the new tables."""
    op.add_column("sale", sa.Column("recorded_at", UtcDateTime(), nullable=True))
    _reports()
    _write_downs()
    op.create_table(
        "residual_value",
        *own(
            sa.Column("id", sa.Uuid(), nullable=False),
            sa.Column("asset_id", sa.Uuid(), nullable=False),
            sa.Column("set_on", sa.Date(), nullable=False),
            sa.Column("currency", sa.String(3), nullable=False),
            sa.Column("residual", ExactDecimal(), nullable=False),
            sa.Column("guaranteed", ExactDecimal(), nullable=False),
            sa.Column("guaranteed_by", sa.String(200), nullable=False),
            sa.Column("why", sa.String(2000), nullable=False),
            sa.Column("recorded_at", UtcDateTime(), nullable=False),
            sa.Column("actor_kind", sa.String(20), nullable=False),
            sa.Column("actor", sa.String(200), nullable=False),
            to("asset", "asset_id"),
            key=("id",),
        ),
    )
    op.create_index("residual_of_asset", "residual_value", ["tenant_id", "asset_id", "recorded_at"])
    lock(NEW_TABLES, append_only=APPEND_ONLY)


def _reports() -> None:
    op.create_table(
        "end_report",
        *own(
            sa.Column("id", sa.Uuid(), nullable=False),
            sa.Column("kept_at", UtcDateTime(), nullable=False),
            sa.Column("start", sa.Date(), nullable=False),
            sa.Column("until", sa.Date(), nullable=False),
            sa.Column("as_of", sa.Date(), nullable=False),
            sa.Column("premise", sa.String(40), nullable=False),
            sa.Column("things", sa.Integer(), nullable=False),
            sa.Column("rule", sa.String(40), nullable=False),
            sa.Column("inputs", sa.LargeBinary(), nullable=False),
            sa.Column("inputs_sha256", sa.String(64), nullable=False),
            sa.Column("report", sa.LargeBinary(), nullable=False),
            sa.Column("report_sha256", sa.String(64), nullable=False),
            sa.Column("actor_kind", sa.String(20), nullable=False),
            sa.Column("actor", sa.String(200), nullable=False),
            key=("id",),
        ),
    )
    op.create_index("end_report_kept", "end_report", ["tenant_id", "kept_at", "id"])


def _write_downs() -> None:
    op.create_table(
        "write_down",
        *own(
            sa.Column("id", sa.Uuid(), nullable=False),
            sa.Column("report_id", sa.Uuid(), nullable=False),
            sa.Column("asset_id", sa.Uuid(), nullable=False),
            sa.Column("serial", sa.String(80), nullable=False),
            sa.Column("last_day", sa.Date(), nullable=False),
            sa.Column("currency", sa.String(3), nullable=False),
            sa.Column("book_value", ExactDecimal(), nullable=False),
            sa.Column("expected", ExactDecimal(), nullable=False),
            sa.Column("amount", ExactDecimal(), nullable=False),
            sa.Column("evidence", sa.String(120), nullable=False),
            sa.Column("proposed_at", UtcDateTime(), nullable=False),
            to("end_report", "report_id"),
            to("asset", "asset_id"),
            key=("id",),
        ),
    )
    op.create_index("write_down_once", "write_down", ["tenant_id", "report_id", "asset_id"], unique=True)
    op.create_index("write_down_of_asset", "write_down", ["tenant_id", "asset_id"])
    op.create_table(
        "write_down_decision",
        *own(
            sa.Column("write_down_id", sa.Uuid(), nullable=False),
            sa.Column("verdict", sa.String(40), nullable=False),
            sa.Column("reason", sa.String(2000), nullable=False),
            sa.Column("decided_at", UtcDateTime(), nullable=False),
            sa.Column("actor_kind", sa.String(20), nullable=False),
            sa.Column("actor", sa.String(200), nullable=False),
            to("write_down", "write_down_id"),
            key=("write_down_id",),
        ),
    )


def downgrade() -> None:
    """Take it back."""
    unlock(append_only=APPEND_ONLY)
    for table in reversed(NEW_TABLES):
        op.drop_table(table)
    with op.batch_alter_table("sale") as batch:
        batch.drop_column("recorded_at")
