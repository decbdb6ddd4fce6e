"""Anybody may say by the QR code how a thing fares: it counts for little, shows nothing, and cannot be abused."""

import io
import random
import re
from collections.abc import Iterator
from datetime import datetime

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from PIL import Image
from sqlmodel import select

from lifecycle.actor import Actor
from lifecycle.asset import AssetStatus, StatusChange
from lifecycle.change_status import change_status
from lifecycle.checklist_tables import InspectionPhotoRecord
from lifecycle.inspection import InspectionSource
from lifecycle.strike_inspection import strike_inspection
from lifecycle.tables import InspectionRecord
from pas.db import Database
from pas.rate_limit import RateLimit
from pas.role import Role
from tests.conftest import ClientOf, add_tenant
from tests.lifecycle.sample_fleet import store_assets, store_customer, store_product
from tests.lifecycle.test_photos import picture


@pytest.fixture
def door(database: Database, tenant: int, now: datetime, actor: Actor) -> str:
    """The path of a thing's label; another tenant lives here too."""
    add_tenant(database, "another")
    with database.writing(tenant) as session:
        holder = store_customer(session, "SECRET-HOLDER")
        made = store_product(session, gtin="05410000000019", maker="Beamers")
        thing = store_assets(session, made, now=now, by=actor, holder_id=holder.id)[0]
        return thing.public_id.replace("https://id.gs1.org/", "/p/")


@pytest.fixture
def passer_by(app: FastAPI) -> Iterator[TestClient]:
    with TestClient(app, raise_server_exceptions=False, follow_redirects=False) as client:
        yield client


def form_of(page: str) -> dict[str, str]:
    found = re.search(r'name="id" value="([^"]+)"', page)
    assert found
    return {"id": found[1], "grade": "D", "note": "it flickers", "website": ""}


def seen(database: Database, tenant: int) -> list[InspectionRecord]:
    with database.reading(tenant) as session:
        found = list(session.exec(select(InspectionRecord)))
        session.expunge_all()
        return found


def test_the_page_says_what_stands_on_the_label_and_no_more(passer_by: TestClient, door: str) -> None:
    shown = {language: passer_by.get(f"{door}?lang={language}") for language in ("en", "nl", "fr")}

    assert {answer.status_code for answer in shown.values()} == {200}
    for words, language in (("Report a fault", "en"), ("Een defect melden", "nl"), ("Signaler un défaut", "fr")):
        assert words in shown[language].text
    assert "Laser projector" in shown["en"].text
    assert "LP-1-0000" in shown["en"].text
    assert "SECRET-HOLDER" not in shown["en"].text


def test_a_report_counts_at_once_as_the_least_trusted_road(
    passer_by: TestClient, database: Database, tenant: int, door: str
) -> None:
    form = form_of(passer_by.get(door).text)

    answers = [passer_by.post(door, data=form, files={"photo": ("a.jpg", picture())}) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [303, 303], answers[0].text
    assert "Thank you" in passer_by.get(answers[0].headers["location"]).text
    (report,) = seen(database, tenant)
    assert (report.source, report.grades, report.note) == (InspectionSource.QR, {"overall": "D"}, "it flickers")
    with database.reading(tenant) as session:
        assert session.exec(select(InspectionPhotoRecord)).one().inspection_id == report.id


def test_a_photo_larger_than_a_login_form_is_taken(
    passer_by: TestClient, database: Database, tenant: int, door: str
) -> None:
    noise = Image.frombytes("RGB", (400, 400), random.Random(7).randbytes(480_000))
    sink = io.BytesIO()
    noise.save(sink, "PNG")
    form = form_of(passer_by.get(door).text)

    answer = passer_by.post(door, data=form, files={"photo": ("a.png", sink.getvalue())})

    assert len(sink.getvalue()) > 400_000
    assert answer.status_code == 303
    assert passer_by.post(door, data=form, files={"photo": ("a.png", b"x" * (17 << 20))}).status_code == 413


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"grade": ""}, 422),
        ({"grade": "F"}, 422),
        ({"id": "x"}, 422),
        ({"note": "x" * 1001}, 422),
        ({"note": "a\x00b"}, 422),
    ],
)
def test_a_wrong_form_is_asked_again(
    passer_by: TestClient, database: Database, tenant: int, door: str, change: dict[str, str], status: int
) -> None:
    form = form_of(passer_by.get(door).text) | change

    answer = passer_by.post(door, data=form)

    assert answer.status_code == status
    assert "Please choose" in answer.text
    assert seen(database, tenant) == []


