"""The technician's app in a real browser: without network, with lost answers, full, wrong by a day; nothing is lost."""

import io
import json
import re
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any, NamedTuple
from uuid import UUID

import numpy as np
import pytest
import segno
import uvicorn
from axe_playwright_python.sync_playwright import Axe
from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Page, expect
from sqlmodel import Session, col, func, select

from lifecycle.asset import Move
from lifecycle.field_tables import FieldDecisionRecord, FieldPhotoRecord, FieldRecordRecord
from lifecycle.move_asset import move_assets
from lifecycle.open_work import open_work
from lifecycle.tables import AssetRecord, InspectionRecord, ProductRecord
from lifecycle.work_order import NewWork, WorkKind
from lifecycle.work_order_tables import WorkOrderRecord
from lifecycle.work_out_due_dates import work_out_due_dates
from pas import clock
from pas.access import digest
from pas.app import create_app
from pas.db import Database
from pas.rate_limit import RateLimit
from pas.role import Role
from pas.settings import settings
from pas.tables import PersonRecord, SessionRecord
from telemetry.identity import new_id
from tests.browser.weather import Weather
from tests.small_fleet import BY, Fleet, build_fleet

pytestmark = pytest.mark.browser

PHONE = {"width": 320, "height": 640}
SENT = re.compile("All sent|Alles verstuurd|Tout envoyé")
NO_ROOM = """() => {
    window.put = IDBObjectStore.prototype.put;
    IDBObjectStore.prototype.put = () => { throw new DOMException("no room", "QuotaExceededError"); };
}"""
"""What a full device does: Chromium's own switch for it (overrideQuotaForOrigin) does not reach IndexedDB."""


class Field(NamedTuple):
    """A fleet of its own behind a proxy that makes the weather, and how to come in."""

    fleet: Fleet
    weather: Weather
    address: str
    cookies: dict[Role, str]

    def count(self, table: Any) -> int:
        with self.fleet.database.reading(self.fleet.tenant) as session:
            return session.exec(select(func.count()).select_from(table)).one()

    def records(self) -> list[FieldRecordRecord]:
        with self.fleet.database.reading(self.fleet.tenant) as session:
            found = list(session.exec(select(FieldRecordRecord).order_by(col(FieldRecordRecord.received_at))))
            session.expunge_all()
        return found


class Server:
    """A real server on a port of its own."""

    def __init__(self, database: Database) -> None:
        app = create_app(database)
        app.state.logins = RateLimit(10_000)
        app.state.requests = RateLimit(100_000)
        self.uvicorn = uvicorn.Server(uvicorn.Config(app, port=0, log_level="warning", lifespan="off"))
        self.thread = threading.Thread(target=self.uvicorn.run, daemon=True)
        self.thread.start()
        while not self.uvicorn.started:
            time.sleep(0.02)
        self.port: int = self.uvicorn.servers[0].sockets[0].getsockname()[1]

    def stop(self) -> None:
        self.uvicorn.should_exit = True
        self.uvicorn.force_exit = True
        self.thread.join()


@pytest.fixture(scope="module")
def field(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Field]:
    folder = tmp_path_factory.mktemp("technician")
    shutil.copyfile(sqlite_template, folder / "pas.db")
    database = Database(f"sqlite:///{folder / 'pas.db'}", photos=folder / "photos")
    settings.cache_clear()
    expect.set_options(timeout=20_000)
    fleet = build_fleet(database, clock.now())
    with database.writing(fleet.tenant) as session:
        cookies = _prepared(session, fleet)
    server = Server(database)
    with Weather(server.port) as weather:
        yield Field(fleet, weather, f"http://127.0.0.1:{weather.port}", cookies)
    server.stop()
    database.engine.dispose()


def _prepared(session: Session, fleet: Fleet) -> dict[Role, str]:
    """Let the projectors be due and one be repaired, and log people in without a form."""
    for product in session.exec(select(ProductRecord).where(ProductRecord.code == "LP-30")):
        product.inspect_every_days = 60
    session.flush()
    work_out_due_dates(session, now=clock.now())
    work = NewWork(
        id=new_id(),
        asset_id=fleet.assets["LP30-0003"].id,
        kind=WorkKind.REPAIR,
        component="lens",
        note="Lens is loose.",
    )
    open_work(session, [work], now=clock.now(), by=BY)
    cookies = {}
    for person in session.exec(select(PersonRecord)):
        token = f"{person.role.value}-{new_id().hex}"
        session.add(
            SessionRecord(
                tenant_id=fleet.tenant,
                person_id=person.id,
                token_hash=digest(token),
                kind="cookie",
                created_at=clock.now(),
                seen_at=clock.now(),
                expires_at=clock.now() + timedelta(hours=1),
            )
        )
        cookies[person.role] = token
    return cookies


