"""Find out who stands behind a token: a login, a program's key or a device's secret."""

from datetime import datetime, timedelta
from typing import Any

from sqlmodel import Session, and_, col, select

from lifecycle.actor import Actor
from pas import secret
from pas.caller import Caller
from pas.db import Database
from pas.role import Role, may_give
from pas.settings import settings
from pas.tables import ApiKeyRecord, DeviceAssetRecord, DeviceRecord, PersonRecord, SessionRecord

SEEN_EVERY = timedelta(minutes=2)
"""How exactly we know when a page's login was last used: not every look at a page is a write."""


def by_cookie(database: Database, *, token: str, now: datetime) -> Caller | None:
    """Find the person of a page's login, unless it was left alone too long or has lasted too long."""
    found = _login(database, token, "cookie", now)
    if found is None or now - found[0].seen_at > timedelta(minutes=settings().session_idle_minutes):
        return None
    login, person = found
    if now - login.seen_at > SEEN_EVERY:
        _seen(database, login, now)
    return _person(person, login)


def by_header(database: Database, *, token: str, now: datetime) -> Caller | None:
    """Find who sent a bearer token: a login's, a program's key or a device's secret."""
    credential = secret.read(token)
    if credential is None:
        found = _login(database, token, "bearer", now)
        return _person(found[1], found[0]) if found else None
    if credential.prefix == secret.KEY_PREFIX:
        return _program(database, credential, now)
    return _device(database, credential)


def _login(database: Database, token: str, kind: str, now: datetime) -> tuple[SessionRecord, PersonRecord] | None:
    with database.looking_in() as session:
        found = session.exec(
            select(SessionRecord, PersonRecord)
            .join(PersonRecord, _same(SessionRecord))
            .where(SessionRecord.token_hash == secret.digest(token), SessionRecord.kind == kind)
            .where(SessionRecord.expires_at > now, col(PersonRecord.disabled_at).is_(None))
        ).first()
        session.expunge_all()
    return found


def _same(record: type[SessionRecord] | type[ApiKeyRecord]) -> Any:
    """Join a login or a key with its person, who is of the same tenant."""
    return and_(col(PersonRecord.tenant_id) == record.tenant_id, col(PersonRecord.id) == record.person_id)


def _person(person: PersonRecord, login: SessionRecord) -> Caller:
    actor = Actor(kind="person", name=person.email, id=person.id)
    return Caller(
        person.tenant_id,
        actor,
        person.role,
        person.language,
        person.customer_id,
        person_id=person.id,
        session_id=login.id,
    )


def _seen(database: Database, login: SessionRecord, now: datetime) -> None:
    with database.writing(login.tenant_id) as session:
        kept = session.get(SessionRecord, (login.tenant_id, login.id))
        if kept is not None:
            kept.seen_at = now
            session.add(kept)


def _program(database: Database, credential: secret.Credential, now: datetime) -> Caller | None:
    with database.looking_in() as session:
        found = session.exec(
            select(ApiKeyRecord, PersonRecord)
            .join(PersonRecord, _same(ApiKeyRecord))
            .where(ApiKeyRecord.id == credential.id, ApiKeyRecord.expires_at > now)
            .where(col(ApiKeyRecord.revoked_at).is_(None), col(PersonRecord.disabled_at).is_(None))
        ).first()
        if found is None or not secret.matches(credential.secret, found[0].secret_hash):
            return None
        key, person = found
        if key.role not in may_give(person.role):
            return None
        actor = Actor(kind="program", name=f"{person.email}: {key.name}", id=key.id)
        return Caller(key.tenant_id, actor, key.role, person.language, person.customer_id, person_id=person.id)


def _device(database: Database, credential: secret.Credential) -> Caller | None:
    with database.looking_in() as session:
        device = session.exec(
            select(DeviceRecord).where(DeviceRecord.id == credential.id, col(DeviceRecord.revoked_at).is_(None))
        ).first()
        session.expunge_all()
    if device is None or not secret.matches(credential.secret, device.secret_hash, device.next_secret_hash):
        return None
    with database.reading(device.tenant_id) as session:
        assets = frozenset(_assets(session, device))
    actor = Actor(kind="device", name=device.name, id=device.id)
    return Caller(device.tenant_id, actor, Role.DEVICE, asset_ids=assets)


def _assets(session: Session, device: DeviceRecord) -> Any:
    return session.exec(select(DeviceAssetRecord.asset_id).where(DeviceAssetRecord.device_id == device.id))