def test_what_is_no_photo_is_told_and_nothing_is_kept(
    passer_by: TestClient, database: Database, tenant: int, door: str
) -> None:
    form = form_of(passer_by.get(door).text)

    answer = passer_by.post(door, data=form, files={"photo": ("a.jpg", b"MZ evil")})

    assert answer.status_code == 422
    assert "JPEG, PNG, WebP" in answer.text
    assert "it flickers" in answer.text
    assert seen(database, tenant) == []


def test_a_program_that_fills_in_what_nobody_sees_is_thanked_for_nothing(
    passer_by: TestClient, database: Database, tenant: int, door: str
) -> None:
    form = form_of(passer_by.get(door).text) | {"website": "https://spam.example"}

    assert passer_by.post(door, data=form).status_code == 303
    assert seen(database, tenant) == []


def test_one_thing_is_reported_so_often_a_day(
    passer_by: TestClient, database: Database, tenant: int, door: str
) -> None:
    page = passer_by.get(door).text
    answers = [passer_by.post(door, data=form_of(passer_by.get(door).text)) for _ in range(5)]
    passer_by.app.state.reports = RateLimit(100)  # type: ignore[attr-defined]

    too_many = passer_by.post(door, data=form_of(page))

    assert {answer.status_code for answer in answers} == {303}
    assert too_many.status_code == 429
    assert "Enough was reported" in too_many.text
    assert len(seen(database, tenant)) == 5


def test_one_address_reports_so_often_a_minute(passer_by: TestClient, door: str) -> None:
    page = passer_by.get(door).text
    passer_by.app.state.reports = RateLimit(2)  # type: ignore[attr-defined]

    answers = [passer_by.post(door, data=form_of(page)) for _ in range(3)]

    assert [answer.status_code for answer in answers] == [303, 303, 429]
    assert "retry-after" in answers[2].headers


def test_a_page_of_another_site_reports_nothing(passer_by: TestClient, door: str) -> None:
    form = form_of(passer_by.get(door).text)
    assert passer_by.post(door, data=form, headers={"Origin": "https://evil.example"}).status_code == 403


def test_a_label_of_nobody_and_of_a_thing_whose_life_ended_lead_nowhere(
    passer_by: TestClient, database: Database, tenant: int, door: str, now: datetime, actor: Actor
) -> None:
    with database.writing(tenant) as session:
        thing = store_assets(session, store_product(session, code="OLD"), now=now, by=actor)[0]
        retired = StatusChange(asset_id=thing.id, status=AssetStatus.RETIRED, at=now)
        change_status(session, [retired], now=now, by=actor)
        old = thing.public_id.replace("https://id.gs1.org/", "/p/")

    for path in (old, f"{door}0", "/p/", "/p/%00", f"/p/{'x' * 3000}", "/p/../../etc/passwd", "/p/01//21/"):
        assert passer_by.get(path).status_code in {404, 400, 422}, path
        assert passer_by.post(path, data={"grade": "D"}).status_code in {404, 400, 422, 429}, path


def test_the_page_of_a_thing_shows_reports_photos_and_strikes(
    passer_by: TestClient, client_of: ClientOf, database: Database, tenant: int, door: str, actor: Actor, now: datetime
) -> None:
    passer_by.post(door, data=form_of(passer_by.get(door).text), files={"photo": ("a.jpg", picture())})
    (report,) = seen(database, tenant)
    desk = client_of(Role.FLEET_MANAGER)
    address = re.compile(rf'src="(/api/v1/inspections/{report.id}/photos/\w+\?size=small)"')

    page = desk.get(f"/assets/{report.asset_id}").text
    shown = address.search(page)

    assert shown
    assert desk.get(shown[1]).headers["content-type"] == "image/jpeg"
    assert f'href="{door}"' in page
    with database.writing(tenant) as session:
        strike_inspection(session, inspection_id=report.id, why="a prank", now=report.recorded_at, by=actor)
    assert "a prank" in desk.get(f"/assets/{report.asset_id}?lang=nl").text
