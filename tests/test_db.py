"""The ground: tenants never see each other, writers wait for each other, and what is appended stays."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlmodel import func, select

from lifecycle.tables import SiteRecord
from pas.db import CrossTenant, Database
from tests.conftest import add_tenant


def _site(tenant_id: int) -> SiteRecord:
    return SiteRecord.model_validate({"tenant_id": tenant_id, "code": "BRU", "name": "Brussels"})


def test_a_tenant_sees_only_its_own_rows(database: Database) -> None:
    mine, other = add_tenant(database, "mine"), add_tenant(database, "other")
    for tenant in (mine, other):
        with database.writing(tenant) as session:
            session.add(_site(tenant))

    with database.reading(mine) as session:
        assert [site.tenant_id for site in session.exec(select(SiteRecord))] == [mine]


def test_a_tenant_counts_only_its_own_rows(database: Database) -> None:
    mine, other = add_tenant(database, "mine"), add_tenant(database, "other")
    for tenant in (mine, other):
        with database.writing(tenant) as session:
            session.add(_site(tenant))

    with database.reading(mine) as session:
        for what in (SiteRecord, select(SiteRecord).subquery(), select(SiteRecord.code).subquery()):
            assert session.exec(select(func.count()).select_from(what)).one() == 1


def test_a_row_of_another_tenant_cannot_be_written(database: Database) -> None:
    mine, other = add_tenant(database, "mine"), add_tenant(database, "other")

    with pytest.raises(CrossTenant), database.writing(mine) as session:
        session.add(_site(other))


def test_a_reading_session_cannot_write(database: Database, tenant: int) -> None:
    with pytest.raises(CrossTenant), database.reading(tenant) as session:
        session.add(_site(tenant))
        session.flush()


def test_plain_sql_shows_no_rows_of_others_on_postgresql(database: Database) -> None:
    mine, other = add_tenant(database, "mine"), add_tenant(database, "other")
    with database.writing(other) as session:
        session.add(_site(other))

    if database.is_sqlite:
        return  # SQLite has no row-level security; a lint keeps plain SQL out instead
    with database.reading(mine) as session:
        assert session.execute(text("SELECT count(*) FROM site")).scalar_one() == 0


def test_what_is_appended_cannot_be_changed(database: Database, tenant: int, now: object) -> None:
    with database.writing(tenant) as session:
        session.execute(
            text(
                "INSERT INTO audit (tenant_id, sequence, at, actor_kind, actor, action, subject, before, after,"
                " previous_hash, hash) VALUES (:t, 1, :now, 'person', 'a', 'b', 'c', '', '', '', '')"
            ),
            {"t": tenant, "now": now if not database.is_sqlite else str(now)},
        )

    with pytest.raises(DBAPIError), database.writing(tenant) as session:
        session.execute(text("UPDATE audit SET actor = 'z'"))


@pytest.mark.parametrize(
    "table",
    [
        "asset_event",
        "audit",
        "inspection",
        "condition",
        "route_decision",
        "invoice",
        "invoice_line",
        "bill_run",
        "bill_failure",
    ],
)
def test_every_table_that_only_grows_has_its_lock(database: Database, table: str) -> None:
    locks = (
        "SELECT sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = :of"
        if database.is_sqlite
        else "SELECT pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal AND tgrelid = to_regclass(:of)"
    )
    with database.engine.connect() as connection:
        told = " ".join(connection.execute(text(locks), {"of": table}).scalars())

    assert "UPDATE" in told
    assert "DELETE" in told
