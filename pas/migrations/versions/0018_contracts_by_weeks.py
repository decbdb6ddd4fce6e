"""Contracts that are billed by weeks rather than by months."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column; contracts that are there go by months."""
    op.add_column("contract", sa.Column("every_weeks", sa.Integer(), nullable=True))


def downgrade() -> None:
    """Take it back."""
    op.drop_column("contract", "every_weeks")
