"""The files in which a broker finds who may connect and what each may say: for mosquitto and for NATS."""

import json
import os
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote
from uuid import UUID

from sqlmodel import Session, col, select

from pas.db import Database
from pas.known_devices import as_id
from pas.mqtt_accounts import for_mosquitto, for_nats
from pas.tables import DeviceRecord, MqttAccountRecord
from telemetry.mqtt_topic import TOPICS
from telemetry.tables import TenantRecord

_SPOKEN = ("NBIRTH", "NDATA", "NDEATH")
_SPOKEN_BEHIND = ("DBIRTH", "DDATA", "DDEATH")
_PLAIN = re.compile(r"[\w~%-]+(\.[\w~%-]+)*", re.ASCII)
"""Names, written as in a web address, that mean the same to every broker."""


class Account(NamedTuple):
    """Who may connect, under which name, by which secret, to write and to read which topics."""

    user: str
    pbkdf2: str
    bcrypt: str
    writes: Sequence[str]
    reads: Sequence[str]


def accounts(database: Database) -> list[Account]:
    """Give the accounts of all devices that are not shut out, of every tenant."""
    with database.looking_in() as session:
        tenants = [(tenant.id, tenant.slug) for tenant in session.exec(select(TenantRecord)) if tenant.id is not None]
    found: list[Account] = []
    for tenant_id, slug in sorted(tenants, key=lambda one: one[1]):
        with database.reading(tenant_id) as session:
            found += _of_tenant(session, slug)
    return found


def own_account(user: str, password: str) -> Account:
    """Give the account of `pas mqtt` itself: it hears what all say, and tells Sparkplug nodes what to do."""
    writes = ("spBv1.0/+/NCMD/+", "spBv1.0/+/DCMD/+/+", "spBv1.0/STATE/+")
    return Account(user, for_mosquitto(password), for_nats(password), writes, TOPICS)


def user_names(device_id: UUID, secret_hash: str, *, oldest: bool) -> list[str]:
    """Give the names under which a secret lets a device in: its own, and with the older secret also the plain id.

    A broker knows one password a name; so a device moves to a new secret by the name of that secret, at its leisure.
    """
    return [*([device_id.hex] if oldest else []), f"{device_id.hex}-{secret_hash[:8]}"]


def write_mosquitto(folder: Path, found: Iterable[Account]) -> list[Path]:
    """Write `passwords` and `acl`, each at once and whole; mosquitto reads them when it is told SIGHUP."""
    some = list(found)
    passwords = "".join(f"{one.user}:{one.pbkdf2}\n" for one in some)
    rights = "\n".join(line for one in some for line in _acl(one))
    return [_replace(folder / "passwords", passwords), _replace(folder / "acl", rights + "\n")]


def write_nats(folder: Path, found: Iterable[Account]) -> list[Path]:
    """Write `users.conf`, to be included under `authorization` in the configuration of NATS."""
    users = [
        {
            "user": one.user,
            "password": one.bcrypt,
            "permissions": {
                "publish": {"allow": _subjects(one.writes)},
                "subscribe": {"allow": [*_subjects(one.reads), "$MQTT.sub.>"]},
            },
        }
        for one in found
    ]
    return [_replace(folder / "users.conf", "users = " + json.dumps(users, indent=1) + "\n")]


def _of_tenant(session: Session, slug: str) -> Iterator[Account]:
    rows = session.exec(
        select(DeviceRecord, MqttAccountRecord)
        .where(col(DeviceRecord.id) == col(MqttAccountRecord.device_id), col(DeviceRecord.revoked_at).is_(None))
        .order_by(col(DeviceRecord.id), col(MqttAccountRecord.secret_hash))
    ).all()
    for device, account in rows:
        if account.secret_hash not in {device.secret_hash, device.next_secret_hash}:
            continue
        oldest = account.secret_hash == device.secret_hash
        writes, reads = _topics(slug, device)
        for user in user_names(device.id, account.secret_hash, oldest=oldest):
            yield Account(user, account.pbkdf2, account.bcrypt, writes, reads)


def _topics(slug: str, device: DeviceRecord) -> tuple[list[str], list[str]]:
    ids, written = [device.id.hex, str(device.id)], quote(device.name, safe="")
    name = [written] if _PLAIN.fullmatch(written) and as_id(device.name) is None else []
    node = name if written == device.name else []  # Sparkplug names are not written otherwise than they are
    writes = [f"pas/{slug}/{one}/#" for one in [*ids, *name]]
    writes += [f"spBv1.0/{slug}/{kind}/{one}" for one in [*ids, *node] for kind in _SPOKEN]
    writes += [f"spBv1.0/{slug}/{kind}/{one}/+" for one in [*ids, *node] for kind in _SPOKEN_BEHIND]
    reads = [f"spBv1.0/{slug}/{told}" for one in [*ids, *node] for told in (f"NCMD/{one}", f"DCMD/{one}/+")]
    return writes, [*reads, "spBv1.0/STATE/+"]


def _acl(one: Account) -> Iterator[str]:
    yield f"user {one.user}"
    yield from (f"topic write {topic}" for topic in one.writes)
    yield from (f"topic read {topic}" for topic in one.reads)


def _subjects(topics: Iterable[str]) -> list[str]:
    """Give the subjects under which NATS knows MQTT topics; a # there means the level above it too.

    >>> _subjects(["spBv1.0/maker/NDATA/+", "pas/#"])
    ['spBv1//0.maker.NDATA.*', 'pas', 'pas.>']
    """
    above = {topic: [topic.removesuffix("/#"), topic] if topic.endswith("/#") else [topic] for topic in topics}
    return [_subject(topic) for both in above.values() for topic in both]


def _subject(topic: str) -> str:
    signs = {"+": "*", "#": ">"}
    return ".".join(signs.get(level) or level.replace(".", "//") or "/" for level in topic.split("/"))


def _replace(file: Path, content: str) -> Path:
    """Put a file in the place of another: whoever reads finds the old one or the new one, and only its owner may."""
    beside = file.with_name(f".{file.name}.{os.getpid()}")
    with os.fdopen(os.open(beside, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600), "w", encoding="utf-8") as written:
        written.write(content)
        written.flush()
        os.fsync(written.fileno())
    before = file.stat() if file.exists() else file.parent.stat()
    if os.geteuid() == 0:
        os.chown(beside, before.st_uid, before.st_gid)
    beside.replace(file)
    return file