Phone = Callable[..., Page]


@pytest.fixture
def phone(browser: Browser, field: Field) -> Iterator[Phone]:
    """Give a phone with the app open and the day's work taken along; whatever it complains of fails the test."""
    contexts: list[BrowserContext] = []
    complaints: list[str] = []
    field.weather.set("fine")

    def switch_on(role: Role = Role.TECHNICIAN, *, language: str = "en", **how: Any) -> Page:
        told = {"base_url": field.address, "locale": language, "viewport": PHONE, "accept_downloads": True}
        context = browser.new_context(**(told | how))
        contexts.append(context)
        context.add_cookies([{"name": "pas", "value": field.cookies[role], "url": field.address}])
        page = context.new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda one: complaints.append(one.text) if "Content Security" in one.text else None)
        page.goto("/tech")
        expect(page.locator("body[data-ready]")).to_be_attached()
        expect(page.locator(".job").first).to_be_visible()
        return page

    yield switch_on
    field.weather.set("fine")
    for context in contexts:
        context.close()
    assert complaints == []


def kept_by_worker(page: Page) -> None:
    """Wait until the service worker has the whole shell and holds the page."""
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    expect(page.locator("body[data-ready]")).to_be_attached()


def look_up(page: Page, tag: str) -> None:
    page.evaluate("location.hash = '#/'")
    page.get_by_label("Label or serial number").fill(tag)
    page.get_by_role("button", name="Find").click()


def inspect(page: Page, serial: str, *, note: str = "", ready: bool = True, grades: str = "BCA") -> None:
    """Do what a technician does: look the thing up, grade it, write a note, and let it go."""
    look_up(page, serial)
    page.get_by_role("button", name="Inspect").click()
    for component, letter in zip(("lens", "light_source", "housing"), grades, strict=True):
        page.get_by_role("group", name=component).get_by_role("radio", name=f"Grade {letter}").check()
    if note:
        page.get_by_label("Note").fill(note)
    if ready:
        page.get_by_role("button", name="Ready to send").click()
        expect(page.get_by_role("heading", name="Sent and waiting")).to_be_visible()


def states(page: Page) -> dict[str, int]:
    """Count the notes that the device keeps, by state."""
    found: dict[str, int] = page.evaluate(
        """async () => {
            const base = document.querySelector('script[type=module]').src;
            const { allNotes } = await import(base.replace('app.js', 'store.js'));
            const found = {};
            for (const note of await allNotes()) found[note.state] = (found[note.state] ?? 0) + 1;
            return found;
        }"""
    )
    return found


def test_the_list_shows_the_days_work_by_place(phone: Phone) -> None:
    page = phone()

    expect(page.get_by_role("heading", name="Grote zaal")).to_be_visible()
    expect(page.locator(".job", has_text="LP30-0003").filter(has_text="Repair")).to_have_count(1)
    expect(page.locator(".job", has_text="LP30-0001").filter(has_text="Inspect")).to_have_count(1)
    expect(page.get_by_text(re.compile("As it stood 0 min ago"))).to_be_visible()


def test_cold_without_network_it_opens_looks_up_and_keeps(phone: Phone, field: Field) -> None:
    page, before = phone(), field.count(InspectionRecord)
    kept_by_worker(page)
    page.reload()
    page.context.set_offline(True)
    field.weather.set("dead")
    page.reload()
    expect(page.locator(".job").first).to_be_visible()
    inspect(page, "LP30-0001", note="cold")
    expect(page.get_by_text("No connection")).to_be_visible()
    assert states(page) == {"ready": 1}

    page.context.set_offline(False)
    field.weather.set("fine")
    page.get_by_role("button", name="Send now").click()

    expect(page.locator("#sign")).to_have_text(SENT)
    assert field.count(InspectionRecord) == before + 1


