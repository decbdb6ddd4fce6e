"""The application: routes, one form for every error, and the headers that keep browsers safe."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import Depends, FastAPI
from starlette.concurrency import run_in_threadpool

from pas.access import nobody_undeclared
from pas.api import ROUTERS
from pas.careful import careful
from pas.db import Database
from pas.description import described
from pas.errors import answer_errors
from pas.headers import BodyLimit, SafeHeaders
from pas.intake import Intake
from pas.known_callers import KnownCallers
from pas.live import Live
from pas.rate_limit import RateLimit
from pas.settings import settings
from pas.web import add_pages


def create_app(database: Database) -> FastAPI:
    """Build the application over a database whose schema is in place."""
    app = FastAPI(
        title="pas",
        version="0.1.0",
        docs_url=None,
        redoc_url=None,
        openapi_url="/api/v1/openapi.json",
        lifespan=_storing_the_rest,
    )
    app.state.database = database
    app.state.intake = Intake(database)
    app.state.known_callers = KnownCallers()
    app.state.live = Live(database)
    app.state.requests = RateLimit(settings().requests_per_minute)
    app.state.logins = RateLimit(settings().logins_per_minute)
    app.state.reports = RateLimit(settings().reports_per_minute)
    answer_errors(app)
    app.add_middleware(BodyLimit, most=settings().max_upload_bytes)
    app.add_middleware(SafeHeaders, https=settings().public_url.startswith("https://"))
    for router in ROUTERS:
        app.include_router(careful(router), prefix="/api/v1", dependencies=[Depends(nobody_undeclared)])
    add_pages(app)
    app.__dict__["openapi"] = lambda: _description(app)
    return app


@asynccontextmanager
async def _storing_the_rest(app: FastAPI) -> AsyncIterator[None]:
    """Store the readings that still wait when the service is stopped."""
    yield
    await run_in_threadpool(app.state.intake.close)


def _description(app: FastAPI) -> dict[str, object]:
    if app.openapi_schema is None:
        app.openapi_schema = described(app)
    return app.openapi_schema
