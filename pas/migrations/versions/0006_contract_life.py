"""What happens to a contract: amendments, index figures, credits and charges."""

import sqlalchemy as sa
from alembic import op

import telemetry.columns
from pas.migrations.tables_of_tenants import lock, own, to, unlock

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

NEW_TABLES: tuple[str, ...] = (
    "contract_amendment",
    "contract_clause",
    "contract_pool",
    "pool_member",
    "contract_charge",
    "price_index",
)
"""In the order in which they are made."""
APPEND_ONLY: tuple[str, ...] = ("contract_amendment", "contract_clause", "contract_charge", "price_index")
"""Of the new ones: what must never change."""

_TIME = telemetry.columns.UtcDateTime(timezone=True)
_MONEY = telemetry.columns.ExactDecimal()
_WORD = sa.String(length=40)


def upgrade() -> None:
    """Add the tables and columns, and set the locks on the new tables."""
    _amend()
    _pool()
    _charge()
    lock(NEW_TABLES, append_only=APPEND_ONLY)


def downgrade() -> None:
    """Take it back."""
    unlock(append_only=APPEND_ONLY)
    for table in reversed(NEW_TABLES):
        op.drop_table(table)


def _amend() -> None:
    op.create_table(
        "contract_amendment",
        *own(
            sa.Column("id", sa.Uuid(), nullable=False),
            sa.Column("contract_id", sa.Uuid(), nullable=False),
            sa.Column("version", sa.Integer(), nullable=False),
            sa.Column("kind", _WORD, nullable=False),
            sa.Column("from_day", sa.Date(), nullable=False),
            sa.Column("reaches_back", sa.Boolean(), nullable=False),
            sa.Column("ends_on", sa.Date(), nullable=True),
            sa.Column("asked", telemetry.columns.Json, nullable=False),
            sa.Column("changes", telemetry.columns.Json, nullable=False),
            sa.Column("recorded_at", _TIME, nullable=False),
            sa.Column("actor_kind", sa.String(length=20), nullable=False),
            sa.Column("actor", sa.String(length=200), nullable=False),
            key=("id",),
        ),
        to("contract", "contract_id"),
    )
    op.create_index(
        "contract_amendment_version", "contract_amendment", ["tenant_id", "contract_id", "version"], unique=True
    )
    op.create_index("contract_amendment_from", "contract_amendment", ["tenant_id", "from_day"])
    op.create_table(
        "contract_clause",
        *own(
            sa.Column("id", sa.Uuid(), nullable=False),
            sa.Column("contract_id", sa.Uuid(), nullable=False),
            sa.Column("kind", _WORD, nullable=False),
            sa.Column("from_day", sa.Date(), nullable=False),
            sa.Column("version", sa.Integer(), nullable=False),
            sa.Column("terms", telemetry.columns.Json, nullable=False),
            key=("id",),
        ),
        to("contract", "contract_id"),
    )
    op.create_index(
        "contract_clause_in_force", "contract_clause", ["tenant_id", "contract_id", "kind", "from_day"]
    )


def _pool() -> None:
    op.create_table(
        "contract_pool",
        *own(
            sa.Column("code", sa.String(length=60), nullable=False),
            sa.Column("product_id", sa.Uuid(), nullable=False),
            sa.Column("count", sa.Integer(), nullable=False),
            sa.Column("counting", _WORD, nullable=False),
            sa.Column("monthly_fee", _MONEY, nullable=False),
            sa.Column("starts_on", sa.Date(), nullable=False),
            sa.Column("ends_on", sa.Date(), nullable=True),
            sa.Column("id", sa.Uuid(), nullable=False),
            sa.Column("contract_id", sa.Uuid(), nullable=False),
            key=("id",),
        ),
        to("contract", "contract_id"),
        to("product", "product_id"),
    )
    op.create_index(
        "contract_pool_once", "contract_pool", ["tenant_id", "contract_id", "code", "starts_on"], unique=True
    )
    op.create_table(
        "pool_member",
        *own(
            sa.Column("contract_line_id", sa.Uuid(), nullable=False),
            sa.Column("contract_id", sa.Uuid(), nullable=False),
            sa.Column("pool", sa.String(length=60), nullable=False),
            key=("contract_line_id",),
        ),
        to("contract_line", "contract_line_id"),
        to("contract", "contract_id"),
    )
    op.create_index("pool_member_of_contract", "pool_member", ["tenant_id", "contract_id", "pool"])


def _charge() -> None:
    op.create_table(
        "contract_charge",
        *own(
            sa.Column("kind", _WORD, nullable=False),
            sa.Column("on_day", sa.Date(), nullable=False),
            sa.Column("asset_id", sa.Uuid(), nullable=True),
            sa.Column("name", sa.String(length=200), nullable=False),
            sa.Column("quantity", _MONEY, nullable=False),
            sa.Column("unit", sa.String(length=3), nullable=False),
            sa.Column("unit_price", _MONEY, nullable=False),
            sa.Column("vat_category", _WORD, nullable=True),
            sa.Column("vat_rate", _MONEY, nullable=True),
            sa.Column("work_order_id", sa.Uuid(), nullable=True),
            sa.Column("inspection_id", sa.Uuid(), nullable=True),
            sa.Column("reasons", telemetry.columns.Json, nullable=False),
            sa.Column("id", sa.Uuid(), nullable=False),
            sa.Column("contract_id", sa.Uuid(), nullable=False),
            sa.Column("made_at", _TIME, nullable=False),
            sa.Column("actor_kind", sa.String(length=20), nullable=False),
            sa.Column("actor", sa.String(length=200), nullable=False),
            key=("id",),
        ),
        to("contract", "contract_id"),
        to("asset", "asset_id"),
        to("work_order", "work_order_id"),
        to("inspection", "inspection_id"),
    )
    op.create_index("contract_charge_of_contract", "contract_charge", ["tenant_id", "contract_id", "on_day"])
    op.create_index("contract_charge_by_day", "contract_charge", ["tenant_id", "on_day"])
    op.create_table(
        "price_index",
        *own(
            sa.Column("source", sa.String(length=60), nullable=False),
            sa.Column("month", sa.String(length=7), nullable=False),
            sa.Column("published_on", sa.Date(), nullable=False),
            sa.Column("value", _MONEY, nullable=False),
            key=("source", "month", "published_on"),
        ),
    )
