"""What people see and do in a real browser."""

import re
from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect
from sqlmodel import func, select

from billing.tables import InvoiceRecord
from lifecycle.tables import AlertRecord, AssetRecord, ConditionRecord
from pas.role import Role
from tests.small_fleet import PASSWORD, Fleet

pytestmark = pytest.mark.browser

WIDEST_PAGE = 12_000
"""Bytes that a page may weigh on the wire."""


_cookies: dict[tuple[str, Role], str] = {}


def log_in(page: Page, role: Role) -> None:
    """Come in by the form once for each role, and by its cookie after that."""
    page.goto("/login")
    key = page.url, role
    if key in _cookies:
        page.context.add_cookies([{"name": "pas", "value": _cookies[key], "url": page.url}])
        page.goto("/")
    else:
        come_in(page, role)
        _cookies[key] = next(one["value"] for one in page.context.cookies() if one["name"] == "pas")


def come_in(page: Page, role: Role) -> None:
    page.goto("/login")
    page.get_by_label("Organisation").fill("maker")
    page.get_by_label("E-mail").fill(f"{role.value}@maker.example")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_role("heading", name="Overview")).to_be_visible()


def figure(page: Page, name: str) -> float:
    shown = page.locator(f"[data-figure={name}]").first.inner_text()
    return float(re.sub(r"[^\d.−-]", "", shown).replace("−", "-"))


def pages_of(fleet: Fleet) -> list[str]:
    with fleet.database.reading(fleet.tenant) as session:
        number = session.exec(select(InvoiceRecord.number)).first()
    return [
        "/",
        "/assets",
        "/assets?sort=-index&product=Laser",
        "/alerts",
        "/books",
        "/invoices",
        f"/invoices/{number}",
        f"/invoices/{number}/lines/1",
        f"/assets/{fleet.assets['LP30-0002'].id}",
        f"/assets/{fleet.assets['CH1-00003'].id}",
    ]


def test_the_overview_tells_what_the_database_holds(page: Page, fleet: Fleet) -> None:
    log_in(page, Role.ADMINISTRATOR)

    with fleet.database.reading(fleet.tenant) as session:
        by_status = dict(session.exec(select(AssetRecord.status, func.count()).group_by(AssetRecord.status)).all())
        by_grade = dict(
            session.exec(
                select(AssetRecord.grade, func.count())
                .where(AssetRecord.status != "retired")
                .group_by(AssetRecord.grade)
            ).all()
        )
        alerts = len(session.exec(select(AlertRecord).where(AlertRecord.state == "raised")).all())
        invoices = session.exec(select(InvoiceRecord)).all()
    assert alerts > 0
    assert len(invoices) == 2
    assert figure(page, "assets") == len(fleet.assets)
    assert figure(page, "alerts") == alerts
    assert figure(page, "gross") == float(sum(invoice.gross for invoice in invoices))
    for status, count in by_status.items():
        assert page.locator(f"[data-status={status}]").inner_text() == str(count)
    for grade, count in by_grade.items():
        assert page.locator(f"[data-grade='{grade or ''}']").inner_text() == str(count)


def test_an_alert_says_why_and_leads_to_the_thing(page: Page, fleet: Fleet) -> None:
    log_in(page, Role.ADMINISTRATOR)

    alert = page.locator(".alerts > li", has_text="Environment")
    expect(alert).to_contain_text("where 25 °C is rated".replace(" °", " °"))
    alert.get_by_role("link", name="LP30-0002").click()

    expect(page.get_by_role("heading", level=1)).to_contain_text("LP30-0002")


def test_the_points_of_a_condition_add_up_to_the_index(page: Page, fleet: Fleet) -> None:
    log_in(page, Role.ADMINISTRATOR)
    page.goto(f"/assets/{fleet.assets['LP30-0002'].id}")

    section = page.locator("section", has=page.get_by_role("heading", name="Condition", exact=True))
    points = [float(text.replace("−", "-")) for text in section.locator("tbody td.number").all_inner_texts()]
    with fleet.database.reading(fleet.tenant) as session:
        condition = session.exec(
            select(ConditionRecord).where(ConditionRecord.id == fleet.assets["LP30-0002"].condition_id)
        ).one()

    assert len(points) >= 2
    assert round(sum(points), 1) == figure(page, "index") == round(condition.index_p50, 1)


def test_the_page_of_a_thing_shows_its_life(page: Page, fleet: Fleet) -> None:
    log_in(page, Role.ADMINISTRATOR)
    page.goto(f"/assets/{fleet.assets['LP30-0002'].id}")

    for heading in (
        "Condition",
        "Value",
        "Next route",
        "History",
        "Identity and place",
        "Readings",
        "Last inspections",
    ):
        expect(page.get_by_role("heading", name=heading, exact=True)).to_be_visible()
    expect(page.get_by_role("img", name=re.compile("Ambient temperature, last 90 days"))).to_be_visible()
    expect(page.locator(".timeline")).to_contain_text("Room 7")


