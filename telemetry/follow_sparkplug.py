"""Follow what Sparkplug edge nodes say: give the readings, remember the births, keep what cannot be understood yet."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlmodel import Session as Database
from sqlmodel import col, delete, func, insert, select

from telemetry.identity import new_id
from telemetry.lots import KEYS, lots
from telemetry.sparkplug import Birth, Defined, Heard, Kind, Known, Measured, Message, Session, hear, readings
from telemetry.sparkplug_payload import Payload, decode
from telemetry.sparkplug_tables import SparkplugBirthRecord, SparkplugHeldRecord, SparkplugNodeRecord
from telemetry.tables import tenant_of

MOST_HELD = 10_000
"""Messages kept for one node that does not answer; those beyond it are read as they are, into quarantine."""


class FromNode(NamedTuple):
    """A message as it arrived: of which node, from which device behind it, and its payload, unread and read."""

    node: str
    kind: Kind
    device: str
    body: bytes
    payload: Payload
    again: bool = False


class FromThing(NamedTuple):
    """A reading, and the node that sent it."""

    node: str
    measured: Measured


class Followed(NamedTuple):
    """What the messages brought."""

    readings: list[FromThing]
    rebirths: list[str]
    """Nodes to be asked to say again what their metrics are."""
    held: int


def follow_sparkplug(session: Database, *, messages: Sequence[FromNode], now: datetime) -> Followed:
    """Read the messages in the order in which they came. Stores no reading and sends no command itself."""
    nodes = sorted({message.node for message in messages})
    known = _sessions(session, nodes)
    room = {node: MOST_HELD - count for node, count in _held(session, nodes).items()}

    found = Followed([], [], 0)
    births: dict[tuple[str, str], Birth | None] = {}
    for message in messages:
        heard = hear(known[message.node], _said(message), now=now)
        found = _and(session, found, message, heard, room, now)
        births |= _changed(message.node, known[message.node], heard.session)
        known[message.node] = heard.session

    _save(session, {node: known[node] for node in nodes}, births, now)
    return found


def online_nodes(session: Database) -> list[str]:
    """Give the nodes that were online when we last heard of them, to ask them for a rebirth after a pause of ours."""
    online = col(SparkplugNodeRecord.online).is_(True)
    return list(session.exec(select(SparkplugNodeRecord.node).where(online).order_by(col(SparkplugNodeRecord.node))))


def _and(
    session: Database, found: Followed, message: FromNode, heard: Heard, room: dict[str, int], now: datetime
) -> Followed:
    """Add what one message brought: its readings, those that waited for this birth, and what is to be kept."""
    measured, held = list(heard.measured), found.held
    if heard.held and room.get(message.node, MOST_HELD) > 0:
        _hold(session, message, now)
        room[message.node] = room.get(message.node, MOST_HELD) - 1
        held += 1
    elif heard.held:
        measured = readings(Known(()), _said(message))
    if heard.born is not None:
        measured += _released(session, message.node, heard.born, heard.session.births[heard.born])
    asked = [message.node] if heard.ask_rebirth else []
    return Followed(found.readings + [FromThing(message.node, one) for one in measured], found.rebirths + asked, held)


def _said(message: FromNode) -> Message:
    return Message(message.kind, message.device, message.payload, message.again)


def _hold(session: Database, message: FromNode, now: datetime) -> None:
    row = {
        "tenant_id": tenant_of(session),
        "node": message.node,
        "id": new_id(),
        "device": message.device,
        "kind": message.kind.value,
        "payload": message.body,
        "received_at": now,
    }
    session.execute(insert(SparkplugHeldRecord), [row])


def _released(session: Database, node: str, device: str, birth: Birth) -> list[Measured]:
    """Read by a new birth what was kept for it, oldest first; an alias that it does not know goes to quarantine."""
    mine = (col(SparkplugHeldRecord.node) == node, col(SparkplugHeldRecord.device) == device)
    kept = session.exec(select(SparkplugHeldRecord).where(*mine).order_by(col(SparkplugHeldRecord.id))).all()
    if kept:
        session.execute(delete(SparkplugHeldRecord).where(*mine))
    known = Known(birth)
    return [
        measured for one in kept for measured in readings(known, Message(Kind(one.kind), device, decode(one.payload)))
    ]


def _sessions(session: Database, nodes: Iterable[str]) -> dict[str, Session]:
    """Load what is known of the nodes; of a new one nothing is."""
    found: dict[str, Session] = defaultdict(Session)
    births: dict[str, dict[str, Birth]] = defaultdict(dict)
    for some in lots(nodes, KEYS):
        for birth in session.exec(select(SparkplugBirthRecord).where(col(SparkplugBirthRecord.node).in_(some))):
            births[birth.node][birth.device] = tuple(Defined(*one) for one in birth.metrics)
        for node in session.exec(select(SparkplugNodeRecord).where(col(SparkplugNodeRecord.node).in_(some))):
            found[node.node] = Session(
                node.bd_seq, node.last_seq, node.online, node.certain, node.asked_at, births[node.node]
            )
    return found


def _held(session: Database, nodes: Iterable[str]) -> dict[str, int]:
    counted: dict[str, int] = {}
    node = col(SparkplugHeldRecord.node)
    for some in lots(nodes, KEYS):
        counted |= dict(session.exec(select(node, func.count()).where(node.in_(some)).group_by(node)).all())
    return counted


def _changed(node: str, before: Session, after: Session) -> Iterator[tuple[tuple[str, str], Birth | None]]:
    """Give the births that are new or other than before, and None for those that count no longer."""
    for device in {*before.births, *after.births}:
        birth = after.births.get(device)
        if birth != before.births.get(device):
            yield (node, device), birth


def _save(
    session: Database,
    known: Mapping[str, Session],
    births: Mapping[tuple[str, str], Birth | None],
    now: datetime,
) -> None:
    for node, one in known.items():
        session.merge(
            SparkplugNodeRecord(
                tenant_id=tenant_of(session),
                node=node,
                bd_seq=one.bd_seq,
                last_seq=one.last_seq,
                online=one.online,
                certain=one.certain,
                asked_at=one.asked_at,
                seen_at=now,
            )
        )
    for (node, device), birth in births.items():
        mine = (col(SparkplugBirthRecord.node) == node, col(SparkplugBirthRecord.device) == device)
        session.execute(delete(SparkplugBirthRecord).where(*mine))
        if birth is not None:
            row = {"tenant_id": tenant_of(session), "node": node, "device": device, "born_at": now}
            session.execute(insert(SparkplugBirthRecord), [{**row, "metrics": [list(one) for one in birth]}])
    session.flush()
