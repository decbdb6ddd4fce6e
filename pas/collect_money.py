"""Collect: hand over to Stripe what waits, and look into what it told; without a key nothing is sent."""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from typing import NamedTuple

from billing.collection.till import Till, TillSilent
from billing.hand_over import THROUGH_STRIPE, HandedOver, hand_over_some
from billing.hand_over_files import hand_over_files
from billing.hear_events import Heard, any_event_waits, hear_events
from billing.keep_tasks import any_task_due
from billing.queue_hand_overs import Queued, anything_to_queue, queue_hand_overs
from billing.reconcile import Reconciled, reconcile
from billing.take_steps import Desk
from pas.db import Database
from pas.settings import Settings
from telemetry.refusal import Refusal

MOST = 10_000
"""Tasks and events that `pas send` takes on at once."""
MOST_A_ROUND = 20
"""And the worker, which has other things to do in between."""
BACK = timedelta(days=60)
"""So far back reconciliation looks unless told otherwise."""


class NoStripe(Refusal):
    """No key of Stripe is set, so nothing can be collected through it."""


class StripeSilent(Refusal):
    """Stripe does not answer; what waits stays, and is tried again."""


class Collected(NamedTuple):
    """What a round did."""

    stripe: bool
    """Whether a key is set at all."""
    queued: Queued
    handed_over: HandedOver
    heard: Heard
    files: int = 0
    """E-invoices laid into the folder of the access point."""


def till_of(settings: Settings) -> Till | None:
    """Give whoever collects for us; None where no key is set, and then nothing is sent."""
    key = settings.stripe_key.get_secret_value() if settings.stripe_key else ""
    if not key:
        return None
    from billing.stripe_gateway import StripeTill  # noqa: PLC0415 - heavy, and only where a key is set

    return StripeTill(key, url=settings.stripe_url)


def collecting_tenant(database: Database, settings: Settings) -> int:
    """Give the tenant whose account at Stripe the key is of. Raises UnknownTenant."""
    return database.tenant_id(settings.stripe_tenant or settings.tenant)


def desk_of(database: Database, tenant_id: int, till: Till, *, settings: Settings, now: Callable[[], datetime]) -> Desk:
    """Put at hand what collecting needs."""
    return Desk(till, partial(database.writing, tenant_id), now, settings.public_url)


def collect_money(
    database: Database,
    tenant_id: int,
    *,
    settings: Settings,
    now: Callable[[], datetime],
    till: Till | None,
    most: int = MOST,
) -> Collected:
    """Queue what was issued, hand over what is due, and look into what was told; each step in its own transaction."""
    folder = settings.einvoice_folder
    queued = _queue(database, tenant_id, files=folder is not None, now=now())
    writing = partial(database.writing, tenant_id)
    files = 0 if folder is None else hand_over_files(writing, folder=folder, most=most, now=now)
    if till is None:
        return Collected(stripe=False, queued=queued, handed_over=HandedOver(), heard=Heard(), files=files)
    desk = desk_of(database, tenant_id, till, settings=settings, now=now)
    with database.reading(tenant_id) as session:
        due = any_task_due(session, kinds=THROUGH_STRIPE, now=now())
        told = any_event_waits(session, now=now())
    handed_over = hand_over_some(desk, most=most) if due else HandedOver()
    heard = hear_events(desk, most=most) if told else Heard()
    return Collected(stripe=True, queued=queued, handed_over=handed_over, heard=heard, files=files)


def _queue(database: Database, tenant_id: int, *, files: bool, now: datetime) -> Queued:
    """Queue in transactions of their own; nobody who writes waits where there is nothing to queue."""
    total = Queued()
    while True:
        with database.reading(tenant_id) as session:
            if not anything_to_queue(session):
                return total
        with database.writing(tenant_id) as session:
            some = queue_hand_overs(session, files=files, now=now)
        total = Queued(*(a + b for a, b in zip(total, some, strict=True)))


def reconcile_money(
    database: Database,
    tenant_id: int,
    *,
    settings: Settings,
    now: Callable[[], datetime],
    since: datetime | None = None,
) -> Reconciled:
    """Finish what waits, then hold our books against Stripe's. Raises NoStripe and StripeSilent."""
    till = till_of(settings)
    if till is None:
        raise NoStripe("set PAS_STRIPE_KEY first: without it nothing is collected through Stripe", field="stripe_key")
    collect_money(database, tenant_id, settings=settings, now=now, till=till)
    desk = desk_of(database, tenant_id, till, settings=settings, now=now)
    try:
        return reconcile(desk, since=since or now() - BACK)
    except TillSilent as silent:
        raise StripeSilent(f"Stripe does not answer ({silent.said}); try again later") from silent
