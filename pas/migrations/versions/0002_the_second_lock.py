"""The second lock: what must never change is refused by the database, and PostgreSQL shows each tenant its own rows."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

APPEND_ONLY = (
    "asset_event", "audit", "inspection", "condition", "route_decision",
    "invoice", "invoice_line", "bill_run", "bill_failure",
)
DOOR = ("person", "login_session", "api_key", "device")
OWN = "tenant_id = nullif(current_setting('app.tenant', true), '')::int"
AT_THE_DOOR = "current_setting('app.door', true) = 'on'"


def upgrade() -> None:
    """Set the triggers, and on PostgreSQL the role and the policies."""
    if op.get_bind().dialect.name == "sqlite":
        for table in APPEND_ONLY:
            for verb in ("UPDATE", "DELETE"):
                op.execute(
                    f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table} "
                    f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
                )
        return
    op.execute("""
        DO $$ BEGIN
            CREATE ROLE pas_app NOLOGIN NOBYPASSRLS;
        EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$
    """)
    op.execute("GRANT pas_app TO CURRENT_USER")
    op.execute("GRANT USAGE ON SCHEMA public TO pas_app")
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO pas_app")
    op.execute("GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO pas_app")
    op.execute("""
        CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME; END $$
    """)
    for table in APPEND_ONLY:
        op.execute(f"REVOKE UPDATE, DELETE ON {table} FROM pas_app")
        op.execute(
            f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
        )
    inspector = sa.inspect(op.get_bind())
    for table in inspector.get_table_names():
        if table in {"tenant", "alembic_version"}:
            continue
        rule = f"{OWN} OR {AT_THE_DOOR}" if table in DOOR else OWN
        op.execute(f'ALTER TABLE "{table}" ENABLE ROW LEVEL SECURITY')
        op.execute(f'ALTER TABLE "{table}" FORCE ROW LEVEL SECURITY')
        op.execute(f'CREATE POLICY own_rows ON "{table}" USING ({rule})')


def downgrade() -> None:
    """Take the second lock off again."""
    if op.get_bind().dialect.name == "sqlite":
        for table in APPEND_ONLY:
            for verb in ("update", "delete"):
                op.execute(f"DROP TRIGGER {table}_no_{verb}")
        return
    inspector = sa.inspect(op.get_bind())
    for table in inspector.get_table_names():
        if table not in {"tenant", "alembic_version"}:
            op.execute(f'DROP POLICY own_rows ON "{table}"')
            op.execute(f'ALTER TABLE "{table}" NO FORCE ROW LEVEL SECURITY')
            op.execute(f'ALTER TABLE "{table}" DISABLE ROW LEVEL SECURITY')
    for table in APPEND_ONLY:
        op.execute(f"DROP TRIGGER {table}_append_only ON {table}")
    op.execute("DROP FUNCTION refuse_change()")