def test_a_tab_that_was_closed_goes_on_where_it_was(phone: Phone, field: Field) -> None:
    page = phone()
    field.weather.set("dead")
    inspect(page, "LP30-0002", note="half a sentence", ready=False)
    expect(page.locator("#sign")).to_have_text("1 waiting")
    page.wait_for_timeout(200)
    page.close()
    field.weather.set("fine")
    again = page.context.new_page()
    again.goto("/tech#/queue")
    again.get_by_role("link", name="Go on").click()

    expect(again.get_by_label("Note")).to_have_value("half a sentence")
    expect(again.get_by_role("group", name="light_source").get_by_role("radio", name="Grade C")).to_be_checked()
    again.get_by_role("button", name="Ready to send").click()
    expect(again.locator("#sign")).to_have_text(SENT)
    assert field.records()[-1].told["note"] == "half a sentence"


def test_an_answer_lost_after_the_work_leaves_one_row(phone: Phone, field: Field) -> None:
    page, before, lost = phone(), field.count(InspectionRecord), field.weather.lost
    field.weather.set("lossy")
    inspect(page, "LP30-0001", note="lost answer")
    expect(page.get_by_text("No connection")).to_be_visible()
    assert field.weather.lost == lost + 1
    assert states(page)["ready"] == 1
    page.get_by_role("button", name="Send now").click()

    expect(page.locator("#sign")).to_have_text(SENT)
    assert field.count(InspectionRecord) == before + 1


def test_a_killed_server_is_not_believed_to_be_there(phone: Phone, field: Field) -> None:
    page = phone()
    field.weather.set("dead")
    inspect(page, "LP30-0001", note="killed")

    assert page.evaluate("navigator.onLine") is True
    expect(page.get_by_text("No connection")).to_be_visible()
    expect(page.get_by_text("Oldest unsent")).to_be_visible()
    field.weather.set("fine")
    page.evaluate("dispatchEvent(new Event('online'))")
    expect(page.locator("#sign")).to_have_text(SENT)


def test_a_photo_of_five_megabytes_is_shrunk_and_sent_apart(phone: Phone, field: Field, tmp_path: Path) -> None:
    page, before = phone(), field.count(FieldPhotoRecord)
    big = tmp_path / "big.jpg"
    noise = np.random.default_rng(1).integers(0, 255, (1500, 2000, 3), dtype=np.uint8)
    Image.fromarray(noise).resize((4000, 3000)).save(big, quality=93)
    assert big.stat().st_size > 4_000_000
    inspect(page, "LP30-0004", ready=False)
    page.locator("fieldset", has_text="lens").locator("input[type=file]").set_input_files(big)
    expect(page.locator(".strip img")).to_be_visible()
    kept = int(re.sub(r"\D", "", page.locator(".strip img").get_attribute("alt") or ""))
    page.get_by_role("button", name="Ready to send").click()

    expect(page.locator("#sign")).to_have_text(SENT)
    assert 20 < kept < 950
    assert field.count(FieldPhotoRecord) == before + 1


def test_an_unknown_tag_is_noted_and_the_office_finds_the_thing(phone: Phone, field: Field) -> None:
    page = phone()
    look_up(page, "SCRATCHED-9")
    expect(page.get_by_role("heading", name="Not on this device")).to_be_visible()
    page.get_by_role("button", name="Note it all the same").click()
    page.get_by_role("radio", name="Grade D").check()
    page.get_by_label("Note").fill("label half gone")
    page.get_by_role("button", name="Ready to send").click()
    expect(page.get_by_text("The office finds out which thing it is.")).to_be_visible()

    office = phone(Role.ADMINISTRATOR, viewport={"width": 1280, "height": 900})
    office.goto("/tech-decisions")
    card = office.locator("section", has_text="SCRATCHED-9")
    expect(card).to_contain_text("label half gone")
    card.get_by_label("Which thing is it?").fill("CH1-00003")
    card.get_by_role("button", name="Match").click()
    expect(office.locator("section", has_text="SCRATCHED-9")).to_have_count(0)
    with field.fleet.database.reading(field.fleet.tenant) as session:
        seen = session.exec(
            select(InspectionRecord).where(InspectionRecord.asset_id == field.fleet.assets["CH1-00003"].id)
        ).all()
    assert [one.note for one in seen] == ["label half gone"]


