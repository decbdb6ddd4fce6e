"""The schema of the front door: people, their sessions and keys, devices, answers given, and what was refused."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKeyConstraint, Index
from sqlmodel import Field

from lifecycle import tables as _lifecycle_tables  # noqa: F401 - the foreign keys below name its tables
from pas.role import Role
from telemetry.columns import UtcDateTime, worded
from telemetry.identity import new_id
from telemetry.tables import TenantOwned


class PersonRecord(TenantOwned, table=True):
    """A person who may log in. Only the argon2id hash of the password is kept."""

    __tablename__ = "person"
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "customer_id"], ["customer.tenant_id", "customer.id"]),
        Index("person_email", "tenant_id", "email", unique=True),
    )

    id: UUID = Field(primary_key=True, default_factory=new_id)
    email: str = Field(max_length=254)
    name: str = Field(max_length=200)
    role: Role = Field(sa_type=worded(Role))
    customer_id: UUID | None = None
    language: str = Field(default="en", max_length=2)
    password_hash: str = Field(max_length=200)
    failures: int = 0
    locked_until: datetime | None = Field(default=None, sa_type=UtcDateTime)
    disabled_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    created_at: datetime = Field(sa_type=UtcDateTime)


class SessionRecord(TenantOwned, table=True):
    """A login: a cookie's or a bearer token's SHA-256, never the token itself."""

    __tablename__ = "login_session"
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "person_id"], ["person.tenant_id", "person.id"]),
        Index("login_session_token", "token_hash", unique=True),
    )

    id: UUID = Field(primary_key=True, default_factory=new_id)
    person_id: UUID
    token_hash: str = Field(max_length=64)
    kind: str = Field(max_length=10)
    created_at: datetime = Field(sa_type=UtcDateTime)
    seen_at: datetime = Field(sa_type=UtcDateTime)
    expires_at: datetime = Field(sa_type=UtcDateTime)


class ApiKeyRecord(TenantOwned, table=True):
    """A program's key, made by a person for a role that is not wider than the person's own."""

    __tablename__ = "api_key"
    __table_args__ = (ForeignKeyConstraint(["tenant_id", "person_id"], ["person.tenant_id", "person.id"]),)

    id: UUID = Field(primary_key=True, default_factory=new_id)
    person_id: UUID
    name: str = Field(max_length=120)
    secret_hash: str = Field(max_length=64)
    role: Role = Field(sa_type=worded(Role))
    created_at: datetime = Field(sa_type=UtcDateTime)
    expires_at: datetime = Field(sa_type=UtcDateTime)
    revoked_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class DeviceRecord(TenantOwned, table=True):
    """A gateway or sensor and its secret; two secrets are valid while one replaces the other."""

    __tablename__ = "device"
    __table_args__ = (Index("device_name", "tenant_id", "name", unique=True),)

    id: UUID = Field(primary_key=True, default_factory=new_id)
    name: str = Field(max_length=120)
    secret_hash: str = Field(max_length=64)
    next_secret_hash: str | None = Field(default=None, max_length=64)
    created_at: datetime = Field(sa_type=UtcDateTime)
    revoked_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class DeviceAssetRecord(TenantOwned, table=True):
    """An asset for which a device may speak."""

    __tablename__ = "device_asset"
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "device_id"], ["device.tenant_id", "device.id"]),
        ForeignKeyConstraint(["tenant_id", "asset_id"], ["asset.tenant_id", "asset.id"]),
    )

    device_id: UUID = Field(primary_key=True)
    asset_id: UUID = Field(primary_key=True)


class IdempotencyRecord(TenantOwned, table=True):
    """The answer once given to an `Idempotency-Key`; the same key with another body is refused."""

    __tablename__ = "idempotency"
    __table_args__ = (Index("idempotency_age", "tenant_id", "created_at"),)

    actor: str = Field(primary_key=True, max_length=80)
    key: str = Field(primary_key=True, max_length=120)
    request_hash: str = Field(max_length=64)
    status: int
    body: str
    location: str | None = Field(default=None, max_length=200)
    created_at: datetime = Field(sa_type=UtcDateTime)


class RefusedPayloadRecord(TenantOwned, table=True):
    """How often payloads were refused whole at a door on one UTC day for one reason, and the last of them in words."""

    __tablename__ = "refused_payload"

    day: date = Field(primary_key=True)
    door: str = Field(primary_key=True, max_length=20)
    """`http`, `mqtt` or `file`."""
    reason: str = Field(primary_key=True, max_length=60)
    """The code of the refusal."""
    count: int = Field(sa_type=BigInteger)
    first_at: datetime = Field(sa_type=UtcDateTime)
    last_at: datetime = Field(sa_type=UtcDateTime)
    last_sentence: str = Field(max_length=400)
    last_sender: str = Field(max_length=200)


class MqttAccountRecord(TenantOwned, table=True):
    """What a broker needs to know a device by one of its secrets; made when the secret is, for it is shown only once.

    It counts as long as `secret_hash` is one of the device's.
    """

    __tablename__ = "mqtt_account"
    __table_args__ = (ForeignKeyConstraint(["tenant_id", "device_id"], ["device.tenant_id", "device.id"]),)

    device_id: UUID = Field(primary_key=True)
    secret_hash: str = Field(primary_key=True, max_length=64)
    pbkdf2: str = Field(max_length=200)
    """For mosquitto: `$7$ROUNDS$SALT$HASH`, PBKDF2 with SHA-512."""
    bcrypt: str = Field(max_length=80)
    """For NATS."""


class MqttWindowRecord(TenantOwned, table=True):
    """Which messages were stored last and may be delivered again, because the broker may not know that they were."""

    __tablename__ = "mqtt_window"

    client: str = Field(primary_key=True, max_length=120)
    stored: bytes
    """Ten bytes a message: its packet id and the beginning of the hash of its content."""
