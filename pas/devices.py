"""Devices: machines with a secret of their own that may speak for the assets named, and for nothing else."""

from collections.abc import Collection
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import delete
from sqlmodel import Session, col, select

from lifecycle.actor import Actor
from lifecycle.label import Name
from lifecycle.record_audit import record_audit
from lifecycle.tables import AssetRecord
from pas import secret
from pas.mqtt_accounts import keep_account
from pas.tables import DeviceAssetRecord, DeviceRecord
from telemetry.refusal import Refusal
from telemetry.tables import tenant_of


class UnknownDevice(Refusal):
    """There is no such device."""


class DeviceNameTaken(Refusal):
    """A device of this name exists."""


class DeviceOfUnknownAsset(Refusal):
    """A device may speak only for assets that there are."""


class NewDevice(BaseModel):
    """A device to be let in, and the assets for which it may speak."""

    model_config = ConfigDict(extra="forbid")

    name: Name = Field(min_length=1, max_length=120)
    asset_ids: list[UUID] = Field(max_length=500)


class WithSecret(NamedTuple):
    """A device, and its new secret in the form that is shown this once."""

    device: DeviceRecord
    shown_once: str


def add_device(session: Session, *, new: NewDevice, now: datetime, by: Actor) -> WithSecret:
    """Let a device in.

    Raises DeviceNameTaken and DeviceOfUnknownAsset.
    """
    if session.exec(select(DeviceRecord).where(DeviceRecord.name == new.name)).first():
        sentence = f"there is a device {new.name} already"
        raise DeviceNameTaken(sentence, field="name")
    hidden = secret.new_secret()

    device = DeviceRecord(
        tenant_id=tenant_of(session), name=new.name, secret_hash=secret.digest(hidden), created_at=now
    )
    session.add(device)
    session.flush()
    keep_account(session, device_id=device.id, hidden=hidden)
    _let_speak_for(session, device, new.asset_ids)
    _audit(session, "device added", device, sorted(map(str, new.asset_ids)), now=now, by=by)
    return WithSecret(device, secret.written(secret.DEVICE_PREFIX, device.id, hidden))


def let_speak_for(session: Session, *, device_id: UUID, asset_ids: Collection[UUID], now: datetime, by: Actor) -> None:
    """Choose anew for which assets a device may speak.

    Raises UnknownDevice and DeviceOfUnknownAsset.
    """
    device = device_of(session, device_id=device_id)

    session.execute(delete(DeviceAssetRecord).where(col(DeviceAssetRecord.device_id) == device.id))
    _let_speak_for(session, device, asset_ids)
    _audit(session, "device assets changed", device, sorted(map(str, asset_ids)), now=now, by=by)


def rotate_secret(session: Session, *, device_id: UUID, now: datetime, by: Actor) -> WithSecret:
    """Give a device a further secret; the newest before it stays valid until `settle_secret`.

    Raises UnknownDevice.
    """
    device = device_of(session, device_id=device_id)
    hidden = secret.new_secret()

    device.secret_hash = device.next_secret_hash or device.secret_hash
    device.next_secret_hash = secret.digest(hidden)
    session.add(device)
    session.flush()
    keep_account(session, device_id=device.id, hidden=hidden)
    _audit(session, "device secret added", device, None, now=now, by=by)
    return WithSecret(device, secret.written(secret.DEVICE_PREFIX, device.id, hidden))


def settle_secret(session: Session, *, device_id: UUID, now: datetime, by: Actor) -> DeviceRecord:
    """Let only the newest secret of a device count from now on.

    Raises UnknownDevice.
    """
    device = device_of(session, device_id=device_id)
    if device.next_secret_hash is not None:
        device.secret_hash, device.next_secret_hash = device.next_secret_hash, None
        session.add(device)
        session.flush()
        _audit(session, "device secret settled", device, None, now=now, by=by)
    return device


def revoke_device(session: Session, *, device_id: UUID, now: datetime, by: Actor) -> DeviceRecord:
    """Shut a device out; its name and history stay.

    Raises UnknownDevice.
    """
    device = device_of(session, device_id=device_id)
    if device.revoked_at is None:
        device.revoked_at = now
        session.add(device)
        session.flush()
        _audit(session, "device revoked", device, None, now=now, by=by)
    return device


def device_of(session: Session, *, device_id: UUID) -> DeviceRecord:
    """Find a device.

    Raises UnknownDevice.
    """
    device = session.exec(select(DeviceRecord).where(DeviceRecord.id == device_id)).first()
    if device is None:
        raise UnknownDevice("there is no such device")
    return device


def assets_of(session: Session, *, device_ids: Collection[UUID]) -> dict[UUID, list[UUID]]:
    """Give for each device the assets for which it may speak."""
    pairs = session.exec(
        select(DeviceAssetRecord.device_id, DeviceAssetRecord.asset_id)
        .where(col(DeviceAssetRecord.device_id).in_(device_ids))
        .order_by(col(DeviceAssetRecord.asset_id))
    ).all()
    found: dict[UUID, list[UUID]] = {device_id: [] for device_id in device_ids}
    for device_id, asset_id in pairs:
        found[device_id].append(asset_id)
    return found


def _let_speak_for(session: Session, device: DeviceRecord, asset_ids: Collection[UUID]) -> None:
    wanted = set(asset_ids)
    known = set(session.exec(select(AssetRecord.id).where(col(AssetRecord.id).in_(wanted))))
    if wanted - known:
        sentence = f"{len(wanted - known)} of the assets named do not exist, such as {min(wanted - known)}"
        raise DeviceOfUnknownAsset(sentence, field="asset_ids")
    session.add_all(
        DeviceAssetRecord(tenant_id=device.tenant_id, device_id=device.id, asset_id=asset_id) for asset_id in wanted
    )
    session.flush()


def _audit(session: Session, action: str, device: DeviceRecord, assets: Any, *, now: datetime, by: Actor) -> None:
    after = {"name": device.name, "assets": assets}
    record_audit(session, action=action, subject=f"device:{device.id}", before=None, after=after, now=now, by=by)
