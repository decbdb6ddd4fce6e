"""Views of lists that people keep and share, and deeds on many things at once that can be taken back."""

import sqlalchemy as sa
from alembic import op

from pas.migrations.tables_of_tenants import lock, own, to, unlock

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

NEW_TABLES: tuple[str, ...] = ("list_view", "bulk_change", "bulk_change_event")
"""In the order in which they are made."""
APPEND_ONLY: tuple[str, ...] = ()
"""Of the new ones: what must never change."""


def upgrade() -> None:
    """Add the tables and the orders of the fleet list, and set the locks on the new tables."""
    op.create_table(
        "list_view",
        *own(
            sa.Column("id", sa.Uuid(), nullable=False),
            sa.Column("person_id", sa.Uuid(), nullable=False),
            sa.Column("name", sa.String(length=80), nullable=False),
            sa.Column("query", sa.String(length=1000), nullable=False),
            sa.Column("shared", sa.Boolean(), nullable=False),
            sa.Column("kept_at", sa.DateTime(timezone=True), nullable=False),
            sa.Column("dropped_at", sa.DateTime(timezone=True), nullable=True),
            to("person", "person_id"),
            key=("id",),
        ),
    )
    op.create_index("list_view_name", "list_view", ["tenant_id", "person_id", "name"], unique=True)
    op.create_table(
        "bulk_change",
        *own(
            sa.Column("id", sa.Uuid(), nullable=False),
            sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
            sa.Column("changed_by", sa.String(length=200), nullable=False),
            sa.Column("said", sa.JSON(none_as_null=True), nullable=False),
            sa.Column("refused", sa.JSON(none_as_null=True), nullable=False),
            sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True),
            sa.Column("undone_by", sa.String(length=200), nullable=False),
            key=("id",),
        ),
    )
    op.create_index("bulk_change_by_time", "bulk_change", ["tenant_id", "changed_at", "id"])
    op.create_table(
        "bulk_change_event",
        *own(
            sa.Column("bulk_change_id", sa.Uuid(), nullable=False),
            sa.Column("asset_id", sa.Uuid(), nullable=False),
            sa.Column("event_id", sa.Uuid(), nullable=False),
            sa.Column("sequence", sa.Integer(), nullable=False),
            sa.Column("undone", sa.Boolean(), nullable=False),
            to("bulk_change", "bulk_change_id"),
            to("asset", "asset_id"),
            key=("bulk_change_id", "asset_id"),
        ),
    )
    lock(NEW_TABLES, append_only=APPEND_ONLY)


def downgrade() -> None:
    """Take it back."""
    unlock(append_only=APPEND_ONLY)
    for table in reversed(NEW_TABLES):
        op.drop_table(table)
