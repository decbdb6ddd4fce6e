"""The schema of the database: which one it has, which one this version wants, and the way from one to the other."""

from functools import cache

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from pas.db import Database
from pas.migrations import SCRIPTS
from telemetry.refusal import Refusal


class SchemaDiffers(Refusal):
    """The database has the schema of another version of pas."""


def migrations(url: str) -> Config:
    """Give Alembic's configuration for a database."""
    config = Config()
    config.set_main_option("script_location", str(SCRIPTS))
    config.attributes["url"] = url
    return config


@cache
def head() -> str:
    """Give the revision that this version of pas wants."""
    return ScriptDirectory(str(SCRIPTS)).get_current_head() or ""


def revision_of(connection: Connection) -> str:
    """Give the schema's revision, empty where there is no schema."""
    if not connection.dialect.has_table(connection, "alembic_version"):
        return ""
    return str(connection.execute(text("SELECT version_num FROM alembic_version")).scalar() or "")


def upgrade(database: Database) -> tuple[str, str]:
    """Bring the schema to this version, data stays; give the revisions before and after."""
    with database.engine.connect() as connection:
        before = revision_of(connection)
    command.upgrade(migrations(database.url), "head")
    return before, head()


def ensure(database: Database) -> None:
    """Give an embedded database that is still empty its schema; any other is upgraded on purpose only.

    Raises SchemaDiffers.
    """
    with database.engine.connect() as connection:
        revision = revision_of(connection)
    if not revision and database.is_sqlite:
        command.upgrade(migrations(database.url), "head")
    elif revision != head():
        found = f"the database has schema {revision}" if revision else "the database has no schema yet"
        raise SchemaDiffers(f"{found}, this version of pas wants {head()}: run `pas db upgrade`", field="database")
