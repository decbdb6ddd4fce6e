"""Load the demo fleet through the import doors, then assess, bill and value it: what any tenant would do by hand."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any, NamedTuple

from sqlmodel import Session, select

from billing.bill_month import bill_month
from billing.bill_run import BillRun
from billing.end_report import end_report
from billing.ending import EndReportLine
from billing.keep_seller import keep_seller
from billing.period import Month, months_later
from billing.seller import Seller
from billing.tables import BillRunRecord
from lifecycle.actor import Actor
from lifecycle.reassess import Reassessed, reassess
from pas.db import Database
from pas.demo.definitions import vat_number
from pas.demo.fleet_figures import FleetFigures, fleet_figures
from pas.demo.generate import Demo, DemoFile, generate
from pas.demo.logins import Login, give_logins
from pas.demo.stories import Story, stories
from pas.exchange import ImportReport, import_file
from pas.found_tenant import found_tenant, tenants
from telemetry.tables import TenantRecord

SLUG, NAME = "demo", "Demo (synthetic)"
ASSESSED_AT_ONCE = 500
SELLER_RANK = 900
MONTHS_AHEAD = 12


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
    bill_run: BillRun
    endings: list[EndReportLine]
    stories: list[Story]
    logins: list[Login]
    seconds: dict[str, float]


class Clockwork:
    """Keeps how long each step took, and tells each step as it begins."""

    def __init__(self, tell: Any) -> None:
        """Begin with nothing."""
        self.seconds: dict[str, float] = {}
        self._tell = tell

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Time the block under a name; a name used again adds up."""
        self._tell(name)
        began = perf_counter()
        yield
        self.seconds[name] = round(self.seconds.get(name, 0.0) + perf_counter() - began, 2)


def demo_tenant(database: Database) -> TenantRecord | None:
    """Find the demo tenant of an earlier run, if there is one."""
    return next((tenant for tenant in tenants(database) if tenant.slug == SLUG), None)


def is_loaded(database: Database) -> int | None:
    """Give the demo tenant's number if its fleet is in and billed; None where it is not there or not complete."""
    tenant = demo_tenant(database)
    if tenant is None or tenant.id is None:
        return None
    with database.reading(tenant.id) as session:
        billed = session.exec(select(BillRunRecord.id).limit(1)).first()
    return tenant.id if billed else None


def load_demo(database: Database, *, now: datetime, small: bool, by: Actor, tell: Any) -> Loaded:
    """Found the demo tenant and load, assess, bill and value its fleet; `tell` is called with each step's name.

    After an interruption the files are made again as of the moment the tenant was founded, so that the doors find
    unchanged what was taken before and the rest goes in.
    """
    steps = Clockwork(tell)
    earlier = demo_tenant(database)
    began = earlier.founded_at if earlier else now
    with steps.step("found"):
        tenant_id = (earlier and earlier.id) or found_tenant(database, slug=SLUG, name=NAME, now=now)
        with database.writing(tenant_id) as session:
            keep_seller(session, seller(), now=now, by=by)
    with TemporaryDirectory(prefix="pas-demo-") as folder:
        with steps.step("generate"):
            demo = generate(Path(folder), now=began, small=small)
        taken = [_take(database, tenant_id, file, now=now, by=by, steps=steps) for file in demo.files]
    with steps.step("logins"):
        logins = give_logins(database, tenant_id, now=now, by=by)
    with steps.step("assess"):
        reassessed = _reassess_all(database, tenant_id, now=now)
    with steps.step("bill"), database.writing(tenant_id) as session:
        bill_run = bill_month(session, month=Month(f"{demo.calendar.month:%Y-%m}"), now=now, by=by)
    with steps.step("value"), database.reading(tenant_id) as session:
        endings = _endings(session, now)
    with database.reading(tenant_id) as session:
        found, fleet = stories(session, _planted(demo)), fleet_figures(session)
    return Loaded(taken, reassessed, fleet, bill_run, endings, found, logins, steps.seconds)


def seller() -> Seller:
    """Give the demo maker as a legal entity; number and account are of the right form and nobody's."""
    return Seller(
        name=NAME,
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
    with steps.step(f"import {file.kind}"), file.path.open("rb") as opened:
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


def _reassess_all(database: Database, tenant_id: int, *, now: datetime) -> Reassessed:
    """Assess in pieces, each its own transaction, until nothing waits."""
    total = Reassessed()
    while True:
        with database.writing(tenant_id) as session:
            some = reassess(session, now=now, limit=ASSESSED_AT_ONCE)
        if not some.taken:
            return total
        total = Reassessed(*(one + other for one, other in zip(total, some, strict=True)))


def _endings(session: Session, now: datetime) -> list[EndReportLine]:
    """Value the things whose contracts end within the next twelve months."""
    today = now.date()
    return end_report(session, start=today, end=months_later(today, MONTHS_AHEAD), as_of=today, now=now)


def _planted(demo: Demo) -> dict[str, list[str]]:
    """Give the serial numbers behind each story that the generator planted."""
    planted = demo.things[demo.things["story"] != ""]
    return {str(name): list(group["serial"]) for name, group in planted.groupby("story")}