def test_a_move_given_offline_that_came_too_late_is_decided_with_both_versions(phone: Phone, field: Field) -> None:
    page = phone()
    field.weather.set("dead")
    look_up(page, "LP30-0005")
    page.get_by_role("link", name="Move").click()
    page.get_by_label("Room or spot").fill("Room of the technician")
    page.get_by_role("button", name="Move").click()
    with field.fleet.database.writing(field.fleet.tenant) as session:
        asset_id = field.fleet.assets["LP30-0005"].id
        moved = Move(asset_id=asset_id, at=clock.now(), place="Room of the office")
        move_assets(session, [moved], now=clock.now(), by=BY)
    field.weather.set("fine")
    page.get_by_role("button", name="Send now").click()
    expect(page.get_by_text("The office decides.")).to_be_visible()

    office = phone(Role.ADMINISTRATOR, viewport={"width": 1280, "height": 900})
    office.goto("/tech-decisions")
    row = office.get_by_role("row", name=re.compile("^Room "))
    expect(row.get_by_role("cell")).to_have_text(["Room 5", "Room of the technician", "Room of the office"])
    office.get_by_role("button", name="Follow the technician").click()
    expect(office.get_by_text("Nothing waits for a decision.")).to_be_visible()
    with field.fleet.database.reading(field.fleet.tenant) as session:
        assert session.get_one(AssetRecord, (field.fleet.tenant, asset_id)).place == "Room of the technician"
        assert session.exec(select(FieldDecisionRecord)).all()[-1].decision == "accepted"


def test_a_refused_note_says_why_in_the_readers_language_and_is_mended(phone: Phone, field: Field) -> None:
    page = phone(language="nl")
    page.get_by_label("Label of serienummer").fill("LP30-0001")
    page.get_by_role("button", name="Zoek").click()
    page.get_by_role("button", name="Inspecteren").click()
    page.get_by_role("group", name="lens").get_by_role("radio", name="Klasse B").check()
    page.route(
        "**/api/v1/field-records", lambda route: route.fulfill(status=422, json={"code": "impossible-inspection"})
    )
    page.get_by_role("button", name="Klaar om te versturen").click()
    expect(page.get_by_role("heading", name="Niet aanvaard")).to_be_visible()
    expect(page.locator("li .refused")).to_be_visible()
    expect(page.locator("li .refused")).not_to_contain_text("impossible")
    page.unroute("**/api/v1/field-records")
    page.get_by_role("button", name="Verbeteren").click()
    page.get_by_role("button", name="Klaar om te versturen").click()

    expect(page.locator("#sign")).to_have_text(SENT)


def test_two_devices_that_end_the_same_work_end_it_once(phone: Phone, field: Field) -> None:
    devices = [phone(), phone()]
    field.weather.set("dead")
    for number, page in enumerate(devices):
        look_up(page, "LP30-0003")
        page.get_by_role("link", name="Done").click()
        page.get_by_label("What was done?").fill(f"fixed by {number}")
        page.get_by_label("Minutes spent").fill("12,5")
        page.get_by_role("button", name="Done").click()
        expect(page.get_by_role("heading", name="Sent and waiting")).to_be_visible()
    field.weather.set("fine")
    for page in devices:
        page.get_by_role("button", name="Send now").click()
        expect(page.locator("#sign")).to_have_text(SENT)
        expect(page.get_by_role("heading", name="Arrived")).to_be_visible()

    told = [page.get_by_text("The work had been ended already.").count() for page in devices]
    with field.fleet.database.reading(field.fleet.tenant) as session:
        order = session.exec(select(WorkOrderRecord).where(WorkOrderRecord.kind == WorkKind.REPAIR)).one()
    assert sorted(told) == [0, 1]
    assert (order.outcome, order.minutes) == (f"fixed by {told.index(0)}", 12.5)
    ended = [one.outcome for one in field.records() if one.kind == "work_done"]
    assert sorted(ended) == ["proposed", "stored"]


def test_two_tabs_send_each_note_once(phone: Phone, field: Field) -> None:
    page, before = phone(), field.count(FieldRecordRecord)
    other = page.context.new_page()
    other.goto("/tech#/queue")
    expect(other.locator("body[data-ready]")).to_be_attached()
    answered: list[str] = []
    page.context.on("response", lambda one: answered.append(one.url) if one.request.method == "POST" else None)
    field.weather.set("dead")
    seed(page, 5, photos=False)
    field.weather.set("fine")
    for tab in (page, other):
        tab.evaluate("dispatchEvent(new Event('online'))")

    expect(page.locator("#sign")).to_have_text(SENT)
    expect(other.locator("#sign")).to_have_text(SENT)
    assert field.count(FieldRecordRecord) == before + 5
    assert len(answered) == 5


