"""`pas db`: the schema."""

from pathlib import Path

import typer
from alembic import command
from alembic.config import Config
from sqlalchemy import inspect

from pas.db import Database
from pas.settings import settings
from pas.terminal import AsJson, print_json, refuses

app = typer.Typer(no_args_is_help=True, help="The database: its schema, its health, its backups.")


def migrations(url: str) -> Config:
    """Give Alembic's configuration for a database."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent.parent / "migrations"))
    config.attributes["url"] = url
    return config


def ensure_embedded(database: Database) -> None:
    """Give an embedded database that is still empty its schema; a server's schema is upgraded on purpose only."""
    if database.is_sqlite and not inspect(database.engine).has_table("tenant"):
        command.upgrade(migrations(database.url), "head")


@app.command()
@refuses
def upgrade(*, as_json: AsJson = False) -> None:
    """Bring the schema to this version; data stays."""
    command.upgrade(migrations(settings().url), "head")
    if as_json:
        print_json({"upgraded": True})
