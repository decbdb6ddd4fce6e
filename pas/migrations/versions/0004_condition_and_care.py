"""What is seen, concluded and done about a thing's condition: checklists, photos, work orders, alerts that are sent."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

NEW_TABLES: tuple[str, ...] = ()
"""In the order in which they are made. Get the second lock on PostgreSQL: each tenant sees its own rows."""
APPEND_ONLY: tuple[str, ...] = ()
"""Of the new ones: what must never change."""
OWN = "tenant_id = nullif(current_setting('app.tenant', true), '')::int"
INTERVALS = ("inspect_every_days", "inspect_every_use", "inspect_lead_days")


def upgrade() -> None:
    """Add the tables and columns, and set the second lock on the new tables."""
    _inspect_in_time()
    _lock()


def downgrade() -> None:
    """Take it back."""
    _unlock()
    for table in reversed(NEW_TABLES):
        op.drop_table(table)
    for name in INTERVALS:
        op.drop_column("product", name)


def _inspect_in_time() -> None:
    """Say of products how often they are inspected."""
    op.add_column("product", sa.Column("inspect_every_days", sa.Integer(), nullable=True))
    op.add_column("product", sa.Column("inspect_every_use", sa.Float(), nullable=True))
    op.add_column("product", sa.Column("inspect_lead_days", sa.Integer(), nullable=False, server_default="14"))


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
