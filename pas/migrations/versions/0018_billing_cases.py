"""What the cases of billing still lacked."""

import sqlalchemy as sa
from alembic import op

from pas.migrations.tables_of_tenants import lock, unlock

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

NEW_TABLES: tuple[str, ...] = ()
"""In the order in which they are made."""
APPEND_ONLY: tuple[str, ...] = ()
"""Of the new ones: what must never change."""


def upgrade() -> None:
    """Add the tables and columns, and set the locks on the new tables."""
    op.add_column("contract", sa.Column("every_weeks", sa.Integer(), nullable=True))
    lock(NEW_TABLES, append_only=APPEND_ONLY)


def downgrade() -> None:
    """Take it back."""
    unlock(append_only=APPEND_ONLY)
    op.drop_column("contract", "every_weeks")