def test_a_clock_wrong_by_a_day_is_known_and_set_right(phone: Phone, field: Field) -> None:
    page = phone()
    page.clock.install(time=clock.now() + timedelta(days=1))
    page.clock.resume()
    page.reload()
    expect(page.get_by_text(re.compile("As it stood 0 min ago"))).to_be_visible()
    inspect(page, "LP30-0001", note="tomorrow")

    expect(page.get_by_text(re.compile("The clock of the device was wrong"))).to_be_visible()
    record = field.records()[-1]
    assert abs(record.told["clock_offset"] - 86400) < 30
    assert abs(clock.now() - record.captured_at) < timedelta(minutes=2)


def test_a_full_device_says_so_and_keeps_what_was_written(phone: Phone, field: Field, tmp_path: Path) -> None:
    page = phone()
    picture = tmp_path / "photo.jpg"
    Image.fromarray(np.random.default_rng(2).integers(0, 255, (900, 1200, 3), dtype=np.uint8)).save(picture)
    inspect(page, "LP30-0002", note="before it was full", ready=False)
    page.wait_for_timeout(300)
    page.evaluate(NO_ROOM)
    page.locator("fieldset", has_text="lens").locator("input[type=file]").set_input_files(picture)
    expect(page.locator("#said")).to_contain_text("The device is full")
    expect(page.get_by_label("Note")).to_have_value("before it was full")
    page.evaluate("() => { IDBObjectStore.prototype.put = window.put; }")
    page.locator("fieldset", has_text="lens").locator("input[type=file]").set_input_files(picture)
    expect(page.locator(".strip img")).to_be_visible()
    page.get_by_role("button", name="Ready to send").click()

    expect(page.locator("#sign")).to_have_text(SENT)
    assert field.records()[-1].told["note"] == "before it was full"


def seed(page: Page, count: int, *, photos: bool = True) -> None:
    """Note many things at once by the app's own doors, as if the day had been long."""
    page.evaluate(
        """async ({ count, photos }) => {
            const base = document.querySelector('script[type=module]').src;
            const at = (name) => import(base.replace('app.js', name));
            const [notes, work] = [await at('notes.js'), await at('work.js')];
            const things = work.taken().things.filter((one) => one.serial.startsWith('LP30'));
            for (let number = 0; number < count; number += 1) {
                const thing = things[number % things.length];
                const about = { asset: thing.id, tag: thing.public_id, title: thing.serial };
                const note = await notes.beginInspection(about);
                if (photos) {
                    const canvas = document.createElement('canvas');
                    canvas.width = 64; canvas.height = 48;
                    const pen = canvas.getContext('2d');
                    pen.fillStyle = `hsl(${number * 3.6} 80% 50%)`;
                    pen.fillRect(0, 0, 64, 48);
                    const blob = await new Promise((done) => canvas.toBlob(done, 'image/jpeg'));
                    await notes.addPhoto(note, blob, 'lens');
                }
                await notes.ready(note, { seen: { grades: { lens: 'B' } }, note: `seed ${number}` });
            }
        }""",
        {"count": count, "photos": photos},
    )


def test_a_hundred_inspections_with_photos_arrive_once_each(phone: Phone, field: Field) -> None:
    page = phone()
    before = (field.count(InspectionRecord), field.count(FieldPhotoRecord))
    field.weather.set("dead")
    seed(page, 100)
    assert states(page)["ready"] == 100
    field.weather.set("lossy")
    page.evaluate("dispatchEvent(new Event('online'))")
    expect(page.get_by_text("No connection")).to_be_visible()
    with page.expect_download() as waiting:
        page.evaluate("location.hash = '#/queue'")
        page.get_by_role("button", name="Save a copy").click()
    copy = json.loads(waiting.value.path().read_text(encoding="utf-8"))
    page.get_by_role("button", name="Send now").click()

    expect(page.locator("#sign")).to_have_text(SENT, timeout=240_000)
    assert len(copy["notes"]) == 100
    assert all(len(one["photos"]) == 1 for one in copy["notes"])
    assert states(page)["sent"] >= 100
    assert (field.count(InspectionRecord), field.count(FieldPhotoRecord)) == (before[0] + 100, before[1] + 100)


