"""How the caller wants to be told of alerts, over HTTP."""

from fastapi import APIRouter
from sqlmodel import select

from pas import clock
from pas.access import EVERYBODY, Asking, NotAllowed, Reading, Writing, may
from pas.find_readers import wishes_of
from pas.keep_wishes import keep_wishes
from pas.message_tables import WishesRecord
from pas.wishes import Wishes

router = APIRouter(prefix="/me/wishes", tags=["alerts"])


@router.get("")
@may(*EVERYBODY)
def read_wishes(caller: Asking, session: Reading) -> Wishes:
    """Give my wishes: ways, quiet hours, digest, and what I do not want to hear of."""
    return wishes_of(session.exec(select(WishesRecord).where(WishesRecord.person_id == caller.person_id)).first())


@router.put("")
@may(*EVERYBODY)
def change_wishes(wishes: Wishes, caller: Asking, session: Writing) -> Wishes:
    """Keep my wishes; they hold for what is told from now on."""
    if caller.person_id is None:
        raise NotAllowed("only people have wishes")
    return keep_wishes(session, person_id=caller.person_id, wishes=wishes, now=clock.now(), by=caller.actor)
