"""The devices that an MQTT topic may name, and for which assets each of them may speak."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from uuid import UUID

from sqlmodel import Session, col, or_, select

from lifecycle.queries import assets_by_reference
from pas.devices import assets_of
from pas.tables import DeviceRecord
from telemetry.lots import KEYS, lots
from telemetry.reading import Arrived
from telemetry.refusal import Refusal


class NoSuchDevice(Refusal):
    """A topic names a device that there is not, or that is shut out."""


@dataclass(frozen=True)
class Device:
    """A device that may speak."""

    id: UUID
    name: str
    asset_ids: frozenset[UUID]


class KnownDevices:
    """Devices by what topics call them: their id, or else their name."""

    def __init__(self, devices: Mapping[str, Device]) -> None:
        """Take what was found."""
        self._devices = devices

    def of(self, called: str) -> Device:
        """Give a device.

        Raises NoSuchDevice.
        """
        if called not in self._devices:
            sentence = f"the topic names the device '{called[:60]}', and no such device may speak; add it first"
            raise NoSuchDevice(sentence, field="topic")
        return self._devices[called]


def find_devices(session: Session, called: Iterable[str]) -> KnownDevices:
    """Find devices that are not shut out. A name that looks like an id is never taken for a name."""
    wanted = sorted(set(called))
    ids = {name: identity for name in wanted if (identity := as_id(name)) is not None}
    found: dict[str, DeviceRecord] = {}
    for some in lots(wanted, KEYS):
        meant = or_(
            col(DeviceRecord.id).in_([ids[name] for name in some if name in ids]),
            col(DeviceRecord.name).in_([name for name in some if name not in ids]),
        )
        for record in session.exec(select(DeviceRecord).where(meant, col(DeviceRecord.revoked_at).is_(None))):
            found |= {name: record for name in some if (ids[name] == record.id if name in ids else name == record.name)}
    assets: dict[UUID, list[UUID]] = {}
    for group in lots(sorted({record.id for record in found.values()}), KEYS):
        assets |= assets_of(session, device_ids=group)
    return KnownDevices({name: Device(one.id, one.name, frozenset(assets[one.id])) for name, one in found.items()})


def as_id(name: str) -> UUID | None:
    """Read an id, with or without its dashes."""
    try:
        return UUID(name)
    except ValueError:
        return None


def only_own_assets(session: Session, batches: Iterable[tuple[Device, Arrived]]) -> list[Arrived]:
    """Spoil the names of assets for which a device may not speak, so that these readings go to quarantine.

    A name that nobody knows stays as it is: the asset may be registered tomorrow, and the reading repaired.
    """
    sent = list(batches)
    plain = {word: _plain(word) for _, arrived in sent for word in arrived.asset.word if word}
    known = assets_by_reference(session, set(plain.values()))
    return [
        _own(device, arrived, {word: known.get(plain[word]) for word in arrived.asset.word if word})
        for device, arrived in sent
    ]


def _own(device: Device, arrived: Arrived, known: Mapping[str, UUID | None]) -> Arrived:
    foreign = {word for word, asset_id in known.items() if asset_id is not None and asset_id not in device.asset_ids}
    if not foreign:
        return arrived
    words = [f"{word} (not of device {device.name})" if word in foreign else word for word in arrived.asset.word]
    return replace(arrived, asset=arrived.asset._replace(word=words))


def _plain(name: str) -> str:
    identity = as_id(name)
    return name if identity is None else str(identity)
