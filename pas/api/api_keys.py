"""One's own keys for programs, over HTTP."""

from datetime import datetime
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import BaseModel

from pas import api_keys, clock
from pas.access import EVERYBODY, Asking, NotAllowed, Reading, Writing, may
from pas.api_keys import NewKey
from pas.role import Role
from pas.tables import ApiKeyRecord

router = APIRouter(prefix="/api-keys", tags=["keys"])


class Key(BaseModel):
    """A program's key, without its secret."""

    id: UUID
    name: str
    role: Role
    created_at: datetime
    expires_at: datetime
    revoked_at: datetime | None


class Keys(BaseModel):
    """All keys of a person; there are few, so there are no pages."""

    items: list[Key]


class KeyWithSecret(Key):
    """A key just made, in the form in which it is sent; shown this once."""

    secret: str


@router.get("")
@may(*EVERYBODY)
def list_keys(caller: Asking, session: Reading) -> Keys:
    """List one's own keys, the newest first."""
    return Keys(items=[_shown(key) for key in api_keys.keys_of(session, person_id=caller.person_id)])


@router.post("", status_code=201)
@may(*EVERYBODY)
def make_key(new: NewKey, response: Response, caller: Asking, session: Writing) -> KeyWithSecret:
    """Make a key for oneself; the answer holds its secret, which is shown this once. Only a login may do this, no key.

    A stolen key would else give itself heirs that live on when it is revoked.
    """
    if caller.session_id is None:
        raise NotAllowed("only a person who is logged in makes a key, no program's key")
    made = api_keys.make_key(session, new=new, caller=caller, now=clock.now())
    response.headers["Cache-Control"] = "no-store"
    return KeyWithSecret(**_shown(made.record).model_dump(), secret=made.shown_once)


@router.delete("/{key_id}")
@may(*EVERYBODY)
def revoke_key(key_id: UUID, caller: Asking, session: Writing) -> Key:
    """End a key at once."""
    return _shown(api_keys.revoke_key(session, key_id=key_id, caller=caller, now=clock.now()))


def _shown(key: ApiKeyRecord) -> Key:
    return Key.model_validate(key, from_attributes=True)
