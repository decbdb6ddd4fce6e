"""Load the demo fleet through the import doors, then assess, bill and value it: what any tenant would do by hand."""

from collections.abc import Callable
from datetime import datetime
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import NamedTuple

from sqlmodel import Session, select

from billing.contract_life.ending import EndReportLine
from billing.end_report import end_report
from billing.keep_seller import keep_seller
from billing.month.bill_run import BillRun
from billing.period import months_later
from billing.seller import Seller
from billing.tables import BillRunRecord
from lifecycle.actor import Actor
from lifecycle.follow_readings import follow_readings
from lifecycle.learn_wear import learn_wear, products_to_learn
from lifecycle.reassess import Reassessed, reassess
from lifecycle.work_out_due_dates import work_out_due_dates
from pas.db import Database
from pas.demo.care import Care, care_of
from pas.demo.clockwork import Clockwork
from pas.demo.definitions import vat_number
from pas.demo.fleet_figures import FleetFigures, fleet_figures
from pas.demo.generate import Demo, DemoFile, generate
from pas.demo.logins import Login, give_logins
from pas.demo.money import MoneyStory, bill_two_months
from pas.demo.roads import show_roads
from pas.demo.stories import Story, stories
from pas.exchange import ImportReport, import_file
from pas.found_tenant import found_tenant, tenants
from telemetry.compact import compact
from telemetry.refusal import Refusal
from telemetry.tables import TenantRecord

SLUG, NAME, SMALL_NAME = "demo", "Demo (synthetic)", "Demo, small (synthetic)"
ASSESSED_AT_ONCE = 500
SELLER_RANK = 900
MONTHS_AHEAD = 12


class NotTheDemo(Refusal):
    """A tenant bears the demo's slug and is not the demo: nothing invented goes into it."""


class Taken(NamedTuple):
    """One file and what its door said."""

    file: DemoFile
    report: ImportReport
    seconds: float


class Loaded(NamedTuple):
    """What happened: every import, and what the fleet showed when it was in."""

    taken: list[Taken]
    reassessed: Reassessed
    fleet: FleetFigures
    care: Care
    bill_run: BillRun
    money: MoneyStory
    endings: list[EndReportLine]
    stories: list[Story]
    logins: list[Login]
    seconds: dict[str, float]


def demo_tenant(database: Database) -> TenantRecord | None:
    """Find the demo tenant of an earlier run, if there is one. Raises NotTheDemo."""
    found = next((tenant for tenant in tenants(database) if tenant.slug == SLUG), None)
    if found is not None and found.name not in {NAME, SMALL_NAME}:
        sentence = f"the tenant {SLUG} here is called {found.name!r} and is not ours; set PAS_HOME to an empty folder"
        raise NotTheDemo(sentence)
    return found


def loaded_before(database: Database) -> int | None:
    """Give the demo tenant's number if its fleet is in and billed; None where it is not there or not complete."""
    tenant = demo_tenant(database)
    if tenant is None or tenant.id is None:
        return None
    with database.reading(tenant.id) as session:
        billed = session.exec(select(BillRunRecord.id).limit(1)).first()
    return tenant.id if billed else None


def load_demo(database: Database, *, now: datetime, small: bool, by: Actor, tell: Callable[[str], None]) -> Loaded:
    """Found the demo tenant and load, assess, bill and value its fleet; `tell` is called with each step's name.

    After an interruption the same files are made again, as of the moment the tenant was founded and of the size it
    was begun in, so that the doors find unchanged what was taken before and the rest goes in. Raises NotTheDemo.
    """
    steps = Clockwork(tell)
    with steps.step("found"):
        tenant = _founded(database, now=now, small=small, by=by)
    with TemporaryDirectory(prefix="pas-demo-") as folder:
        with steps.step("generate"):
            demo = generate(Path(folder), now=tenant.founded_at, small=tenant.name == SMALL_NAME)
        taken = [_take(database, tenant.number, file, now=now, by=by, steps=steps) for file in demo.files]
    with steps.step("logins"):
        logins = give_logins(database, tenant.number, now=now, by=by)
    return _conclude(database, tenant.number, demo, now=now, by=by, steps=steps)._replace(taken=taken, logins=logins)


class _Founded(NamedTuple):
    number: int
    name: str
    founded_at: datetime


