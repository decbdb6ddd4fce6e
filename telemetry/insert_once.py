"""Insert a row unless it is there: of several who try at once, one is told that the row is new."""

from typing import Any

from sqlalchemy import literal
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session, SQLModel


def insert_once(session: Session, table: type[SQLModel], row: dict[str, Any]) -> bool:
    """Tell whether the row is new; one that breaks any uniqueness of the table is left as it stands.

    Asks for what was inserted: the count of rows that PostgreSQL's driver gives for such an insert says nothing.
    """
    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    statement = dialect.insert(table).values(row).on_conflict_do_nothing().returning(literal(1))
    return session.execute(statement).first() is not None
