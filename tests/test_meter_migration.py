"""A tenant founded before there were meters gets those that come with its metrics, and bills go on as before."""

from datetime import datetime

from alembic import command
from sqlalchemy import text

from pas.db import Database
from pas.schema import migrations
from telemetry.find_meters import meters
from telemetry.meter import ALWAYS, Way

_METRICS = (
    ("running_hours", "counter", "hour"),  # the code of a built-in meter over power: the tenant's own counter keeps it
    ("prints", "counter", "count"),
    ("power", "gauge", "kW"),
    ("illuminance", "gauge", "lux"),
)


def test_an_upgrade_gives_every_tenant_its_meters(database: Database) -> None:
    command.downgrade(migrations(database.url), "0002")
    metric = "INSERT INTO metric (tenant_id, code, name, kind, unit) VALUES (:tenant, :code, :code, :kind, :unit)"
    with database.engine.begin() as connection:
        for tenant in (1, 2):
            founded = {"id": tenant, "slug": f"maker{tenant}", "at": datetime(2026, 1, 1)}  # noqa: DTZ001
            tenants = "INSERT INTO tenant (id, slug, name, founded_at) VALUES (:id, :slug, :slug, :at)"
            connection.execute(text(tenants), founded)
            for code, kind, unit in _METRICS[: 4 if tenant == 1 else 2]:
                told = {"tenant": tenant, "code": code, "kind": kind, "unit": unit}
                connection.execute(text(metric), told)

    command.upgrade(migrations(database.url), "head")

    with database.reading(1) as session:
        first = meters(session)
    with database.reading(2) as session:
        second = meters(session)
    assert set(second) == {"running_hours", "prints"}
    assert {"light_hours", "lux_hours", "energy_from_power", "starts_from_power"} <= set(first)
    assert {(one[0].version, one[0].valid_from) for one in first.values()} == {(1, ALWAYS)}
    assert (first["running_hours"][0].way, first["running_hours"][0].metric) == (Way.COUNTER, "running_hours")
