"""Random secrets: how they are made, in which form they are handed out, and under which digest they are kept."""

import hashlib
import hmac
import secrets
from typing import NamedTuple
from uuid import UUID

KEY_PREFIX = "pas"
DEVICE_PREFIX = "pasd"
_PARTS = 3


class Credential(NamedTuple):
    """A key as it is sent: what kind it is, whose it is, and the secret that proves it."""

    prefix: str
    id: UUID
    secret: str


def new_secret() -> str:
    """Make 256 random bits, in letters and digits that need no quoting."""
    return secrets.token_hex(32)


def new_password() -> str:
    """Make a password that nobody has used before: 120 random bits."""
    return secrets.token_urlsafe(15)


def digest(secret: str) -> str:
    """Give the SHA-256 under which a random secret is kept and looked up."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def matches(secret: str, *digests: str | None) -> bool:
    """Compare a secret with the digests kept, in a time that does not tell how much was right."""
    found = digest(secret)
    return sum(hmac.compare_digest(found, kept) for kept in digests if kept) > 0


def written(prefix: str, identifier: UUID, secret: str) -> str:
    """Give a credential in the form that is shown once: `pas_ID_SECRET`."""
    return f"{prefix}_{identifier.hex}_{secret}"


def read(token: str) -> Credential | None:
    """Take a credential apart; None where it is no key of ours, such as the token of a login."""
    parts = token.split("_", _PARTS - 1)
    if len(parts) != _PARTS or parts[0] not in {KEY_PREFIX, DEVICE_PREFIX}:
        return None
    try:
        return Credential(parts[0], UUID(hex=parts[1]), parts[2])
    except ValueError:
        return None
