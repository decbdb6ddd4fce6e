"""A Sparkplug B session: what an edge node said at its birth, so that what it says afterwards can be understood."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

from telemetry.sparkplug_payload import Payload, Said
from telemetry.sparkplug_value import Value, value

AROUND = 256
"""Messages are counted from 0 to 255 and then from 0 again."""
ASK_AGAIN = timedelta(seconds=10)
"""So long a node has for its answer before it is asked for a rebirth again."""
_BD_SEQ = "bdSeq"
_NO_READINGS = ("Node Control/", "Device Control/", "Node Info/", "Device Info/", "Properties/")
"""What the specification keeps for commands and descriptions."""


class Kind(StrEnum):
    """The messages of an edge node."""

    NODE_BIRTH = "NBIRTH"
    NODE_DATA = "NDATA"
    NODE_DEATH = "NDEATH"
    DEVICE_BIRTH = "DBIRTH"
    DEVICE_DATA = "DDATA"
    DEVICE_DEATH = "DDEATH"


_BIRTHS = {Kind.NODE_BIRTH, Kind.DEVICE_BIRTH}
_DATA = {Kind.NODE_DATA, Kind.DEVICE_DATA}


class Defined(NamedTuple):
    """What a birth says of a metric."""

    name: str
    alias: int | None
    datatype: int
    unit: str


Birth = tuple[Defined, ...]


class Message(NamedTuple):
    """A message of a node, or of a device behind it; `again` marks one that the broker delivers another time."""

    kind: Kind
    device: str
    """Empty where the node speaks of itself."""
    payload: Payload
    again: bool = False


class Measured(NamedTuple):
    """One reading, understood."""

    device: str
    name: str
    unit: str
    at: int | None
    """Milliseconds since 1970."""
    value: Value


@dataclass(frozen=True)
class Session:
    """What is known of an edge node since its birth."""

    bd_seq: int | None = None
    """Which of its connections it is; its death bears the same number."""
    last_seq: int | None = None
    online: bool = False
    certain: bool = False
    """No message is missing since the birth, so its aliases still mean what they meant."""
    asked_at: datetime | None = None
    """When it was last asked for a rebirth that has not come yet."""
    births: Mapping[str, Birth] = field(default_factory=dict)
    """By device; the node's own under the empty name."""


class Heard(NamedTuple):
    """What a message brought."""

    session: Session
    measured: Sequence[Measured] = ()
    held: bool = False
    """It cannot be understood before the next birth, and is to be kept until then."""
    born: str | None = None
    """Whose birth it was: what was held for it can be read now."""
    ask_rebirth: bool = False


def hear(session: Session, message: Message, *, now: datetime) -> Heard:
    """Take one message of a node: what it measured, what it changes, and whether a rebirth is to be asked for."""
    if message.kind is Kind.NODE_DEATH:
        return _died(session, message)
    if message.kind is Kind.NODE_BIRTH:
        return _node_born(message)
    session = _counted(session, message)
    if message.kind is Kind.DEVICE_BIRTH:
        heard = _device_born(session, message)
    elif message.kind is Kind.DEVICE_DEATH:
        heard = Heard(_without(session, message.device))
    else:
        measured = understood(session, message)
        heard = Heard(session, measured or (), held=measured is None)
    return _asked(heard, now)


def understood(session: Session, message: Message) -> list[Measured] | None:
    """Read a data message by its birth; None where the birth is missing or may have changed meanwhile."""
    birth = session.births.get(message.device)
    if birth is None or not session.certain:
        return None
    known = Known(birth)
    if any(known.meant(said) is None for said in message.payload.metrics):
        return None
    return readings(known, message)


class Known:
    """A birth's metrics, to be found by alias or by name."""

    def __init__(self, birth: Iterable[Defined]) -> None:
        """Index them."""
        self._by_name = {one.name: one for one in birth}
        self._by_alias = {one.alias: one for one in birth if one.alias is not None}

    def meant(self, said: Said) -> Defined | None:
        """Find what a metric of a message is; one that is named with its datatype needs no birth."""
        found = (
            self._by_name.get(said.name) if said.name else self._by_alias.get(-1 if said.alias is None else said.alias)
        )
        if found is None and said.name and said.datatype:
            return Defined(said.name, said.alias, said.datatype, said.unit)
        return found

    def guessed(self, said: Said) -> Defined:
        """Name a metric that no birth explains, so that a person sees it in quarantine."""
        return self.meant(said) or Defined(said.name or f"alias {said.alias}", said.alias, said.datatype, said.unit)


def readings(known: Known, message: Message) -> list[Measured]:
    """Give a message's readings. A null is none, nor is what stands in the namespaces of commands."""
    meant = ((known.guessed(said), said) for said in message.payload.metrics if not said.is_null)
    return [
        Measured(
            device=message.device,
            name=one.name,
            unit=said.unit or one.unit,
            at=said.at,
            value=value(said.datatype or one.datatype, said.field, said.raw),
        )
        for one, said in meant
        if one.name != _BD_SEQ and not one.name.startswith(_NO_READINGS)
    ]


def code(name: str) -> str:
    """Give the code under which a Sparkplug metric is kept: small letters, digits and underscores.

    >>> code("Motor 1/Temperature"), code("kWh")
    ('motor_1_temperature', 'kwh')
    """
    return re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_") or name


def _node_born(message: Message) -> Heard:
    """Begin anew: the devices are to be born again too."""
    born = Session(
        bd_seq=_bd_seq(message.payload),
        last_seq=_seq(message),
        online=True,
        certain=True,
        births={"": _birth(message.payload)},
    )
    return Heard(born, readings(Known(born.births[""]), message), born="")


def _device_born(session: Session, message: Message) -> Heard:
    birth = _birth(message.payload)
    born = replace(session, births={**session.births, message.device: birth})
    return Heard(born, readings(Known(birth), message), born=message.device)


def _died(session: Session, message: Message) -> Heard:
    """End the session, unless the death is that of an earlier one and comes late."""
    number = _bd_seq(message.payload)
    if number is not None and session.bd_seq is not None and number != session.bd_seq:
        return Heard(session)
    return Heard(replace(session, online=False, certain=False, births={}))


def _without(session: Session, device: str) -> Session:
    return replace(session, births={name: birth for name, birth in session.births.items() if name != device})


def _counted(session: Session, message: Message) -> Session:
    """Hold a message's number against the last: where one is missing, a birth may be missing too."""
    seq = _seq(message)
    if seq is None or session.last_seq is None:
        return replace(session, certain=False, last_seq=seq)
    steps = (seq - session.last_seq) % AROUND
    if message.again and (steps == 0 or steps > AROUND // 2):
        return session
    return replace(session, last_seq=seq, certain=session.certain and session.online and steps == 1)


def _asked(heard: Heard, now: datetime) -> Heard:
    """Ask for a rebirth where something is missing, but not at every message."""
    session = heard.session
    if (session.certain and not heard.held) or (session.asked_at and now - session.asked_at < ASK_AGAIN):
        return heard
    return heard._replace(session=replace(session, asked_at=now), ask_rebirth=True)


def _birth(payload: Payload) -> Birth:
    return tuple(Defined(said.name, said.alias, said.datatype, said.unit) for said in payload.metrics if said.name)


def _bd_seq(payload: Payload) -> int | None:
    numbers = (
        said.raw for said in payload.metrics if said.name == _BD_SEQ and said.field in {"int_value", "long_value"}
    )
    return next((number % 2**31 for number in numbers), None)


def _seq(message: Message) -> int | None:
    seq = message.payload.seq
    return seq if seq is not None and 0 <= seq < AROUND else None
