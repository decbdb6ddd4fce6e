"""The worker does what waits: for every tenant it assesses the queued assets, some at a time, each time committed."""

from collections.abc import Callable
from datetime import datetime, timedelta
from threading import Event
from time import monotonic
from typing import NamedTuple

from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import Session, select

from billing.renew_contracts import renew_contracts
from lifecycle.alarm_queries import how_many_to_follow
from lifecycle.condition_queries import how_many_wait
from lifecycle.due_queries import is_anything_outdated
from lifecycle.follow_readings import follow_readings, listen
from lifecycle.learn_wear import learn_wear, products_to_learn
from lifecycle.notice_time_passing import notice_time_passing
from lifecycle.reassess import Reassessed, reassess
from lifecycle.reassess_fleet import how_many_in_bulk
from lifecycle.work_out_due_dates import work_out_due_dates
from pas import clock
from pas.assess_long_queue import assess_long_queue, processes_for
from pas.carry_on_bill_runs import carry_on_bill_runs
from pas.collect_money import MOST_A_ROUND, collect_money, collecting_tenant, till_of
from pas.db import Database, UnknownTenant
from pas.idempotency import forget_answers
from pas.keep_archive import archive_some_days
from pas.learn_beside import Learner
from pas.log import logger
from pas.mail_gateway import mail_server
from pas.send_messages import Sent
from pas.settings import settings
from pas.tell_alerts import hear_sensors, post_office, tell_alerts, tell_digests
from telemetry.compact import compact, is_due
from telemetry.forget_receipts import forget_receipts
from telemetry.tables import TenantRecord

log = logger("worker")

BULK_FROM = 20_000
"""So many waiting assets are assessed in bulk."""
AT_ONCE = 500
"""Assets in one transaction: so long, at most, does another writer on SQLite wait for the worker."""
BITES_A_ROUND = 20
"""Bites of a run over a month that are taken before other work has its turn again."""
PAUSE = 2.0
"""Seconds between two looks at an empty queue."""
SWEEP_EVERY = 3600.0
"""Seconds between two looks for what time alone has made due."""
LISTEN_EVERY = 60.0
"""Seconds between two looks for what fell silent."""
ARCHIVE_EVERY = 86_400.0
"""Seconds between two looks for months that have grown cold."""
ANSWERS_KEPT = timedelta(days=7)
"""How long a phone may be without signal and still send the same thing again under the same key."""
RECEIPTS_KEPT = timedelta(days=30)
"""How long the same batch of readings is known at a glance; later each of its readings is found to be there."""
PAUSE_AFTER_FAULT = 10.0
"""Seconds to wait after a fault of the database before it is asked again."""


class Worked(NamedTuple):
    """What a round of all tenants did."""

    tenants: int
    done: Reassessed


def run_worker(database: Database, stop: Event) -> None:
    """Do what waits until told to stop; a fault is logged and tried again later, nothing half done stays.

    Any number of workers may run on PostgreSQL: each takes what no other holds.
    """
    sweep_at = listen_at = archive_at = monotonic()
    learner = Learner()
    while not stop.is_set():
        try:
            if monotonic() >= sweep_at:
                sweep(database)
                sweep_at = monotonic() + SWEEP_EVERY
            if monotonic() >= listen_at:
                listen_to_all(database)
                look_for_messages(database)
                listen_at = monotonic() + LISTEN_EVERY
            worked = work_once(database, stop=stop)
            bites = bill_all(database, stop=stop, at_most=BITES_A_ROUND)
            tell_all(database)
            collect_all(database)
            learner.look(database, now=clock.now())
            if monotonic() >= archive_at:
                months = settings().archive_after_months
                moved = archive_some_days(database, after_months=months, now=clock.now(), stop=stop)
                archive_at = monotonic() + (0 if moved.days else ARCHIVE_EVERY)
        except SQLAlchemyError:
            log.exception("the worker's round failed")
            stop.wait(PAUSE_AFTER_FAULT)
            continue
        if worked.done.taken:
            log.info("reassessed", **worked.done._asdict())
        elif not bites:
            stop.wait(PAUSE)
    learner.stop()


def work_once(database: Database, *, stop: Event | None = None, now: Callable[[], datetime] = clock.now) -> Worked:
    """Assess all that waits now, tenant by tenant; ends early, between two transactions, when told to stop."""
    halt = stop or Event()
    tenants = _tenants(database)
    total = Reassessed()
    for tenant_id in tenants:
        while not halt.is_set() and _follow(database, tenant_id, now()):
            pass
        while not halt.is_set() and _compact(database, tenant_id, now()):
            pass
        while not halt.is_set() and (done := _some(database, tenant_id, now(), halt)).taken:
            total = Reassessed(*(a + b for a, b in zip(total, done, strict=True)))
        if total.taken:
            _foretell(database, tenant_id, now(), halt)
    return Worked(len(tenants), total)


def bill_all(
    database: Database, *, stop: Event, at_most: int | None = None, now: Callable[[], datetime] = clock.now
) -> int:
    """Carry on, for every tenant, the runs over a month that are under way; give how many bites were taken."""
    bites = 0
    for tenant_id in _tenants(database):
        bites += carry_on_bill_runs(database, tenant_id, now=now, stop=stop, at_most=at_most)
    return bites


