"""Collecting killed with -9 between two calls to Stripe: nobody is charged twice, nobody is missed, the books agree."""

import os
import signal
import subprocess
import sys
import time
from datetime import timedelta
from random import Random

import pytest
from sqlmodel import col, select

from billing.collection.collecting import CollectedState, TaskState
from billing.collection_tables import CollectedInvoiceRecord, CollectionTaskRecord
from billing.reconcile import reconcile
from pas.db import Database
from tests.billing.collected_fleet import MONTH_END, Office, open_office
from tests.faults.killing import KILLS, ended, tell
from tests.stripe_server.at_hand import stripe_at_hand

pytestmark = pytest.mark.faults

INVOICES = 4


def start(office: Office) -> "subprocess.Popen[bytes]":
    environment = os.environ | {
        "PAS_DATABASE_URL": office.database.url,
        "PAS_STRIPE_KEY": "sk_test_1",
        "PAS_STRIPE_URL": office.stripe.url,
    }
    command = [sys.executable, "-m", "pas.cli", "send", "--json"]
    return subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def kill_after_calls(office: Office, calls: int) -> bool:
    """Let `pas send` make so many calls, then kill it; tell whether it was still at work."""
    before = len(office.stripe.ask("book")["calls"])
    with start(office) as process:
        while process.poll() is None and len(office.stripe.ask("book")["calls"]) < before + calls:
            time.sleep(0.002)
        if process.poll() is None:
            process.send_signal(signal.SIGKILL)
            return True
    return False


def let_claims_run_out(office: Office) -> None:
    with office.writing() as session:
        query = select(CollectionTaskRecord).where(col(CollectionTaskRecord.state) == TaskState.WORKING)
        for task in session.exec(query):
            task.claimed_until = task.next_try_at - timedelta(seconds=1)


@pytest.mark.parametrize("seed", range(KILLS))
def test_after_kill_9_each_invoice_is_charged_once(database: Database, tenant: int, seed: int) -> None:
    chance = Random(seed)
    with stripe_at_hand() as stripe:
        office = open_office(database, tenant, stripe, contracts=INVOICES)
        killed = sum(kill_after_calls(office, chance.randrange(1, 9)) for _ in range(2))

        for _ in range(4):
            let_claims_run_out(office)
            with start(office) as process:
                ended(process)
            assert process.returncode == 0

        tell(
            f"seed {seed} on {database.url.partition(':')[0]}: send killed at work {killed} times, then run to the end"
        )
        with office.writing() as session:
            states = [one.state for one in session.exec(select(CollectedInvoiceRecord))]
        assert states == [CollectedState.PAID] * INVOICES
        assert sorted(one["amount"] for one in stripe.things("payment_intent")) == [6050, 6171, 6292, 6413]
        assert len(stripe.things("invoice")) == INVOICES
        assert reconcile(office.desk, since=MONTH_END - timedelta(days=1)).is_clean
