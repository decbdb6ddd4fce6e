"""Calendars: behind a secret address, readable by calendar programs, ended at once, and never wider than its person."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import uuid4

import icalendar
import pytest
from fastapi.testclient import TestClient
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlmodel import select

from lifecycle.actor import Actor
from lifecycle.asset import Move
from lifecycle.move_asset import move_assets
from lifecycle.site import Site
from lifecycle.tables import AssetRecord, CustomerRecord, SiteRecord
from lifecycle.work_out_due_dates import work_out_due_dates
from pas import clock
from pas.calendar_gateway import CalendarEvent, written
from pas.db import Database
from pas.role import Role
from pas.tables import PersonRecord
from tests.conftest import ClientOf
from tests.lifecycle.sample_fleet import store_assets, store_customer, store_product

TEXTS = st.text(alphabet=st.characters(exclude_categories=["Cs", "Cc"]) | st.sampled_from(",;:\\\"'\n"), max_size=300)


def event(**told: Any) -> CalendarEvent:
    facts = {
        "uid": "work-1@pas", "on": date(2026, 12, 1), "title": "Repair", "text": "", "place": "", "category": "Repair",
        "priority": 5, "revision": 0, "changed_at": datetime(2026, 11, 1, tzinfo=UTC),
    }  # fmt: skip
    return CalendarEvent(**facts | told)


@settings(deadline=None, max_examples=150)
@given(title=TEXTS, text=TEXTS, place=TEXTS)
def test_what_is_written_reads_back_word_for_word_in_short_lines(title: str, text: str, place: str) -> None:
    content = written([event(title=title, text=text, place=place)], name="Zaal 4; links, boven")
    assert all(len(line) <= 75 for line in content.split(b"\r\n"))
    assert b"\n" not in content.replace(b"\r\n", b"")
    read = icalendar.Calendar.from_ical(content).walk("VEVENT")
    assert len(read) == 1
    assert str(read[0]["SUMMARY"]) == title
    assert str(read[0].get("DESCRIPTION", "")) == text
    assert str(read[0].get("LOCATION", "")) == place


def test_an_event_holds_what_the_standard_asks_for() -> None:
    moved, gone = event(revision=3), event(uid="work-2@pas", is_cancelled=True)
    content = written([moved, gone], name="Mine")
    calendar = icalendar.Calendar.from_ical(content)
    assert (str(calendar["VERSION"]), bool(calendar["PRODID"])) == ("2.0", True)
    first, second = calendar.walk("VEVENT")
    assert (first["DTSTART"].dt, first["DTEND"].dt) == (date(2026, 12, 1), date(2026, 12, 2))
    assert b"DTSTART;VALUE=DATE:20261201\r\n" in content
    assert b"DTSTAMP:20261101T000000Z\r\n" in content
    assert (int(first["SEQUENCE"]), str(first["STATUS"])) == (3, "CONFIRMED")
    assert (str(second["UID"]), str(second["STATUS"])) == ("work-2@pas", "CANCELLED")


@pytest.fixture
def holder(database: Database, tenant: int) -> CustomerRecord:
    with database.writing(tenant) as session:
        return store_customer(session)


@pytest.fixture
def site(database: Database, tenant: int) -> SiteRecord:
    with database.writing(tenant) as session:
        place = SiteRecord.model_validate(Site(code="GNT", name="Grote zaal; links"), update={"tenant_id": tenant})
        session.add(place)
        session.flush()
        return place


@pytest.fixture
def asset(database: Database, tenant: int, holder: CustomerRecord, site: SiteRecord, actor: Actor) -> AssetRecord:
    now = clock.now() - timedelta(days=30)
    with database.writing(tenant) as session:
        made = store_product(session, inspect_every_days=60)
        thing = store_assets(session, made, now=now, by=actor, holder_id=holder.id, in_service_on=now.date())[0]
        move_assets(session, [Move(asset_id=thing.id, at=now, site_id=site.id)], now=clock.now(), by=actor)
        work_out_due_dates(session, now=clock.now())
        return thing


def fetched(client: TestClient, address: str) -> list[Any]:
    where = address[address.index("/api/") :]
    stranger = TestClient(client.app, raise_server_exceptions=False)
    answer = stranger.get(where)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].startswith("text/calendar")
    return list(icalendar.Calendar.from_ical(answer.content).walk("VEVENT"))


def made(client: TestClient, **told: Any) -> dict[str, Any]:
    answer = client.post("/api/v1/calendar-feeds", json={"name": "Agenda"} | told)
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


def test_a_place_shows_its_work_and_what_is_due_there(
    client_of: ClientOf, asset: AssetRecord, site: SiteRecord
) -> None:
    technician = client_of(Role.TECHNICIAN)
    body = {"id": str(uuid4()), "asset_id": str(asset.id), "kind": "repair", "due_on": "2030-05-06", "note": "a, b; c"}
    assert technician.post("/api/v1/work-orders", json=body).status_code == 201
    feed = made(technician, site_id=str(site.id))
    first = {str(one["UID"]): one for one in fetched(technician, feed["address"])}
    work = first[f"work-{body['id']}@pas"]
    assert (str(work["DESCRIPTION"]), work["DTSTART"].dt) == ("a, b; c", date(2030, 5, 6))
    assert str(work["LOCATION"]).startswith("Grote zaal; links")
    assert [uid for uid in first if uid.startswith(f"inspection-{asset.id}")]

    technician.post(f"/api/v1/work-orders/{body['id']}/plan", json={"due_on": "2030-05-07"})
    technician.post(f"/api/v1/work-orders/{body['id']}/cancel", json={"reason": "sold"})
    second = {str(one["UID"]): one for one in fetched(technician, feed["address"])}
    assert set(second) == set(first)
    cancelled = second[f"work-{body['id']}@pas"]
    assert (str(cancelled["STATUS"]), int(cancelled["SEQUENCE"])) == ("CANCELLED", 2)


def test_ones_own_calendar_holds_ones_own_work(
    client_of: ClientOf, database: Database, tenant: int, asset: AssetRecord
) -> None:
    technician = client_of(Role.TECHNICIAN)
    with database.reading(tenant) as session:
        email = session.exec(select(PersonRecord.email)).one()
    for component, assignee in (("light", email), ("housing", "somebody else")):
        body = {"id": str(uuid4()), "asset_id": str(asset.id), "kind": "repair", "component": component}
        technician.post("/api/v1/work-orders", json=body | {"due_on": "2030-05-06", "assignee": assignee})
    found = fetched(technician, made(technician)["address"])
    assert ["light" in str(one["SUMMARY"]) for one in found] == [True]


def test_a_revoked_or_wrong_address_shows_nothing(client_of: ClientOf, asset: AssetRecord) -> None:
    technician = client_of(Role.TECHNICIAN)
    feed = made(technician)
    where = feed["address"][feed["address"].index("/api/") :]
    secret = where.rsplit("_", 1)[1].removesuffix(".ics")
    wrong = [where.replace(secret, "0" * 64), where.replace("/calendars/", "/calendars/9"), "/api/v1/calendars/x.ics"]
    for address in wrong:
        assert technician.get(address).status_code == 404
    assert technician.get(where).status_code == 200
    assert client_of(Role.TECHNICIAN).delete(f"/api/v1/calendar-feeds/{feed['id']}").status_code == 404
    assert technician.delete(f"/api/v1/calendar-feeds/{feed['id']}").status_code == 200
    assert technician.get(where).status_code == 404
    assert "address" not in technician.get("/api/v1/calendar-feeds").json()["items"][0]


def test_a_customers_calendar_holds_what_is_theirs(
    client_of: ClientOf, asset: AssetRecord, holder: CustomerRecord, site: SiteRecord
) -> None:
    theirs = client_of(Role.CUSTOMER, customer_id=holder.id)
    assert len(fetched(theirs, made(theirs)["address"])) == 1
    assert len(fetched(theirs, made(theirs, site_id=str(site.id))["address"])) == 1
    stranger = client_of(Role.CUSTOMER)
    assert fetched(stranger, made(stranger)["address"]) == []
    refused = stranger.post("/api/v1/calendar-feeds", json={"name": "x", "site_id": str(site.id)})
    assert (refused.status_code, refused.json()["code"]) == (422, "unknown-reference")


def test_the_list_of_what_is_due_is_narrowed_by_place_and_standing(
    client_of: ClientOf, asset: AssetRecord, site: SiteRecord
) -> None:
    manager = client_of(Role.FLEET_MANAGER)

    def asked(**query: str) -> list[Any]:
        answer = manager.get("/api/v1/due-inspections", params=query)
        assert answer.status_code == 200, answer.text
        items: list[Any] = answer.json()["items"]
        return items

    found = asked()
    assert [(one["serial"], one["by"], one["standing"]) for one in found] == [(asset.serial, "calendar", "later")]
    assert found[0]["days_left"] == 30
    assert found[0]["reasons"][0]["code"] == "due.calendar"
    assert len(asked(site=str(site.id), standing="later")) == 1
    assert asked(site=str(uuid4())) == asked(standing="overdue") == asked(before="2020-01-01") == []
    assert client_of(Role.CUSTOMER).get("/api/v1/due-inspections").json()["items"] == []