def sweep(database: Database, *, now: Callable[[], datetime] = clock.now) -> int:
    """Queue, for every tenant, what time alone has made due; give how many assets. Forget old answers and receipts."""
    due = 0
    for tenant_id in _tenants(database):
        with database.writing(tenant_id) as session:
            due += notice_time_passing(session, now=now())
            forget_answers(session, before=now() - ANSWERS_KEPT)
            forget_receipts(session, before=now() - RECEIPTS_KEPT)
            _renew(session, now())
        _learn(database, tenant_id, now())
    return due


def _renew(session: Session, now: datetime) -> None:
    """Renew the contracts whose day of notice has passed; one that cannot be is told in the log each time."""
    for one in renew_contracts(session, now=now).failed:
        log.warning("not renewed", contract=one.contract, why=one.sentence)


def listen_to_all(database: Database, *, now: Callable[[], datetime] = clock.now) -> int:
    """Raise an alarm, for every tenant, for what should have been heard by now; give how many."""
    raised = 0
    for tenant_id in _tenants(database):
        with database.writing(tenant_id) as session:
            raised += listen(session, now=now()).raised
        _foretell(database, tenant_id, now(), Event())
    return raised


def look_for_messages(database: Database, *, now: Callable[[], datetime] = clock.now) -> int:
    """Raise, for every tenant, what sensors say, and write the digests that are due; give how much changed."""
    mails, changed = mail_server(settings()) is not None, 0
    for tenant_id in _tenants(database):
        changed += hear_sensors(database, tenant_id, now=now())
        changed += tell_digests(database, tenant_id, mails=mails, now=now())
    return changed


def tell_all(database: Database, *, now: Callable[[], datetime] = clock.now) -> Sent:
    """Tell the people of every tenant of what was raised and is due; give what was sent."""
    total = Sent()
    with post_office(settings()) as post:
        for tenant_id in _tenants(database):
            some = tell_alerts(database, tenant_id, post=post, now=now)
            total = Sent(*(a + b for a, b in zip(total, some, strict=True)))
    return total


def collect_all(database: Database, *, now: Callable[[], datetime] = clock.now) -> None:
    """Collect through Stripe what waits, where a key is set; whose account that is must be clear."""
    till = till_of(settings())
    if till is None:
        return
    try:
        tenant_id = collecting_tenant(database, settings())
    except UnknownTenant as unclear:
        log.warning("nothing collected", why=unclear.sentence)
        return
    done = collect_money(database, tenant_id, settings=settings(), now=now, till=till, most=MOST_A_ROUND)
    if any(done.handed_over) or any(done.heard):
        log.info("collected", **done.handed_over._asdict(), heard=done.heard.done)


def _foretell(database: Database, tenant_id: int, now: datetime, halt: Event) -> None:
    """Work out the due dates that something changed of, some in each transaction."""
    while not halt.is_set():
        with database.reading(tenant_id) as session:
            if not is_anything_outdated(session, now=now):
                return
        with database.writing(tenant_id) as session:
            if not work_out_due_dates(session, now=now, limit=AT_ONCE):
                return


def _follow(database: Database, tenant_id: int, now: datetime) -> int:
    """Follow some of the readings that were taken in, in one transaction; give how many batches."""
    with database.reading(tenant_id) as session:
        if not how_many_to_follow(session):
            return 0
    with database.writing(tenant_id) as session:
        return follow_readings(session, now=now).batches


def _compact(database: Database, tenant_id: int, now: datetime) -> int:
    """Compact some of the accepted batches, in one transaction, where enough of them wait; give how many."""
    with database.reading(tenant_id) as session:
        if not is_due(session, now=now):
            return 0
    with database.writing(tenant_id) as session:
        return compact(session).batches


def _some(database: Database, tenant_id: int, now: datetime, halt: Event) -> Reassessed:
    """Assess some assets in one transaction; an empty queue is seen without keeping a writer waiting.

    A long queue gets its conditions in bulk first, without alerts and routes; what may follow from them waits on.
    """
    with database.reading(tenant_id) as session:
        if not how_many_wait(session):
            return Reassessed()
        free = how_many_in_bulk(session)
    if free >= BULK_FROM and (done := _in_bulk(database, tenant_id, now, free, halt)).taken:
        return done
    with database.writing(tenant_id) as session:
        return reassess(session, now=now, limit=AT_ONCE)


def _in_bulk(database: Database, tenant_id: int, now: datetime, free: int, halt: Event) -> Reassessed:
    many = processes_for(free)
    done = [one.done for one in assess_long_queue(database, tenant_id, now=now, processes=many, halt=halt)]
    taken, assessed, unknown = (sum(getattr(one, name) for one in done) for name in ("taken", "assessed", "unknown"))
    return Reassessed(taken=taken, assessed=assessed, unknown=unknown)


def _learn(database: Database, tenant_id: int, now: datetime) -> None:
    """Learn anew how fast products wear, each in a transaction of its own."""
    with database.reading(tenant_id) as session:
        due = products_to_learn(session, now=now)
    for product_id in due:
        with database.writing(tenant_id) as session:
            learned = learn_wear(session, product_id=product_id, now=now)
        log.info("wear learned", product=str(product_id), **learned._asdict())


def _tenants(database: Database) -> list[int]:
    with database.looking_in() as session:
        return [tenant.id for tenant in session.exec(select(TenantRecord).order_by(TenantRecord.slug)) if tenant.id]
