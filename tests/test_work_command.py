"""`pas work` lists what is to be done and completes it."""

from collections.abc import Callable
from datetime import timedelta

from lifecycle.actor import Actor
from lifecycle.open_work import open_work
from lifecycle.work_order import NewWork, WorkKind
from pas import clock
from pas.db import Database
from telemetry.identity import new_id
from tests.conftest import Ran
from tests.lifecycle.sample_fleet import store_assets, store_product


def test_work_is_listed_and_completed(database: Database, tenant: int, actor: Actor, pas: Callable[..., Ran]) -> None:
    now = clock.now() - timedelta(days=1)
    with database.writing(tenant) as session:
        asset = store_assets(session, store_product(session), now=now, by=actor)[0]
        new = NewWork(id=new_id(), asset_id=asset.id, kind=WorkKind.REPAIR, component="light", assignee="An")
        order = open_work(session, [new], now=now, by=actor)[0]
    listed = pas("work", "list", "--assignee", "An", "--json").json["work_orders"]
    assert [(row["id"], row["serial"], row["state"]) for row in listed] == [(str(order.id), asset.serial, "open")]
    done = pas("work", "complete", str(order.id), "--minutes", "30", "--cost", "12.50", "--json")
    assert (done.exit_code, done.json["renewed"]) == (0, ["light"])
    again = pas("work", "complete", str(order.id), "--json")
    assert (again.exit_code, again.json["code"]) == (1, "work-step-not-allowed")
    assert pas("work", "list", "--json").json["work_orders"] == []
    assert len(pas("work", "list", "--ended", "--json").json["work_orders"]) == 1
    assert pas("work", "complete", "nonsense", "--json").json["code"] == "invalid-value"
    assert pas("work", "list").exit_code == 0
