"""A worker killed with -9 while a letter is at the mail server: it goes once more, and is known as the same."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from sqlmodel import select

from lifecycle.reassess import reassess
from pas import clock
from pas.db import Database
from pas.keep_wishes import keep_wishes
from pas.message_tables import MessageRecord, MessageState
from pas.wishes import Wishes
from tests.telling import conftest as telling

room = telling.room
pytestmark = pytest.mark.faults


class Deadly(telling.Mailbox):
    """Says yes, but the one who asked is dead by then."""

    def __init__(self) -> None:
        super().__init__()
        self.victim: subprocess.Popen[bytes] | None = None

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802 - aiosmtpd's name
        answer = await super().handle_DATA(server, session, envelope)
        if self.victim is not None:
            os.kill(self.victim.pid, signal.SIGKILL)
            self.victim.wait()
            self.victim = None
        return answer


@pytest.fixture
def deadly() -> Iterator[tuple[Deadly, int]]:
    box, port = Deadly(), telling.free_port()
    controller = Controller(box, hostname="127.0.0.1", port=port)
    controller.start()
    yield box, port
    controller.stop()


def worker(database: Database, port: int) -> "subprocess.Popen[bytes]":
    environment = os.environ | {
        "PAS_DATABASE_URL": database.url,
        "PAS_SMTP_URL": f"smtp://127.0.0.1:{port}",
        "PAS_PUBLIC_URL": "https://pas.maker.example",
    }
    command = [sys.executable, "-m", "pas.cli", "worker", "--once", "--json"]
    return subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def test_a_letter_after_kill_9_bears_the_same_id_and_goes_only_when_its_claim_ran_out(
    database: Database,
    room: telling.Room,
    deadly: tuple[Deadly, int],
) -> None:
    box, port = deadly
    with database.writing(room.tenant_id) as session:
        telling.heat(session, room.assets, 31.0, until=clock.now())
        reassess(session, now=clock.now())
        _no_quiet_hours(session, room)

    box.victim = victim = worker(database, port)
    assert victim.wait(timeout=120) == -signal.SIGKILL
    assert len(box.letters) == 1
    assert _run(database, port) == 0
    assert len(box.letters) == 1, "still claimed by the dead"

    _let_claims_run_out(database, room)
    assert _run(database, port) == 0
    assert _run(database, port) == 0

    first, second = box.letters
    assert first["Message-ID"] == second["Message-ID"]
    with database.reading(room.tenant_id) as session:
        (message,) = session.exec(select(MessageRecord)).all()
        assert (message.state, message.tries) == (MessageState.SENT, 2)


def _run(database: Database, port: int) -> int:
    process = worker(database, port)
    return process.wait(timeout=120)


def _no_quiet_hours(session: Any, room: telling.Room) -> None:
    wishes = Wishes(quiet_from=0, quiet_until=0)
    keep_wishes(session, person_id=room.contact, wishes=wishes, now=clock.now(), by=telling.BY)


def _let_claims_run_out(database: Database, room: telling.Room) -> None:
    with database.writing(room.tenant_id) as session:
        for message in session.exec(select(MessageRecord)):
            message.claimed_until = clock.now() - timedelta(seconds=1)