def _founded(database: Database, *, now: datetime, small: bool, by: Actor) -> _Founded:
    """Found the tenant, or find the one whose loading was interrupted."""
    earlier = demo_tenant(database)
    name = earlier.name if earlier else SMALL_NAME if small else NAME
    number = earlier.id if earlier else found_tenant(database, slug=SLUG, name=name, now=now)
    assert number is not None  # noqa: S101 - what is in the database is numbered
    with database.writing(number) as session:
        keep_seller(session, seller(name), now=now, by=by)
    return _Founded(number, name, earlier.founded_at if earlier else now)


def _conclude(database: Database, tenant_id: int, demo: Demo, *, now: datetime, by: Actor, steps: Clockwork) -> Loaded:
    """Assess, bill and value what came in, and see what was found."""
    with steps.step("pack readings"):
        _pack_readings(database, tenant_id, now=now)
    with steps.step("learn wear"):
        _learn_wear(database, tenant_id, now=now)
    with steps.step("every road"):
        show_roads(database, tenant_id, demo.things, until=demo.calendar.until, now=now, by=by)
    with steps.step("assess"):
        reassessed = _reassess_all(database, tenant_id, now=now)
    with steps.step("due dates"):
        _work_out_due_dates(database, tenant_id, now=now)
    with steps.step("bill"), database.writing(tenant_id) as session:
        bill_run, money = bill_two_months(session, month=demo.calendar.month, now=now, by=by)
    with steps.step("value"), database.reading(tenant_id) as session:
        endings = _endings(session, now)
    with database.reading(tenant_id) as session:
        found, fleet = stories(session, _planted(demo)), fleet_figures(session)
    with steps.step("peers"), database.reading(tenant_id) as session:
        care = care_of(session, _planted(demo), now=now)
    return Loaded([], reassessed, fleet, care, bill_run, money, endings, found, [], steps.seconds)


def seller(name: str) -> Seller:
    """Give the demo maker as a legal entity; number and account are of the right form and nobody's."""
    return Seller(
        name=name,
        vat_number=vat_number("BE", SELLER_RANK),
        street="Demokaai 1",
        postal_code="2800",
        city="Mechelen",
        country="BE",
        email="invoices@maker.example",
        iban="BE71096123456769",
        series="DEMO",
    )


def _take(database: Database, tenant_id: int, file: DemoFile, *, now: datetime, by: Actor, steps: Clockwork) -> Taken:
    """Let one file in by the same door as `pas import`."""
    began = perf_counter()
    with steps.step(f"import {file.path.name}"), file.path.open("rb") as opened:
        report = import_file(
            database,
            tenant_id,
            kind=file.kind,
            file=opened,
            file_name=file.path.name,
            dry_run=False,
            now=now,
            by=by,
        )
    return Taken(file, report, round(perf_counter() - began, 2))


def _pack_readings(database: Database, tenant_id: int, *, now: datetime) -> None:
    """Do what follows from the readings and lay them into their days, as the worker would within minutes."""
    for step in (partial(follow_readings, now=now), compact):
        batches = 1
        while batches:
            with database.writing(tenant_id) as session:
                batches = step(session).batches


def _learn_wear(database: Database, tenant_id: int, *, now: datetime) -> None:
    """Learn from the inspections how fast each product wears, as the worker would within the hour."""
    with database.reading(tenant_id) as session:
        due = products_to_learn(session, now=now)
    for product_id in due:
        with database.writing(tenant_id) as session:
            learn_wear(session, product_id=product_id, now=now)


def _reassess_all(database: Database, tenant_id: int, *, now: datetime) -> Reassessed:
    """Assess in pieces, each its own transaction, until nothing waits."""
    total = Reassessed()
    while True:
        with database.writing(tenant_id) as session:
            some = reassess(session, now=now, limit=ASSESSED_AT_ONCE)
        if not some.taken:
            return total
        total = Reassessed(*(one + other for one, other in zip(total, some, strict=True)))


def _work_out_due_dates(database: Database, tenant_id: int, *, now: datetime) -> None:
    """Say when everything must be inspected again, as the worker would within a minute."""
    done = 1
    while done:
        with database.writing(tenant_id) as session:
            done = work_out_due_dates(session, now=now, limit=ASSESSED_AT_ONCE)


def _endings(session: Session, now: datetime) -> list[EndReportLine]:
    """Value the things whose contracts end within the next twelve months."""
    today = now.date()
    return end_report(session, start=today, end=months_later(today, MONTHS_AHEAD), as_of=today, now=now)


def _planted(demo: Demo) -> dict[str, list[str]]:
    """Give the serial numbers behind each story that the generator planted."""
    planted = demo.things[demo.things["story"] != ""]
    return {str(name): list(group["serial"]) for name, group in planted.groupby("story")}
