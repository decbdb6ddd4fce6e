"""A real SMTP server on this machine, a program that is called, and a small fleet with people who are told."""

import socket
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any, NamedTuple
from uuid import UUID

import pandas as pd
import pytest
from aiosmtpd.controller import Controller
from sqlmodel import Session

from lifecycle.absorb_readings import absorb_readings
from lifecycle.actor import Actor
from lifecycle.asset import AssetStatus, NewAsset
from lifecycle.register_assets import register_assets
from lifecycle.tables import CustomerRecord, SiteRecord
from pas.db import Database
from pas.found_tenant import found_tenant
from pas.mail_gateway import MailServer, SmtpMail
from pas.role import Role
from pas.send_messages import Post
from pas.tables import PersonRecord
from pas.webhook_gateway import Call, Called
from tests.conftest import NOW
from tests.lifecycle.sample_fleet import store_product

NOON = NOW.replace(hour=12)
"""Nobody's quiet hour."""
HOME = "https://pas.maker.example"
BY = Actor(kind="person", name="test")


class Mailbox:
    """What a mail server took, in order; `answers` are given before it takes anything."""

    def __init__(self) -> None:
        self.letters: list[EmailMessage] = []
        self.answers: list[str] = []

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802 - aiosmtpd's name
        if self.answers:
            return self.answers.pop(0)
        letter = message_from_bytes(envelope.content, policy=policy.default)
        assert isinstance(letter, EmailMessage)
        self.letters.append(letter)
        return "250 2.0.0 kept as number 7"

    def of(self, reader: str) -> list[EmailMessage]:
        return [letter for letter in self.letters if letter["To"] == reader]


class Smtp(NamedTuple):
    box: Mailbox
    port: int


def free_port() -> int:
    """Find a port that nobody uses; aiosmtpd cannot be told to take any."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@pytest.fixture
def smtp() -> Iterator[Smtp]:
    box = Mailbox()
    port = free_port()
    controller = Controller(box, hostname="127.0.0.1", port=port)
    controller.start()
    yield Smtp(box, port)
    controller.stop()


class Calls:
    """Stands in for programs that are called; takes what it is told to take."""

    def __init__(self) -> None:
        self.made: list[Call] = []
        self.answer = Called(taken=True, answer="HTTP 204")

    def __call__(self, call: Call) -> Called:
        self.made.append(call)
        return self.answer


@pytest.fixture
def calls() -> Calls:
    return Calls()


@pytest.fixture
def post(smtp: Smtp, calls: Calls) -> Iterator[Post]:
    """Mail goes to the real server, calls to the stand-in."""
    server = MailServer("127.0.0.1", smtp.port, tls=False, user="", password="", sender="pas <alerts@maker.example>")
    with SmtpMail(server) as mail:
        yield Post(mail, calls, server.sender, HOME)


class Room(NamedTuple):
    """A customer with a hot projection room, and the people around it."""

    tenant_id: int
    holder_id: UUID
    assets: list[UUID]
    contact: UUID
    manager: UUID


def person(session: Session, name: str, role: Role, language: str, customer_id: UUID | None = None) -> UUID:
    record = PersonRecord(
        tenant_id=session.info["tenant_id"],
        email=f"{name}@people.example",
        name=name.title(),
        role=role,
        language=language,
        customer_id=customer_id,
        password_hash="",
        created_at=NOW,
    )
    session.add(record)
    session.flush()
    return record.id


@pytest.fixture
def room(database: Database) -> Room:
    tenant = found_tenant(database, slug="makers", name="Maker", now=NOW)
    with database.writing(tenant) as session:
        made = store_product(session)
        customer = CustomerRecord.model_validate({"tenant_id": tenant, "code": "K1", "name": "Cinema"})
        site = SiteRecord.model_validate({"tenant_id": tenant, "code": "K1-S1", "name": "Cinema Ghent"})
        session.add_all([customer, site])
        session.flush()
        new = [
            NewAsset(
                serial=f"LP-{number}",
                product_id=made.id,
                status=AssetStatus.IN_SERVICE,
                holder_id=customer.id,
                site_id=site.id,
                place="Room 4",
                in_service_on=datetime(2025, 1, 1, tzinfo=UTC).date(),
            )
            for number in range(12)
        ]
        assets = [one.id for one in register_assets(session, new, now=NOW, by=BY)]
        contact = person(session, "contact", Role.CUSTOMER, "nl", customer.id)
        manager = person(session, "manager", Role.FLEET_MANAGER, "fr")
        return Room(tenant, customer.id, assets, contact, manager)


def heat(session: Session, assets: list[UUID], degrees: float, *, days: int = 10, until: datetime = NOW) -> None:
    """Let a room be so warm for days, a reading every six hours."""
    rows = [
        (str(asset), "ambient_temperature", until - timedelta(hours=6 * step + 1), degrees, "degC")
        for asset in assets
        for step in range(days * 4)
    ]
    frame = pd.DataFrame(rows, columns=["asset", "metric", "at", "value", "unit"])
    absorb_readings(session, frame=frame, key=None, source="test", now=until, by=BY)


class Program(NamedTuple):
    """A program that listens on this machine, and what it was sent."""

    url: str
    sent: list[tuple[dict[str, str], bytes]]


@pytest.fixture
def program() -> Iterator[Program]:
    sent: list[tuple[dict[str, str], bytes]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            sent.append(({name.lower(): value for name, value in self.headers.items()}, body))
            self.send_response(302 if self.path == "/elsewhere" else 204)
            self.send_header("Location", "http://127.0.0.1:1/")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever)
    thread.start()
    yield Program(f"http://127.0.0.1:{server.server_port}", sent)
    server.shutdown()
    server.server_close()
    thread.join()
