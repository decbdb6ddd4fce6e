"""What the technician's device sent, and what a person must still decide."""

import sqlalchemy as sa
from alembic import op

from pas.migrations.tables_of_tenants import lock, own, to, unlock

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

NEW_TABLES: tuple[str, ...] = ("field_record", "field_decision", "field_photo")
"""In the order in which they are made."""
APPEND_ONLY: tuple[str, ...] = NEW_TABLES
"""Of the new ones: what must never change."""


def upgrade() -> None:
    """Add the tables and columns, and set the locks on the new tables."""
    utc, json = sa.DateTime(timezone=True), sa.JSON(none_as_null=True)
    op.create_table(
        "field_record",
        *own(
            sa.Column("id", sa.Uuid(), nullable=False),
            sa.Column("kind", sa.String(length=40), nullable=False),
            sa.Column("outcome", sa.String(length=40), nullable=False),
            sa.Column("tag", sa.String(length=300), nullable=False),
            sa.Column("asset_id", sa.Uuid(), nullable=True),
            sa.Column("captured_at", utc, nullable=False),
            sa.Column("device", sa.String(length=60), nullable=False),
            sa.Column("told", json, nullable=False),
            sa.Column("stood", json, nullable=False),
            sa.Column("flags", json, nullable=False),
            sa.Column("result_id", sa.Uuid(), nullable=True),
            sa.Column("received_at", utc, nullable=False),
            sa.Column("received_by", sa.String(length=400), nullable=False),
            to("asset", "asset_id"),
            key=("id",),
        ),
    )
    op.create_index("field_record_by_outcome", "field_record", ["tenant_id", "outcome", "received_at"])
    op.create_index("field_record_of_asset", "field_record", ["tenant_id", "asset_id", "received_at"])
    op.create_index("field_record_by_receipt", "field_record", ["tenant_id", "received_at", "id"])
    op.create_table(
        "field_decision",
        *own(
            sa.Column("record_id", sa.Uuid(), nullable=False),
            sa.Column("decision", sa.String(length=40), nullable=False),
            sa.Column("asset_id", sa.Uuid(), nullable=True),
            sa.Column("result_id", sa.Uuid(), nullable=True),
            sa.Column("why", sa.String(length=1000), nullable=False),
            sa.Column("decided_at", utc, nullable=False),
            sa.Column("decided_by", sa.String(length=400), nullable=False),
            to("field_record", "record_id"),
            to("asset", "asset_id"),
            key=("record_id",),
        ),
    )
    op.create_table(
        "field_photo",
        *own(
            sa.Column("id", sa.Uuid(), nullable=False),
            sa.Column("record_id", sa.Uuid(), nullable=False),
            sa.Column("sha256", sa.String(length=64), nullable=False),
            sa.Column("component", sa.String(length=60), nullable=False),
            sa.Column("caption", sa.String(length=500), nullable=False),
            sa.Column("added_at", utc, nullable=False),
            sa.Column("added_by", sa.String(length=400), nullable=False),
            to("field_record", "record_id"),
            sa.ForeignKeyConstraint(["tenant_id", "sha256"], ["photo.tenant_id", "photo.sha256"]),
            key=("id",),
        ),
    )
    index = ["tenant_id", "record_id", "component", "sha256"]
    op.create_index("field_photo_once", "field_photo", index, unique=True)
    lock(NEW_TABLES, append_only=APPEND_ONLY)


def downgrade() -> None:
    """Take it back."""
    unlock(append_only=APPEND_ONLY)
    for table in reversed(NEW_TABLES):
        op.drop_table(table)
