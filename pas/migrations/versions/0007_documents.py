"""What an invoice is as a document: credit notes, files by hash, verdicts."""

import sqlalchemy as sa
from alembic import op

from pas.migrations.tables_of_tenants import lock, own, to, unlock

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

NEW_TABLES: tuple[str, ...] = ("issued_document", "credit_note")
"""In the order in which they are made."""
APPEND_ONLY: tuple[str, ...] = NEW_TABLES
"""Of the new ones: what must never change."""

_WHY = ("wrong_reading", "wrong_terms", "not_delivered", "goodwill", "wrong_buyer", "other")


def upgrade() -> None:
    """Add the tables and columns, and set the locks on the new tables."""
    op.add_column("invoice", _kind())
    op.add_column("number_series", sa.Column("head", sa.String(64), nullable=False, server_default=""))
    op.create_table(
        "issued_document",
        *own(
            sa.Column("invoice_id", sa.Uuid(), nullable=False),
            sa.Column("xml", sa.LargeBinary(), nullable=False),
            sa.Column("xml_sha256", sa.String(64), nullable=False),
            sa.Column("pdf_sha256", sa.String(64), nullable=False),
            sa.Column("pdf_bytes", sa.Integer(), nullable=False),
            sa.Column("made_by", sa.String(120), nullable=False),
            sa.Column("chain", sa.String(64), nullable=False),
            sa.Column("rule_sets", sa.JSON(), nullable=False),
            sa.Column("findings", sa.JSON(), nullable=False),
            sa.Column("judged_at", sa.DateTime(timezone=True), nullable=False),
            key=("invoice_id",),
        ),
        to("invoice", "invoice_id"),
    )
    op.create_table(
        "credit_note",
        *own(
            sa.Column("invoice_id", sa.Uuid(), nullable=False),
            sa.Column("credits_id", sa.Uuid(), nullable=False),
            sa.Column("why", sa.Enum(*_WHY, name="why", native_enum=False, length=40), nullable=False),
            sa.Column("note", sa.String(500), nullable=False),
            sa.Column("given_by", sa.String(200), nullable=False),
            key=("invoice_id",),
        ),
        to("invoice", "invoice_id"),
        to("invoice", "credits_id"),
    )
    op.create_index("credit_note_of_invoice", "credit_note", ["tenant_id", "credits_id"])
    lock(NEW_TABLES, append_only=APPEND_ONLY)


def _kind() -> sa.Column[str]:
    """Tell credit notes from invoices; all so far are invoices."""
    kinds = sa.Enum("invoice", "credit_note", name="kind", native_enum=False, length=40)
    return sa.Column("kind", kinds, nullable=False, server_default="invoice")


def downgrade() -> None:
    """Take it back."""
    unlock(append_only=APPEND_ONLY)
    op.drop_index("credit_note_of_invoice", table_name="credit_note")
    op.drop_table("credit_note")
    op.drop_table("issued_document")
    op.drop_column("number_series", "head")
    op.drop_column("invoice", "kind")
