"""Passwords: argon2id, never more than two at work at once, and no haste for unknown names."""

from functools import cache
from threading import BoundedSemaphore

from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

from pas.secret import new_password
from telemetry.refusal import Refusal

SHORTEST, LONGEST = 12, 200

_hasher = PasswordHash((Argon2Hasher(),))
_at_work = BoundedSemaphore(2)
"""Each argon2 takes 64 MiB: a crowd at the login must not empty the machine."""


class PasswordTooShort(Refusal):
    """The password is too short or too long."""


def hashed(password: str) -> str:
    """Give the argon2id hash under which a password is kept.

    Raises PasswordTooShort.
    """
    if not SHORTEST <= len(password) <= LONGEST:
        sentence = f"a password has {SHORTEST} to {LONGEST} characters, this one has {len(password)}"
        raise PasswordTooShort(sentence, field="password")
    with _at_work:
        return _hasher.hash(password.encode("utf-8", "surrogatepass"))


def is_right(password: str, kept: str | None) -> bool:
    """Tell whether a password fits the hash kept; without one it takes the same time and is wrong."""
    with _at_work:
        right = _hasher.verify(password.encode("utf-8", "surrogatepass"), kept or _nobodys())
    return right and bool(kept)


@cache
def _nobodys() -> str:
    return _hasher.hash(new_password())
