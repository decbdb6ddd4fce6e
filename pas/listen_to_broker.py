"""Listen to an MQTT broker until told to stop: store what comes, then acknowledge it, and never the other way round."""

from collections.abc import Sequence
from threading import Event

from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as NoConnection
from sqlmodel import select

from pas import clock
from pas.db import Database
from pas.log import logger
from pas.take_messages import Took, let_go, rebirth, take_messages
from telemetry.follow_sparkplug import online_nodes
from telemetry.mqtt_gateway import Message, MqttGateway
from telemetry.tables import TenantRecord

PATIENCE = 0.5
"""Seconds in which a wish to stop is heard."""
GATHER = 0.03
"""Seconds for which messages are gathered, to be stored in one transaction."""
MOST = 2_000
"""Messages in one transaction."""
AGAIN_IN = 2.0
"""Seconds until a database that does not answer is asked again."""

log = logger("mqtt")


def listen_to_broker(database: Database, gateway: MqttGateway, stop: Event) -> None:
    """Take in what comes.

    Raises BrokerRefuses.
    """
    with gateway:
        while not stop.is_set():
            if gateway.came_back.is_set():
                gateway.came_back.clear()
                log.info("listening", broker=f"{gateway.broker.host}:{gateway.broker.port}")
                _ask_for_rebirths(database, gateway)
            messages = gateway.next(patience=PATIENCE, gather=GATHER, most=MOST)
            if messages and _store(database, gateway, messages, stop):
                gateway.acknowledge(messages)


def _store(database: Database, gateway: MqttGateway, messages: Sequence[Message], stop: Event) -> bool:
    """Store messages; a database that does not answer is asked again, and nothing is acknowledged meanwhile."""
    while not stop.is_set():
        try:
            took = _together_or_alone(database, gateway.broker.client_id, messages)
        except (OperationalError, InterfaceError, NoConnection):
            log.exception("the database does not answer; the broker keeps the messages")
            stop.wait(AGAIN_IN)
            continue
        for command in took.commands:
            gateway.publish(*command)
        if took.refused or took.held:
            log.info("not all was understood", messages=len(messages), refused=took.refused, held=took.held)
        return True
    return False


def _together_or_alone(database: Database, client: str, messages: Sequence[Message]) -> Took:
    """Store messages together; where one of them cannot be stored at all, store the others without it."""
    try:
        return take_messages(database, client=client, messages=messages, now=clock.now())
    except (OperationalError, InterfaceError, NoConnection):
        raise
    except Exception:
        if len(messages) == 1:
            log.exception("a message could not be stored and is let go", topic=messages[0].topic[:100])
            return let_go(database, message=messages[0], now=clock.now())
    found = Took()
    for message in messages:
        took = _together_or_alone(database, client, [message])
        found.commands += took.commands
        found.refused += took.refused
        found.held += took.held
    return found


def _ask_for_rebirths(database: Database, gateway: MqttGateway) -> None:
    """Ask the nodes that were alive what they said meanwhile: births are sent once, and not kept for us."""
    now = clock.now()
    with database.looking_in() as session:
        tenants = [(tenant.id, tenant.slug) for tenant in session.exec(select(TenantRecord)) if tenant.id is not None]
    for tenant_id, slug in tenants:
        with database.reading(tenant_id) as session:
            nodes = online_nodes(session)
        for node in nodes:
            gateway.publish(*rebirth(slug, node, now))