def test_a_wrong_password_says_so_and_keeps_the_mail_address(page: Page) -> None:
    page.goto("/login")
    page.get_by_label("E-mail").fill("technician@maker.example")
    page.get_by_label("Password").fill("not the password")
    page.get_by_role("button", name="Log in").click()

    expect(page.get_by_role("alert")).to_contain_text("wrong")
    expect(page.get_by_label("E-mail")).to_have_value("technician@maker.example")
    expect(page.get_by_label("Password")).to_have_value("")


def test_the_login_leads_back_to_where_one_wanted_to_be(page: Page, fleet: Fleet) -> None:
    wanted = f"/assets/{fleet.assets['LP30-0001'].id}"
    page.goto(wanted)
    page.get_by_label("E-mail").fill("administrator@maker.example")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()

    expect(page.get_by_role("heading", level=1)).to_contain_text("LP30-0001")
    assert page.url.endswith(wanted)


def test_who_logs_out_is_out(page: Page) -> None:
    come_in(page, Role.TECHNICIAN)
    page.get_by_role("button", name="Log out").click()
    page.goto("/assets")

    expect(page.get_by_role("heading", name="Log in")).to_be_visible()


def test_a_customer_sees_only_what_the_customer_holds(page: Page, fleet: Fleet) -> None:
    log_in(page, Role.CUSTOMER)

    assert figure(page, "assets") == 3
    expect(page.locator("main")).not_to_contain_text("LP30-0004")
    expect(page.locator("main")).not_to_contain_text(fleet.other.name)
    expect(page.get_by_role("link", name=re.compile("^INV-"))).to_have_count(1)
    page.goto("/assets")
    expect(page.locator("tbody th")).to_have_text(["LP30-0001", "LP30-0002", "LP30-0003"])
    page.goto(f"/assets/{fleet.assets['LP30-0001'].id}")
    expect(page.get_by_role("heading", name="Condition", exact=True)).to_be_visible()
    expect(page.get_by_role("heading", name="Value", exact=True)).to_have_count(0)


def test_a_thing_of_somebody_else_and_one_that_is_not_there_look_the_same(page: Page, fleet: Fleet) -> None:
    log_in(page, Role.CUSTOMER)

    seen = []
    for which in (fleet.assets["LP30-0004"].id, "019aaaaa-0000-7000-8000-000000000000"):
        answer = page.goto(f"/assets/{which}")
        assert answer is not None
        seen.append((answer.status, answer.text()))

    assert seen[0] == seen[1]
    assert seen[0][0] == 404


def test_a_technician_sees_no_money(page: Page, fleet: Fleet) -> None:
    log_in(page, Role.TECHNICIAN)
    expect(page.get_by_role("heading", name="Last month billed")).to_have_count(0)
    page.goto(f"/assets/{fleet.assets['LP30-0002'].id}")

    expect(page.get_by_role("heading", name="Next route")).to_have_count(0)
    expect(page.locator("main")).not_to_contain_text("€")


def test_the_language_chosen_stays(page: Page) -> None:
    log_in(page, Role.ADMINISTRATOR)
    page.get_by_role("link", name="fr", exact=True).click()
    page.get_by_role("link", name="Équipements").first.click()

    expect(page.get_by_role("heading", level=1)).to_have_text("Équipements")
    assert page.locator("html").get_attribute("lang") == "fr"


@pytest.fixture
def page_without_scripts(browser: Browser, address: str) -> Iterator[Page]:
    context = browser.new_context(base_url=address, locale="en-GB", java_script_enabled=False)
    yield context.new_page()
    context.close()


def test_the_list_is_searched_and_filtered_without_scripts(page_without_scripts: Page) -> None:
    page = page_without_scripts
    log_in(page, Role.ADMINISTRATOR)
    page.goto("/assets")
    page.get_by_label("Serial number begins with").fill("lp30")
    page.get_by_label("Grade", exact=True).select_option("C")
    page.get_by_role("button", name="Show").click()

    expect(page.locator("tbody th")).to_have_text(["LP30-0002"])


def test_things_are_found_ticked_and_opened_by_keyboard(page: Page, fleet: Fleet) -> None:
    log_in(page, Role.ADMINISTRATOR)
    page.goto("/assets")
    page.keyboard.press("/")
    page.keyboard.type("lp30")
    page.keyboard.press("Enter")
    expect(page.locator("[data-figure=found]")).to_have_text("5")
    for key in "jjx":
        page.keyboard.press(key)
    expect(page.get_by_label("LP30-0002")).to_be_checked()
    expect(page.get_by_text("Ticked: 1")).to_be_visible()

    page.keyboard.press("?")
    expect(page.get_by_role("heading", name="Keys")).to_be_visible()
    assert Axe().run(page).violations_count == 0
    page.keyboard.press("Escape")
    page.get_by_role("link", name="LP30-0002").focus()
    page.keyboard.press("Enter")

    expect(page.get_by_role("heading", level=1)).to_contain_text("LP30-0002")


