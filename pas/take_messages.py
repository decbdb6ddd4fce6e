"""Take in what an MQTT broker delivered: for each tenant one transaction, after which the broker may forget it."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

import msgspec
from sqlmodel import Session, select

from lifecycle.absorb_readings import Sent, absorb_deliveries
from lifecycle.actor import SYSTEM
from pas.db import Database
from pas.known_devices import Device, KnownDevices, find_devices, only_own_assets
from pas.log import logger
from pas.mqtt_window import moved, not_yet_stored
from pas.refused_payloads import RefusedPayloads, keep_refused_payloads
from pas.tables import MqttWindowRecord
from telemetry.follow_sparkplug import FromNode, FromThing, follow_sparkplug
from telemetry.join_batches import join_batches
from telemetry.moment import micros
from telemetry.mqtt_gateway import Message
from telemetry.mqtt_topic import Batch, Single, Spoken, Topic, read_topic
from telemetry.plain_value import read_plain
from telemetry.reading import Arrived
from telemetry.refusal import Refusal
from telemetry.sparkplug_payload import decode as decode_sparkplug
from telemetry.sparkplug_payload import rebirth_command
from telemetry.sparkplug_readings import as_batch
from telemetry.tables import TenantRecord, tenant_of
from telemetry.wire.decode import decode

SOURCE = "mqtt"
LARGE = 1_000
"""From so many readings on a message is a batch of its own; smaller ones that came together are stored as one."""

log = logger("mqtt")


class Command(NamedTuple):
    """What is to be told to a Sparkplug node once all is stored."""

    topic: str
    payload: bytes


class UnknownOrganisation(Refusal):
    """A topic names an organisation that is not here."""


class MessageBroke(Refusal):
    """A message that we could not store by a fault of ours; it is let go, so that the others get through."""


@dataclass
class Took:
    """What became of the messages."""

    commands: list[Command] = field(default_factory=list)
    taken: int = 0
    duplicates: int = 0
    quarantined: int = 0
    refused: int = 0
    held: int = 0


class _Read(NamedTuple):
    message: Message
    topic: Topic


def take_messages(database: Database, *, client: str, messages: Sequence[Message], now: datetime) -> Took:
    """Store what the messages bring, tenant by tenant; what cannot be read is counted with its reason, and done with.

    When this returns, all is committed; when it raises, what is not committed is to be given again.
    """
    took = Took()
    tenants = _tenants(database)
    for slug, own in _by_organisation(messages, took).items():
        if slug not in tenants:
            took.refused += len(own)
            log.warning("refused", reason=UnknownOrganisation.code(), organisation=slug[:60], messages=len(own))
            continue
        with database.writing(tenants[slug]) as session:
            _Taking(session, slug, client, now, took).all(own)
    return took


def let_go(database: Database, *, message: Message, now: datetime) -> Took:
    """Count a message that cannot be stored, whatever is done."""
    took = Took(refused=1)
    reads = _by_organisation([message], took)
    tenants = _tenants(database)
    for slug, own in reads.items():
        if slug in tenants:
            sentence = f"a message under {message.topic[:100]} could not be stored; the log says why"
            refused = RefusedPayloads()
            refused.add(tenants[slug], "mqtt", MessageBroke.code(), sentence, own[0].topic.device, now=now)
            with database.writing(tenants[slug]) as session:
                keep_refused_payloads(session, refused.take().items())
    return took


def _tenants(database: Database) -> dict[str, int]:
    with database.looking_in() as session:
        return {tenant.slug: tenant.id for tenant in session.exec(select(TenantRecord)) if tenant.id is not None}


def _by_organisation(messages: Iterable[Message], took: Took) -> dict[str, list[_Read]]:
    found: dict[str, list[_Read]] = defaultdict(list)
    for message in messages:
        try:
            topic = read_topic(message.topic)
        except Refusal as refusal:
            took.refused += 1
            log.warning("refused", reason=refusal.code(), topic=message.topic[:100])
            continue
        if topic is not None:
            found[topic.organisation].append(_Read(message, topic))
    return found


class _Taking:
    """One tenant's share of the messages, in one transaction."""

    def __init__(self, session: Session, slug: str, client: str, now: datetime, took: Took) -> None:
        self._session, self._slug, self._client = session, slug, client
        self._now, self._took = now, took
        self._refused = RefusedPayloads()
        self._batches: list[tuple[Device, Arrived]] = []
        self._rows: dict[str, list[dict[str, Any]]] = defaultdict(list)
        self._nodes: list[FromNode] = []

    def all(self, delivered: Sequence[_Read]) -> None:
        """Do what there is to do, and remember that it was done."""
        window = self._session.get(MqttWindowRecord, (tenant_of(self._session), self._client))
        before = b"" if window is None else window.stored
        fresh = set(map(id, not_yet_stored([one.message for one in delivered], before)))
        new = [one for one in delivered if id(one.message) in fresh]
        devices = find_devices(self._session, (one.topic.device for one in new))
        for one in new:
            self._read(one, devices)
        self._follow_nodes(devices)
        self._store(devices)
        keep_refused_payloads(self._session, self._refused.take().items())
        if (after := moved(before, [one.message for one in new])) != before:
            self._session.merge(MqttWindowRecord(tenant_id=tenant_of(self._session), client=self._client, stored=after))

    def _read(self, one: _Read, devices: KnownDevices) -> None:
        """Read one message; the fault of one is not the fault of the others."""
        try:
            self._understand(one.message, one.topic, devices)
        except Refusal as refusal:
            self._refuse(one, refusal.code(), refusal.sentence)

    def _understand(self, message: Message, topic: Topic, devices: KnownDevices) -> None:
        device = devices.of(topic.device)
        match topic:
            case Batch():
                form = message.content_type or topic.content_type or "application/json"
                arrived = decode(message.payload, content_type=form, encoding=message.encoding, now=message.at)
                self._batches.append((device, arrived))
            case Single():
                said = read_plain(message.payload, arrived_at=None if message.retained else message.at)
                self._rows[topic.device].append({"asset": topic.asset, "metric": topic.metric, **said})
            case Spoken():
                payload = decode_sparkplug(message.payload)
                self._nodes.append(
                    FromNode(topic.device, topic.kind, topic.behind, message.payload, payload, message.again)
                )

    def _refuse(self, one: _Read, reason: str, sentence: str) -> None:
        tenant_id = tenant_of(self._session)
        self._refused.add(tenant_id, "mqtt", reason, sentence, one.topic.device, now=self._now)
        self._took.refused += 1

    def _follow_nodes(self, devices: KnownDevices) -> None:
        if not self._nodes:
            return
        found = follow_sparkplug(self._session, messages=self._nodes, now=self._now)
        by_node: dict[str, list[FromThing]] = defaultdict(list)
        for one in found.readings:
            by_node[one.node].append(one)
        for node, things in by_node.items():
            device = devices.of(node)
            own = str(next(iter(device.asset_ids))) if len(device.asset_ids) == 1 else node
            self._batches.append((device, as_batch([(one.measured.device or own, one.measured) for one in things])))
        self._took.held += found.held
        self._took.commands += [rebirth(self._slug, node, self._now) for node in dict.fromkeys(found.rebirths)]

    def _store(self, devices: KnownDevices) -> None:
        """Absorb large batches each as it came, and the small ones together."""
        for called, rows in self._rows.items():
            body = msgspec.json.encode({"readings": rows})
            self._batches.append((devices.of(called), decode(body, content_type="application/json", now=self._now)))
        own = [arrived for arrived in only_own_assets(self._session, self._batches) if len(arrived)]
        small = [arrived for arrived in own if len(arrived) < LARGE]
        sent = [arrived for arrived in own if len(arrived) >= LARGE] + ([join_batches(small)] if small else [])
        if not sent:
            return
        deliveries = [Sent(arrived, None, SOURCE, None) for arrived in sent]
        for absorbed in absorb_deliveries(self._session, deliveries=deliveries, now=self._now, by=SYSTEM):
            self._took.taken += absorbed.taken
            self._took.duplicates += absorbed.duplicates
            self._took.quarantined += absorbed.quarantined


def rebirth(organisation: str, node: str, now: datetime) -> Command:
    """Give the command by which a node is asked for a rebirth."""
    return Command(f"spBv1.0/{organisation}/NCMD/{node}", rebirth_command(micros(now) // 1000))
