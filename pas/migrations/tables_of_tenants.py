"""What every migration from 0005 on says of its new tables: the tenant leads the key, and two locks are set."""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from alembic import op

OWN = "tenant_id = nullif(current_setting('app.tenant', true), '')::int"


def own(*columns: sa.Column[Any], key: tuple[str, ...]) -> tuple[Any, ...]:
    """Give the columns of a table of a tenant's, with its key, which the tenant leads."""
    return (
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        *columns,
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"]),
        sa.PrimaryKeyConstraint("tenant_id", *key),
    )


def to(table: str, column: str) -> sa.ForeignKeyConstraint:
    """Point a column at the rows of another table of the same tenant."""
    return sa.ForeignKeyConstraint(["tenant_id", column], [f"{table}.tenant_id", f"{table}.id"])


def lock(tables: Sequence[str], *, append_only: Sequence[str] = ()) -> None:
    """Let each tenant see its own rows alone (PostgreSQL), and refuse changes where nothing may change (both)."""
    for table in tables:
        _lock_rows(table)
    for table in append_only:
        _refuse_changes(table)


def unlock(*, append_only: Sequence[str]) -> None:
    """Take the triggers off; policies go with their tables."""
    for table in append_only:
        if _on_sqlite():
            for verb in ("update", "delete"):
                op.execute(f"DROP TRIGGER {table}_no_{verb}")
        else:
            op.execute(f"DROP TRIGGER {table}_append_only ON {table}")


def _lock_rows(table: str) -> None:
    if _on_sqlite():
        return
    op.execute(f'GRANT SELECT, INSERT, UPDATE, DELETE ON "{table}" TO pas_app')
    op.execute(f'ALTER TABLE "{table}" ENABLE ROW LEVEL SECURITY')
    op.execute(f'ALTER TABLE "{table}" FORCE ROW LEVEL SECURITY')
    op.execute(f'CREATE POLICY own_rows ON "{table}" USING ({OWN})')


def _refuse_changes(table: str) -> None:
    if _on_sqlite():
        for verb in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
            )
        return
    op.execute(f"REVOKE UPDATE, DELETE ON {table} FROM pas_app")
    op.execute(
        f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table} "
        "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
    )


def _on_sqlite() -> bool:
    return str(op.get_bind().dialect.name) == "sqlite"
