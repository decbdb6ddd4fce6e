"""The database: one transaction per request or command, each bound to one tenant, on SQLite and PostgreSQL alike."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, Self, cast

from sqlalchemy import ClauseElement, Connection, Engine, Executable, create_engine, event, text
from sqlalchemy.engine import make_url
from sqlalchemy.orm import Mapper, ORMExecuteState, SessionTransaction, UOWTransaction, with_loader_criteria
from sqlalchemy.sql.visitors import iterate
from sqlmodel import Session, select

import billing.bill_run_tables
import billing.collection_tables
import billing.contract_life_tables
import billing.document_tables
import billing.end_report_tables
import billing.journal_tables
import billing.late_use_tables
import billing.tables
import lifecycle.alert_tables
import lifecycle.bulk_tables
import lifecycle.checklist_tables
import lifecycle.due_tables
import lifecycle.field_tables
import lifecycle.opinion_tables
import lifecycle.route_tables
import lifecycle.valuation_tables
import lifecycle.wear_tables
import lifecycle.work_order_tables
import pas.calendar_tables
import pas.message_tables
import pas.view_tables
import telemetry.alarm_tables
import telemetry.sparkplug_tables
from pas.tables import ApiKeyRecord, DeviceRecord, PersonRecord, SessionRecord
from pas.turns import Turns
from telemetry.refusal import Refusal
from telemetry.tables import TenantOwned, TenantRecord

DOOR_TABLES = (PersonRecord, SessionRecord, ApiKeyRecord, DeviceRecord)
"""What may be read before it is known for which tenant somebody comes: just enough to find out."""

_PATIENCE = 30.0
"""Seconds that a writer on SQLite waits for its turn."""
_TURN = "turn"
APP_ROLE = "pas_app"
"""PostgreSQL role of every transaction: owns nothing and cannot bypass row-level security."""

_ = (
    pas.calendar_tables,
    pas.view_tables,
    lifecycle.bulk_tables,
    lifecycle.due_tables,
    lifecycle.route_tables,
    lifecycle.work_order_tables,
    billing.bill_run_tables,
    billing.collection_tables,
    billing.contract_life_tables,
    billing.document_tables,
    billing.end_report_tables,
    billing.journal_tables,
    billing.late_use_tables,
    billing.tables,
    lifecycle.alert_tables,
    pas.message_tables,
    lifecycle.checklist_tables,
    lifecycle.opinion_tables,
    lifecycle.valuation_tables,
    lifecycle.wear_tables,
    telemetry.alarm_tables,
    telemetry.sparkplug_tables,
)


class CrossTenant(RuntimeError):
    """A programming error: a session used beyond its tenant or its purpose. Never shown to anybody."""


class UnknownTenant(Refusal):
    """No tenant of that name, or none named where there are several."""


class Database:
    """One engine and the three ways to a session: reading, writing, and at the door (no tenant yet)."""

    def __init__(
        self, url: str, *, archive: Path | None = None, photos: Path | None = None, peppol: Path | None = None
    ) -> None:
        """Open lazily; a SQLite file's folder is made.

        `archive` is the folder of the readings of cold months, `photos` that of photos, `peppol` that of the rules by
        which e-invoices are judged.
        """
        self.url = url
        self.archive = archive
        self.photos = photos
        self.peppol = peppol
        self.turns = Turns(patience=_PATIENCE)
        self.engine = _engine(url, self.turns)

    def __enter__(self) -> Self:
        """Use it as a block, and its connections are closed behind it."""
        return self

    def __exit__(self, *_exception: object) -> None:
        """Close every connection."""
        self.engine.dispose()

    @property
    def is_sqlite(self) -> bool:
        """Tell the embedded database from the server."""
        return self.engine.dialect.name == "sqlite"

    @contextmanager
    def reading(self, tenant_id: int) -> Iterator[Session]:
        """Give a session that only reads; nothing it does is kept."""
        with Session(self._reader(), info=self._bound(tenant_id) | {"reads_only": True}) as session:
            yield session

    @contextmanager
    def writing(self, tenant_id: int) -> Iterator[Session]:
        """Give a session whose work is committed when the block ends well, and undone when it does not."""
        with Session(self._writer(), info=self._bound(tenant_id), expire_on_commit=False) as session:
            yield session
            session.commit()

    @contextmanager
    def at_the_door(self) -> Iterator[Session]:
        """Give a writing session without a tenant that can see people, logins, keys and devices only."""
        with Session(self._writer(), info={"tenant_id": None}, expire_on_commit=False) as session:
            yield session
            session.commit()

    @contextmanager
    def looking_in(self) -> Iterator[Session]:
        """Give a session without a tenant that only reads people, logins, keys and devices, and waits for no writer."""
        with Session(self.engine, info={"tenant_id": None, "reads_only": True}) as session:
            yield session

    def tenant_id(self, slug: str | None) -> int:
        """Find a tenant by slug; without one, the only tenant there is.

        Raises UnknownTenant.
        """
        with self.looking_in() as session:
            tenants = {tenant.slug: tenant.id for tenant in session.exec(select(TenantRecord))}
        if slug is None and len(tenants) == 1:
            return next(iter(tenants.values())) or 0
        if slug not in tenants:
            known = (
                "several tenants live here; name one with --tenant or PAS_TENANT" if slug is None else "no such tenant"
            )
            sentence = f"{known}: {', '.join(sorted(tenants)) or 'there is none yet, run `pas tenant found`'}"
            raise UnknownTenant(sentence, field="tenant")
        return tenants[slug] or 0

    def _bound(self, tenant_id: int) -> dict[str, Any]:
        return {
            "tenant_id": tenant_id,
            "archive": self.archive,
            "photos": self.photos,
            "peppol": self.peppol,
        }

    def _reader(self) -> Engine:
        """Show a reading session one moment, whatever is committed meanwhile; SQLite does so anyway."""
        return self.engine if self.is_sqlite else self.engine.execution_options(isolation_level="REPEATABLE READ")

    def _writer(self) -> Engine:
        return self.engine.execution_options(pas_writes=True)


def _engine(url: str, turns: Turns) -> Engine:
    """Make the engine; what is asked of it never stands in an error's text, for that may be logged."""
    if make_url(url).get_backend_name() != "sqlite":
        return create_engine(url, pool_size=20, max_overflow=20, pool_pre_ping=True, hide_parameters=True)
    file = make_url(url).database
    if file and file != ":memory:":
        Path(file).parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(
        url,
        connect_args={"timeout": _PATIENCE, "check_same_thread": False},
        pool_size=20,
        max_overflow=20,
        hide_parameters=True,
    )
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", partial(_begin_sqlite, turns))
    event.listen(engine, "checkin", partial(_end_sqlite, turns))
    return engine


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in (
        "journal_mode=WAL",
        "busy_timeout=30000",
        "foreign_keys=ON",
        "synchronous=FULL",
        "cache_size=-64000",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(turns: Turns, connection: Connection) -> None:
    """Writers take the lock when they begin, in turn: a reader that turns writer would fail instead of waiting."""
    writes = connection.get_execution_options().get("pas_writes", False)
    if writes:
        connection.info[_TURN] = turns.take()
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _end_sqlite(turns: Turns, connection: Any, record: Any) -> None:
    """End a transaction whose commit failed, as on a full disk, and the turn: both would keep every writer waiting."""
    if connection is not None and connection.in_transaction:
        connection.rollback()
    if record.info.pop(_TURN, False):
        turns.give()


def move_in(session: Session, tenant_id: int) -> None:
    """Bind a session from the door to the tenant that it just founded, in the same transaction."""
    session.flush()
    session.info["tenant_id"] = tenant_id
    _tell_postgresql(session, session.connection())


@event.listens_for(Session, "after_begin")
def _bind_to_tenant(session: Session, _transaction: SessionTransaction, connection: Connection) -> None:
    _tell_postgresql(session, connection)


def _tell_postgresql(session: Session, connection: Connection) -> None:
    """Say for whom this transaction works; without a tenant PostgreSQL's row-level security shows no rows."""
    if connection.dialect.name != "postgresql" or "tenant_id" not in session.info:
        return
    tenant_id = session.info["tenant_id"]
    connection.exec_driver_sql(f"SET LOCAL ROLE {APP_ROLE}")
    connection.execute(
        text("SELECT set_config('app.tenant', :tenant, true), set_config('app.door', :door, true)"),
        {"tenant": "" if tenant_id is None else str(tenant_id), "door": "on" if tenant_id is None else "off"},
    )


@event.listens_for(Session, "do_orm_execute")
def _only_own_rows(state: ORMExecuteState) -> None:
    """Narrow every ORM statement to the tenant's own rows, whoever wrote the statement."""
    if "tenant_id" not in state.session.info:
        return
    tenant_id = state.session.info["tenant_id"]
    for mapper in state.all_mappers or _named_within(state.statement):
        table = mapper.class_
        if not issubclass(table, TenantOwned):
            continue
        if tenant_id is not None:
            own = with_loader_criteria(table, table.tenant_id == tenant_id, include_aliases=True)
            state.statement = state.statement.options(own)
        elif not issubclass(table, DOOR_TABLES):
            msg = f"{table.__name__} cannot be read before the tenant is known"
            raise CrossTenant(msg)


def _named_within(statement: Executable) -> list[Mapper[Any]]:
    """Find the tables of a statement that gives no row of theirs, such as one that only counts."""
    found = (
        getattr(part, "_annotations", {}).get("parentmapper") for part in iterate(cast("ClauseElement", statement))
    )
    return list({mapper for mapper in found if mapper is not None})


@event.listens_for(Session, "before_flush")
def _write_only_own_rows(session: Session, _context: UOWTransaction, _objects: Any) -> None:
    if "tenant_id" not in session.info:
        return
    if session.info.get("reads_only"):
        msg = "a reading session was asked to write"
        raise CrossTenant(msg)
    for record in (*session.new, *session.dirty, *session.deleted):
        stranger = isinstance(record, TenantOwned) and record.tenant_id != session.info["tenant_id"]
        if stranger and not (session.info["tenant_id"] is None and isinstance(record, DOOR_TABLES)):
            msg = f"{type(record).__name__} of tenant {record.tenant_id} in a session of another"
            raise CrossTenant(msg)
