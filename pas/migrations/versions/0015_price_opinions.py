"""Offers, quotes and grades: what somebody says that a thing is worth; and when was learned from sales unasked."""

import sqlalchemy as sa
from alembic import op

from pas.migrations.tables_of_tenants import lock, own, to, unlock
from telemetry.columns import ExactDecimal, UtcDateTime

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

NEW_TABLES: tuple[str, ...] = ("price_opinion", "value_learning")
"""In the order in which they are made."""
APPEND_ONLY: tuple[str, ...] = ("price_opinion",)
"""Of the new ones: what must never change."""


def upgrade() -> None:
    """Add the tables and columns, and set the locks on the new tables."""
    op.create_table(
        "price_opinion",
        *own(
            sa.Column("opinion_id", sa.String(80), nullable=False),
            sa.Column("kind", sa.String(40), nullable=False),
            sa.Column("given_by", sa.String(120), nullable=False),
            sa.Column("given_on", sa.Date(), nullable=False),
            sa.Column("age_years", sa.Float(), nullable=True),
            sa.Column("condition_grade", sa.Float(), nullable=True),
            sa.Column("price", ExactDecimal(), nullable=True),
            sa.Column("currency", sa.String(3), nullable=True),
            sa.Column("spread", sa.Float(), nullable=True),
            sa.Column("id", sa.Uuid(), nullable=False),
            sa.Column("source", sa.String(80), nullable=False),
            sa.Column("product_id", sa.Uuid(), nullable=False),
            sa.Column("asset_id", sa.Uuid(), nullable=True),
            sa.Column("recorded_at", UtcDateTime(), nullable=False),
            sa.Column("noise", sa.Float(), nullable=False),
            sa.Column("leaning", sa.Float(), nullable=False),
            to("product", "product_id"),
            to("asset", "asset_id"),
            key=("id",),
        ),
    )
    names = ["tenant_id", "source", "opinion_id", "recorded_at"]
    op.create_index("price_opinion_once", "price_opinion", names, unique=True)
    op.create_index("price_opinion_of_product", "price_opinion", ["tenant_id", "product_id", "recorded_at"])
    op.create_table(
        "value_learning",
        *own(
            sa.Column("id", sa.Uuid(), nullable=False),
            sa.Column("trade", sa.String(60), nullable=False),
            sa.Column("currency", sa.String(3), nullable=False),
            sa.Column("sales", sa.Integer(), nullable=False),
            sa.Column("attempt", sa.Integer(), nullable=False),
            sa.Column("began_at", UtcDateTime(), nullable=False),
            sa.Column("ended_at", UtcDateTime(), nullable=True),
            sa.Column("outcome", sa.String(20), nullable=False),
            sa.Column("products", sa.Integer(), nullable=False),
            sa.Column("seconds", sa.Float(), nullable=False),
            key=("id",),
        ),
    )
    op.create_index(
        "value_learning_once", "value_learning", ["tenant_id", "trade", "currency", "sales", "attempt"], unique=True
    )
    lock(NEW_TABLES, append_only=APPEND_ONLY)


def downgrade() -> None:
    """Take it back."""
    unlock(append_only=APPEND_ONLY)
    op.drop_table("value_learning")
    op.drop_table("price_opinion")
