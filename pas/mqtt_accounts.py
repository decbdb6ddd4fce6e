"""What a broker needs to know a device by its secret, made in the one moment in which the secret is known."""

import hashlib
import secrets
from base64 import b64encode
from uuid import UUID

import bcrypt
from sqlmodel import Session

from pas.secret import digest
from pas.tables import MqttAccountRecord
from telemetry.tables import tenant_of

_ROUNDS = 101
"""As mosquitto makes them; a secret of 256 random bits is not guessed, however quick a guess is."""
_COST = 4
_SALT = 12


def keep_account(session: Session, *, device_id: UUID, hidden: str) -> None:
    """Keep what proves a secret to mosquitto and to NATS, never the secret itself."""
    account = MqttAccountRecord(
        tenant_id=tenant_of(session),
        device_id=device_id,
        secret_hash=digest(hidden),
        pbkdf2=for_mosquitto(hidden),
        bcrypt=for_nats(hidden),
    )
    session.add(account)


def for_mosquitto(password: str) -> str:
    """Give the hash as it stands in a password file of mosquitto."""
    salt = secrets.token_bytes(_SALT)
    found = hashlib.pbkdf2_hmac("sha512", password.encode(), salt, _ROUNDS)
    return f"$7${_ROUNDS}${b64encode(salt).decode()}${b64encode(found).decode()}"


def for_nats(password: str) -> str:
    """Give the hash as it stands in a configuration of NATS."""
    return bcrypt.hashpw(password.encode(), bcrypt.gensalt(_COST)).decode()
