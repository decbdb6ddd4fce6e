"""Which component shows how a part fares, and how long it takes to take the part out."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add both columns; of the parts that are there neither is known."""
    op.add_column("part", sa.Column("component", sa.String(length=60), nullable=False, server_default=""))
    op.add_column("part", sa.Column("removal_minutes", sa.Float(), nullable=True))


def downgrade() -> None:
    """Take them back."""
    op.drop_column("part", "removal_minutes")
    op.drop_column("part", "component")
