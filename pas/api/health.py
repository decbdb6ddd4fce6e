"""Say whether the service can work: for load balancers, without login, telling nothing else."""

from functools import cache
from typing import Annotated, Literal

from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from fastapi import APIRouter, Depends
from pydantic import BaseModel
from sqlalchemy.exc import SQLAlchemyError

from pas.access import database, may
from pas.db import Database
from telemetry.refusal import Refusal

router = APIRouter(tags=["health"])


class NotReady(Refusal):
    """The database cannot be reached, or its schema is not of this version."""


class Health(BaseModel):
    """The service can work."""

    status: Literal["ok"] = "ok"


@router.get("/health")
@may()
def health(db: Annotated[Database, Depends(database)]) -> Health:
    """Answer 200 when the database is reachable and its schema is of this version, else 503."""
    try:
        with db.engine.connect() as connection:
            revision = MigrationContext.configure(connection).get_current_revision()
    except SQLAlchemyError as error:
        raise NotReady("the database cannot be reached", retry_after=5) from error
    if revision != _newest(db.url):
        raise NotReady("the schema is not of this version; run `pas db upgrade`", retry_after=60)
    return Health()


@cache
def _newest(url: str) -> str | None:
    from pas.commands.database import migrations  # noqa: PLC0415 - it imports the whole of Alembic

    return ScriptDirectory.from_config(migrations(url)).get_current_head()
