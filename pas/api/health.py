"""Say whether the service can work: for load balancers, without login, telling nothing else."""

from typing import Annotated, Literal

from fastapi import APIRouter, Depends
from pydantic import BaseModel
from sqlalchemy.exc import SQLAlchemyError

from pas.access import database, may
from pas.db import Database
from pas.schema import head, revision_of
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
            revision = revision_of(connection)
    except SQLAlchemyError as error:
        raise NotReady("the database cannot be reached", retry_after=5) from error
    if revision != head():
        raise NotReady("the schema is not of this version; run `pas db upgrade`", retry_after=60)
    return Health()
