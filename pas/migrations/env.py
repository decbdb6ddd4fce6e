"""How Alembic reaches the database: as its owner, in one transaction, with batches where SQLite needs them."""

from alembic import context
from sqlmodel import SQLModel

import billing.tables
import pas.tables
from pas.db import Database

_ = billing.tables, pas.tables

with (
    Database(context.config.attributes["url"]) as database,
    database.engine.execution_options(pas_writes=True).begin() as connection,
):
    context.configure(
        connection=connection, target_metadata=SQLModel.metadata, render_as_batch=True, compare_type=False
    )
    context.run_migrations()
