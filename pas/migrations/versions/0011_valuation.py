"""What things are worth: what sales taught of each product."""

import sqlalchemy as sa
from alembic import op

from pas.migrations.tables_of_tenants import lock, own, to, unlock
from telemetry.columns import Json, UtcDateTime

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

NEW_TABLES: tuple[str, ...] = ("value_lesson",)
"""In the order in which they are made."""
APPEND_ONLY: tuple[str, ...] = ("value_lesson",)
"""Of the new ones: what must never change."""


def upgrade() -> None:
    """Add the tables and columns, and set the locks on the new tables."""
    op.create_table(
        "value_lesson",
        *own(
            sa.Column("id", sa.Uuid(), nullable=False),
            sa.Column("product_id", sa.Uuid(), nullable=False),
            sa.Column("learned_at", UtcDateTime(), nullable=False),
            sa.Column("engine", sa.String(40), nullable=False),
            sa.Column("sales", sa.Integer(), nullable=False),
            sa.Column("rule", sa.String(40), nullable=False),
            sa.Column("lesson", Json, nullable=False),
            sa.Column("fingerprint", sa.String(64), nullable=False),
            to("product", "product_id"),
            key=("id",),
        ),
    )
    op.create_index("value_lesson_of_product", "value_lesson", ["tenant_id", "product_id", "learned_at"])
    lock(NEW_TABLES, append_only=APPEND_ONLY)


def downgrade() -> None:
    """Take it back."""
    unlock(append_only=APPEND_ONLY)
    op.drop_table("value_lesson")
