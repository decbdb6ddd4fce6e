"""Which route was chosen for a thing, by whom, and why."""

import sqlalchemy as sa
from alembic import op

from pas.migrations.tables_of_tenants import lock, own, to, unlock
from telemetry.columns import ExactDecimal, Json, UtcDateTime

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

NEW_TABLES: tuple[str, ...] = ("route_verdict", "route_work")
"""In the order in which they are made."""
APPEND_ONLY: tuple[str, ...] = ("route_verdict", "route_work")
"""Of the new ones: what must never change."""


def upgrade() -> None:
    """Add the tables and columns, and set the locks on the new tables."""
    op.create_table(
        "route_verdict",
        *own(
            sa.Column("id", sa.Uuid(), nullable=False),
            sa.Column("asset_id", sa.Uuid(), nullable=False),
            sa.Column("kind", sa.String(40), nullable=False),
            sa.Column("decided_at", UtcDateTime(), nullable=False),
            sa.Column("actor_kind", sa.String(20), nullable=False),
            sa.Column("actor", sa.String(200), nullable=False),
            sa.Column("route", sa.String(20), nullable=False),
            sa.Column("proposed", sa.String(20), nullable=False),
            sa.Column("why", sa.String(2000), nullable=False),
            sa.Column("grade", sa.String(1), nullable=False),
            sa.Column("net_value", ExactDecimal(), nullable=False),
            sa.Column("currency", sa.String(3), nullable=False),
            sa.Column("inputs", Json, nullable=False),
            sa.Column("options", Json, nullable=False),
            sa.Column("reasons", Json, nullable=False),
            sa.Column("rule", sa.String(40), nullable=False),
            sa.Column("input_hash", sa.String(64), nullable=False),
            key=("id",),
        ),
        to("asset", "asset_id"),
    )
    op.create_index("route_verdict_of_asset", "route_verdict", ["tenant_id", "asset_id", "decided_at", "id"])
    op.create_table(
        "route_work",
        *own(
            sa.Column("work_order_id", sa.Uuid(), nullable=False),
            sa.Column("verdict_id", sa.Uuid(), nullable=False),
            sa.Column("product_id", sa.Uuid(), nullable=False),
            sa.Column("route", sa.String(20), nullable=False),
            sa.Column("plan", Json, nullable=False),
            key=("work_order_id",),
        ),
        to("work_order", "work_order_id"),
        to("route_verdict", "verdict_id"),
    )
    op.create_index("route_work_of_product", "route_work", ["tenant_id", "product_id", "route"])
    lock(NEW_TABLES, append_only=APPEND_ONLY)


def downgrade() -> None:
    """Take it back."""
    unlock(append_only=APPEND_ONLY)
    for table in reversed(NEW_TABLES):
        op.drop_table(table)
