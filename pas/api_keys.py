"""Keys for programs: made by a person for oneself only, never for a wider role, and never for ever."""

from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field
from sqlmodel import Session, col, select

from lifecycle.actor import Actor
from lifecycle.label import Name
from lifecycle.record_audit import record_audit
from pas import secret
from pas.caller import Caller
from pas.role import Role, may_give
from pas.tables import ApiKeyRecord
from telemetry.refusal import Refusal
from telemetry.tables import tenant_of


class RoleTooWide(Refusal):
    """The key would be allowed more than the person who makes it."""


class UnknownKey(Refusal):
    """There is no such key of this person."""


class NewKey(BaseModel):
    """A key to be made; it ends after `days`."""

    model_config = ConfigDict(extra="forbid")

    name: Name = Field(min_length=1, max_length=100)
    role: Role
    days: int = Field(default=90, ge=1, le=366)


class MadeKey(NamedTuple):
    """A key just made, and the form in which it is shown this once."""

    record: ApiKeyRecord
    shown_once: str


def make_key(session: Session, *, new: NewKey, caller: Caller, now: datetime) -> MadeKey:
    """Make a key for whoever asks.

    Raises RoleTooWide.
    """
    if new.role not in may_give(caller.role) or caller.person_id is None:
        sentence = f"your role, {caller.role.value}, cannot give the role {new.role.value} to a key"
        raise RoleTooWide(sentence, field="role")

    hidden = secret.new_secret()
    key = ApiKeyRecord(
        tenant_id=tenant_of(session),
        person_id=caller.person_id,
        name=new.name,
        secret_hash=secret.digest(hidden),
        role=new.role,
        created_at=now,
        expires_at=now + timedelta(days=new.days),
    )
    session.add(key)
    session.flush()
    _audit(session, "key made", key, now=now, by=caller.actor)
    return MadeKey(key, secret.written(secret.KEY_PREFIX, key.id, hidden))


def revoke_key(session: Session, *, key_id: UUID, caller: Caller, now: datetime) -> ApiKeyRecord:
    """End a key of whoever asks at once; an administrator may end anybody's. Ending it twice is no harm.

    Raises UnknownKey.
    """
    key = session.exec(select(ApiKeyRecord).where(ApiKeyRecord.id == key_id)).first()
    if key is None or (key.person_id != caller.person_id and caller.role is not Role.ADMINISTRATOR):
        raise UnknownKey("there is no such key")
    if key.revoked_at is None:
        key.revoked_at = now
        session.add(key)
        session.flush()
        _audit(session, "key revoked", key, now=now, by=caller.actor)
    return key


def keys_of(session: Session, *, person_id: UUID | None) -> list[ApiKeyRecord]:
    """Give the keys of a person, the newest first."""
    keys = select(ApiKeyRecord).where(ApiKeyRecord.person_id == person_id).order_by(col(ApiKeyRecord.id).desc())
    return list(session.exec(keys))


def _audit(session: Session, action: str, key: ApiKeyRecord, *, now: datetime, by: Actor) -> None:
    after = {"name": key.name, "role": key.role.value, "expires_at": key.expires_at.isoformat()}
    record_audit(session, action=action, subject=f"key:{key.id}", before=None, after=after, now=now, by=by)