def test_a_view_is_kept_shared_opened_and_dropped(page: Page, fleet: Fleet) -> None:
    log_in(page, Role.ADMINISTRATOR)
    page.goto("/assets")
    page.get_by_text("More filters and order").click()
    page.get_by_label("Held by").fill("museum")
    page.get_by_label("Order", exact=True).select_option("worst condition first")
    page.get_by_role("button", name="Show").click()
    page.get_by_text("Keep this view").click()
    page.get_by_label("Name of the view").fill("At the museum")
    page.get_by_label("for colleagues too").check()
    page.get_by_role("button", name="Keep", exact=True).click()
    log_in(page, Role.TECHNICIAN)
    page.goto("/assets")
    page.get_by_role("link", name="At the museum").click()

    expect(page.locator("tbody th")).to_have_text(["LP30-0002", "LP30-0003", "LP30-0001"])

    log_in(page, Role.ADMINISTRATOR)
    page.goto("/assets")
    page.get_by_role("link", name="At the museum").click()
    page.get_by_role("button", name="Drop the view").click()
    expect(page.get_by_role("link", name="At the museum")).to_have_count(0)


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
def test_chairs_are_moved_together_and_back_again(browser: Browser, address: str, fleet: Fleet, scripts: bool) -> None:  # noqa: FBT001 - a parameter
    context = browser.new_context(base_url=address, locale="en-GB", java_script_enabled=scripts)
    page = context.new_page()
    log_in(page, Role.ADMINISTRATOR)
    page.goto("/assets?q=CH1-0000")
    for serial in ("CH1-00004", "CH1-00005"):
        page.get_by_label(serial).check()
    page.locator("summary", has_text="Move").click()
    page.get_by_label("To place").fill("Bloc opératoire")
    page.get_by_label("Room or spot").fill("Store")
    page.get_by_role("button", name="Move").click()

    expect(page.get_by_role("status").filter(has_text="Changed: 2.")).to_be_visible()
    expect(page.get_by_role("row", name="CH1-00004")).to_contain_text("Bloc opératoire, Store")

    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("Taken back: 2.")).to_be_visible()
    expect(page.get_by_role("row", name="CH1-00004")).not_to_contain_text("Store")
    context.close()


def test_a_step_that_may_not_be_is_told_by_name(page: Page, fleet: Fleet) -> None:
    log_in(page, Role.ADMINISTRATOR)
    page.goto("/assets?q=CH1-0000")
    page.get_by_label("CH1-00009").check()
    page.locator("summary", has_text="Change status").click()
    page.get_by_label("New status").select_option("In service")
    page.get_by_role("button", name="Change status").click()

    news = page.get_by_role("status").filter(has_text="Not changed: 1.")
    expect(news).to_contain_text("CH1-00009")
    expect(page.get_by_role("button", name="Undo")).to_have_count(0)


def test_the_list_is_taken_along_as_a_file_that_holds_what_it_shows(page: Page, fleet: Fleet) -> None:
    log_in(page, Role.ADMINISTRATOR)
    page.goto("/assets?q=lp30&grade=C")

    answer = page.request.get(page.get_by_role("link", name="csv").get_attribute("href") or "")

    assert [line.split(",")[1] for line in answer.text().splitlines()] == ["serial", "LP30-0002"]


def test_nothing_stands_in_the_way_of_anybody(page: Page, fleet: Fleet, scheme: str) -> None:
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    found = []
    page.goto("/login")
    found.append(Axe().run(page))
    log_in(page, Role.ADMINISTRATOR)
    for path in [*pages_of(fleet), "/nowhere"]:
        page.goto(path)
        found.append(Axe().run(page))

    assert [one.generate_report() for one in found if one.violations_count] == []


@pytest.mark.parametrize("language", ["nl", "fr", "en"])
def test_no_page_scrolls_sideways_on_a_narrow_screen(page: Page, fleet: Fleet, language: str) -> None:
    page.set_viewport_size({"width": 320, "height": 640})
    log_in(page, Role.ADMINISTRATOR)

    for path in [*pages_of(fleet), "/nowhere", "/login"]:
        page.goto(f"{path}?lang={language}")
        assert page.evaluate("document.documentElement.scrollWidth") <= 320, path


def test_every_page_is_light(page: Page, fleet: Fleet) -> None:
    log_in(page, Role.ADMINISTRATOR)

    for path in pages_of(fleet):
        answer = page.goto(path)
        assert answer is not None
        assert int(answer.headers["content-length"]) <= WIDEST_PAGE, path
        assert answer.headers["content-encoding"] == "gzip"


def test_the_style_sheet_is_fetched_once(page: Page) -> None:
    page.goto("/login")
    answer = page.request.get(page.locator("link[rel=stylesheet]").get_attribute("href") or "")

    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert "content-security-policy" in answer.headers