def test_the_rules_of_the_queue(phone: Phone) -> None:
    page = phone()
    found = page.evaluate(
        """async () => {
            const base = document.querySelector('script[type=module]').src;
            const queue = await import(base.replace('app.js', 'queue.js'));
            const note = (id, state, at) => ({ id, state, changedAt: at, readyAt: at });
            const notes = [note('c', 'ready', 30), note('a', 'ready', 10), note('b', 'draft', 5), note('d', 'sent', 1)];
            return {
                verdicts: [0, 200, 201, 401, 403, 404, 409, 413, 422, 429, 500, 503].map(queue.verdict),
                order: queue.waiting(notes).map((one) => one.id),
                oldest: queue.oldest(notes),
                none: queue.oldest([note('d', 'sent', 1)]),
                numbers: ['12,5', ' 7 ', '.5', '-3', '', '1e5', '1.2.3', 'x'].map(queue.numberOf),
                ids: Array.from({ length: 50 }, () => queue.newId(1790000000000)),
                sorted: queue.newId(2) > queue.newId(1),
            };
        }"""
    )
    assert found["verdicts"] == [
        "later", "sent", "sent", "login", "refused", "refused", "refused", "refused", "refused", "later", "again",
        "again",
    ]  # fmt: skip
    assert (found["order"], found["oldest"], found["none"]) == (["a", "c"], 5, None)
    assert found["numbers"] == [12.5, 7, 0.5, -3, None, None, None, None]
    assert {UUID(one).version for one in found["ids"]} == {7}
    assert len(set(found["ids"])) == 50
    assert found["sorted"]


def test_who_is_logged_out_still_works_and_is_told_to_log_in(phone: Phone, field: Field) -> None:
    page = phone()
    page.context.clear_cookies()
    inspect(page, "LP30-0001", note="logged out")
    expect(page.get_by_role("link", name="Log in to send")).to_be_visible()
    assert states(page) == {"ready": 1}
    page.context.add_cookies([{"name": "pas", "value": field.cookies[Role.TECHNICIAN], "url": field.address}])
    page.get_by_role("button", name="Send now").click()

    expect(page.locator("#sign")).to_have_text(SENT)


def test_a_label_is_read_from_a_photo_by_the_reader_that_came_along(phone: Phone, field: Field, tmp_path: Path) -> None:
    page = phone()
    public_id = field.fleet.assets["LP30-0001"].public_id
    label = io.BytesIO()
    segno.make(public_id, error="m").save(label, kind="png", scale=8, border=4)
    Image.open(label).convert("RGB").rotate(20, expand=True, fillcolor="white").save(tmp_path / "label.png")
    page.goto("/tech/scan")
    expect(page.get_by_text(re.compile("No camera"))).to_be_visible()
    page.locator("#photo").set_input_files(tmp_path / "label.png")

    expect(page.get_by_role("heading", name="LP30-0001")).to_be_visible(timeout=20_000)


@pytest.mark.parametrize("language", ["nl", "fr", "en"])
def test_nothing_stands_in_the_way_and_five_grades_fit_a_row(phone: Phone, field: Field, language: str) -> None:
    page = phone(language=language)
    page.emulate_media(color_scheme="dark" if language == "fr" else "light")
    thing = field.fleet.assets["LP30-0003"].id
    work = page.locator(f".job[href='#/thing/{thing}']").first.get_attribute("href")
    found = []
    for place in ("#/", work, f"#/move/{thing}", f"#/step/{thing}/retired", "#/tag/NOPE", "#/queue"):
        page.evaluate(f"location.hash = '{place}'")
        page.wait_for_timeout(50)
        found.append(Axe().run(page))
        assert page.evaluate("document.documentElement.scrollWidth") <= 320, place
    page.evaluate(f"location.hash = '#/thing/{thing}'")
    page.locator("button.main").click()
    buttons = page.locator("fieldset").first.locator(".choice")
    expect(buttons).to_have_count(5)
    boxes = [one for one in (buttons.nth(number).bounding_box() for number in range(5)) if one]
    found.append(Axe().run(page))

    assert len({box["y"] for box in boxes}) == 1
    assert min(min(box["width"], box["height"]) for box in boxes) >= 44
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    assert [one.generate_report() for one in found if one.violations_count] == []
    header = page.locator(".bar").bounding_box()
    assert header is not None
    assert header["height"] <= 64
