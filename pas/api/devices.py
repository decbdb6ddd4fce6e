"""Devices over HTTP, for administrators."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import BaseModel, ConfigDict, Field
from sqlmodel import Session, select

from pas import clock, devices
from pas.access import Asking, Reading, Writing, may
from pas.api.paging import Cursor, Limit, Page, page
from pas.devices import NewDevice, WithSecret
from pas.role import Role
from pas.tables import DeviceRecord

router = APIRouter(prefix="/devices", tags=["devices"])


class Device(BaseModel):
    """A machine and the assets for which it may speak, without its secret."""

    id: UUID
    name: str
    asset_ids: list[UUID]
    secrets: int
    created_at: datetime
    revoked_at: datetime | None


class DeviceWithSecret(Device):
    """A device with its new secret in the form in which it is sent; shown this once."""

    secret: str


class Assets(BaseModel):
    """The assets for which a device may speak."""

    model_config = ConfigDict(extra="forbid")

    asset_ids: list[UUID] = Field(max_length=500)


@router.get("")
@may(Role.ADMINISTRATOR)
def list_devices(_caller: Asking, session: Reading, limit: Limit = 50, cursor: Cursor = None) -> Page[Device]:
    """List devices by name."""
    by = (DeviceRecord.name, DeviceRecord.id)
    found, next_cursor = page(session, select(DeviceRecord), by=by, cursor=cursor, limit=limit)
    return Page(items=_shown(session, found), next_cursor=next_cursor)


@router.post("", status_code=201)
@may(Role.ADMINISTRATOR)
def add_device(new: NewDevice, response: Response, caller: Asking, session: Writing) -> DeviceWithSecret:
    """Let a device in; the answer holds its secret, which is shown this once."""
    return _once(session, response, devices.add_device(session, new=new, now=clock.now(), by=caller.actor))


@router.put("/{device_id}/assets")
@may(Role.ADMINISTRATOR)
def let_speak_for(device_id: UUID, chosen: Assets, caller: Asking, session: Writing) -> Device:
    """Choose anew for which assets a device may speak."""
    devices.let_speak_for(session, device_id=device_id, asset_ids=chosen.asset_ids, now=clock.now(), by=caller.actor)
    return _shown(session, [devices.device_of(session, device_id=device_id)])[0]


@router.post("/{device_id}/secrets", status_code=201)
@may(Role.ADMINISTRATOR)
def rotate_secret(device_id: UUID, response: Response, caller: Asking, session: Writing) -> DeviceWithSecret:
    """Give a device a further secret; the one before stays valid until the new one is settled."""
    return _once(
        session, response, devices.rotate_secret(session, device_id=device_id, now=clock.now(), by=caller.actor)
    )


@router.post("/{device_id}/secrets/settle")
@may(Role.ADMINISTRATOR)
def settle_secret(device_id: UUID, caller: Asking, session: Writing) -> Device:
    """Let only the newest secret count."""
    return _shown(session, [devices.settle_secret(session, device_id=device_id, now=clock.now(), by=caller.actor)])[0]


@router.delete("/{device_id}")
@may(Role.ADMINISTRATOR)
def revoke_device(device_id: UUID, caller: Asking, session: Writing) -> Device:
    """Shut a device out."""
    return _shown(session, [devices.revoke_device(session, device_id=device_id, now=clock.now(), by=caller.actor)])[0]


def _shown(session: Session, found: Sequence[DeviceRecord]) -> list[Device]:
    assets = devices.assets_of(session, device_ids=[device.id for device in found])
    return [
        Device(
            id=device.id,
            name=device.name,
            asset_ids=assets[device.id],
            secrets=2 if device.next_secret_hash else 1,
            created_at=device.created_at,
            revoked_at=device.revoked_at,
        )
        for device in found
    ]


def _once(session: Session, response: Response, given: WithSecret) -> DeviceWithSecret:
    response.headers["Cache-Control"] = "no-store"
    return DeviceWithSecret(**_shown(session, [given.device])[0].model_dump(), secret=given.shown_once)
