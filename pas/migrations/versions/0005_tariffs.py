"""What a contract charges: tariffs, tiers, terms by policy, and lines that belong to no single thing."""

import sqlalchemy as sa
from alembic import op

import telemetry.columns
from pas.migrations.tables_of_tenants import lock, own, to, unlock

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

NEW_TABLES: tuple[str, ...] = ("late_use_refused",)
"""In the order in which they are made."""
APPEND_ONLY: tuple[str, ...] = ("late_use_refused",)
"""Of the new ones: what must never change."""
ONCE = "invoice_line_once"
OF_LINE = "invoice_line_of_contract_line"


CHARGING = {"fee_timing": "arrears", "zero_use": "free", "negative_month": "carry_over"}
"""How contracts charge, and how those so far did."""


def upgrade() -> None:
    """Add the tables and columns, and set the locks on the new tables."""
    _bill_more_than_things()
    _charge_by_tariff()
    _list_refused_use()
    lock(NEW_TABLES, append_only=APPEND_ONLY)


def downgrade() -> None:
    """Take it back."""
    unlock(append_only=APPEND_ONLY)
    op.drop_table("late_use_refused")
    for column in (*CHARGING, "every_months", "anchor_on", "late_months", "minimum", "maximum"):
        op.drop_column("contract", column)
    op.drop_column("contract_line", "tariff")
    _bill_things_alone()


def _bill_more_than_things() -> None:
    """Let an invoice line be of a charge or of the contract itself; all so far are of a contract line."""
    _let_go()
    op.add_column("invoice_line", sa.Column("billed_of", sa.Uuid(), nullable=True))
    _fill("billed_of", "contract_line_id")
    with op.batch_alter_table("invoice_line") as table:
        table.alter_column("billed_of", existing_type=sa.Uuid(), nullable=False)
        table.alter_column("contract_line_id", existing_type=sa.Uuid(), nullable=True)
        table.alter_column("asset_id", existing_type=sa.Uuid(), nullable=True)
        table.drop_index(ONCE)
        table.create_index(ONCE, ["tenant_id", "billed_of", "component", "period_start", "revision"], unique=True)
        table.create_index(OF_LINE, ["tenant_id", "contract_line_id"])
    _hold()


def _bill_things_alone() -> None:
    """Take it back; lines of a charge or a contract would have no place, and there must be none."""
    _let_go()
    with op.batch_alter_table("invoice_line") as table:
        table.drop_index(OF_LINE)
        table.drop_index(ONCE)
        table.alter_column("asset_id", existing_type=sa.Uuid(), nullable=False)
        table.alter_column("contract_line_id", existing_type=sa.Uuid(), nullable=False)
        columns = ["tenant_id", "contract_line_id", "component", "period_start", "revision"]
        table.create_index(ONCE, columns, unique=True)
        table.drop_column("billed_of")
    _hold()


def _charge_by_tariff() -> None:
    """Say of each contract how it charges where it could be done otherwise; of each line what it charges beyond a fee."""
    for column, so_far in CHARGING.items():
        op.add_column("contract", sa.Column(column, sa.String(40), nullable=False, server_default=so_far))
    for column, months in (("every_months", "1"), ("late_months", "3")):
        op.add_column("contract", sa.Column(column, sa.Integer(), nullable=False, server_default=months))
    op.add_column("contract", sa.Column("anchor_on", sa.Date(), nullable=True))
    for column in ("minimum", "maximum"):
        op.add_column("contract", sa.Column(column, telemetry.columns.ExactDecimal(), nullable=True))
    op.add_column("contract_line", sa.Column("tariff", telemetry.columns.Json, nullable=False, server_default="{}"))


def _list_refused_use() -> None:
    """List what came too late to be billed."""
    exact = telemetry.columns.ExactDecimal()
    op.create_table(
        "late_use_refused",
        *own(
            sa.Column("id", sa.Uuid(), nullable=False),
            sa.Column("contract_id", sa.Uuid(), nullable=False),
            sa.Column("contract_line_id", sa.Uuid(), nullable=False),
            sa.Column("period_start", sa.Date(), nullable=False),
            sa.Column("period_end", sa.Date(), nullable=False),
            sa.Column("revision", sa.Integer(), nullable=False),
            sa.Column("meter", sa.String(60), nullable=False),
            sa.Column("unit", sa.String(60), nullable=False),
            *(sa.Column(name, exact, nullable=False) for name in ("billed_use", "use_now", "refused_use", "refused_net")),
            sa.Column("late_months", sa.Integer(), nullable=False),
            sa.Column("found_at", telemetry.columns.UtcDateTime(), nullable=False),
            key=("id",),
        ),
        to("contract", "contract_id"),
        to("contract_line", "contract_line_id"),
    )
    once = ["tenant_id", "contract_line_id", "period_start", "revision"]
    op.create_index("late_use_refused_once", "late_use_refused", once, unique=True)
    op.create_index("late_use_refused_by_time", "late_use_refused", ["tenant_id", "found_at", "id"])


def _fill(column: str, other: str) -> None:
    """Copy a column in every row, of whatever tenant: PostgreSQL by a rewrite, which its locks do not see."""
    if _on_sqlite():
        op.execute(f"UPDATE invoice_line SET {column} = {other}")
    else:
        op.execute(f"ALTER TABLE invoice_line ALTER COLUMN {column} TYPE uuid USING {other}")


def _let_go() -> None:
    """SQLite makes the table anew, and its triggers go with the old one."""
    if _on_sqlite():
        for verb in ("update", "delete"):
            op.execute(f"DROP TRIGGER invoice_line_no_{verb}")


def _hold() -> None:
    if _on_sqlite():
        lock((), append_only=("invoice_line",))


def _on_sqlite() -> bool:
    return str(op.get_bind().dialect.name) == "sqlite"
