"""The page of a thing shows the work under way and when it is inspected next, in the reader's language."""

from datetime import timedelta

from lifecycle.actor import Actor
from lifecycle.open_work import open_work
from lifecycle.work_order import NewWork, WorkKind
from lifecycle.work_out_due_dates import work_out_due_dates
from pas import clock
from pas.db import Database
from pas.role import Role
from telemetry.identity import new_id
from tests.conftest import ClientOf
from tests.lifecycle.sample_fleet import store_assets, store_customer, store_product


def test_work_and_the_next_inspection_stand_on_the_page(
    database: Database, tenant: int, actor: Actor, client_of: ClientOf
) -> None:
    now = clock.now() - timedelta(days=1)
    with database.writing(tenant) as session:
        holder = store_customer(session)
        made = store_product(session, inspect_every_days=60)
        asset, other = store_assets(session, made, now=now, by=actor, count=2, holder_id=holder.id)
        new = NewWork(id=new_id(), asset_id=asset.id, kind=WorkKind.REPAIR, component="light", note="<b>flickers</b>")
        open_work(session, [new], now=now, by=actor)
        work_out_due_dates(session, now=clock.now())
    manager = client_of(Role.FLEET_MANAGER)
    page = manager.get(f"/assets/{asset.id}").text
    assert "Work and next inspection" in page
    assert "&lt;b&gt;flickers" in page
    assert "Inspected every 60 days" in page
    assert "overdue" in page
    assert "flickers" not in manager.get(f"/assets/{other.id}").text
    assert "flickers" in client_of(Role.CUSTOMER, customer_id=holder.id).get(f"/assets/{asset.id}").text
