"""Assets over HTTP: registered, found, moved, stepped on; customers see what they hold."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response
from pydantic import AwareDatetime

from lifecycle.asset import Asset, Destination, Move, NewAsset, StatusChange, Step
from lifecycle.chain import digest
from lifecycle.change_status import change_status
from lifecycle.move_asset import move_assets
from lifecycle.passport import Passport, StandingThen
from lifecycle.queries import known_asset
from lifecycle.read_passport import read_passport, standing_then
from lifecycle.record_events import possible
from lifecycle.register_assets import register_assets
from lifecycle.tables import AssetRecord
from pas import clock
from pas.access import EVERYBODY, STAFF, Asking, Reading, Writing, may
from pas.api.asset_filter import WantedAssets
from pas.api.paging import Cursor, Limit, Page, page
from pas.api.problems import problems
from pas.caller import Caller
from pas.role import Role

router = APIRouter(prefix="/assets", tags=["assets"])

At = Annotated[AwareDatetime, Query(description="The moment that is asked about, with its zone.")]


class AssetAnswer(Asset):
    """An asset as it is now."""

    id: UUID
    registered_at: AwareDatetime
    history_length: int
    history_head: str
    index: float | None
    grade: str | None
    route: str | None
    inspected_at: AwareDatetime | None


@router.get("")
@may(*EVERYBODY)
def list_assets(
    caller: Asking, session: Reading, wanted: WantedAssets, limit: Limit = 50, cursor: Cursor = None
) -> Page[AssetAnswer]:
    """List assets by serial number; filters narrow each other."""
    query = wanted.query(own(caller))
    found, next_cursor = page(session, query, by=(AssetRecord.serial, AssetRecord.id), cursor=cursor, limit=limit)
    return Page(items=[_shown(asset) for asset in found], next_cursor=next_cursor)


@router.post("", status_code=201, responses=problems(409))
@may(Role.ADMINISTRATOR, Role.FLEET_MANAGER)
def register_asset(new: NewAsset, caller: Asking, session: Writing) -> AssetAnswer:
    """Register an asset; the same id and words again change nothing."""
    return _shown(register_assets(session, [new], now=clock.now(), by=caller.actor)[0])


@router.get("/{asset_id}", responses=problems(404) | {304: {"description": "It is as you have it."}})
@may(*EVERYBODY)
def read_asset(asset_id: UUID, caller: Asking, session: Reading, request: Request, response: Response) -> AssetAnswer:
    """Give one asset; with `If-None-Match` only if it changed."""
    asset = known_asset(session, asset_id=asset_id, holder_id=own(caller))
    etag = _etag(asset)
    if etag in {tag.strip() for tag in request.headers.get("if-none-match", "").split(",")}:
        return Response(status_code=304, headers={"ETag": etag})  # type: ignore[return-value]
    response.headers["ETag"] = etag
    return _shown(asset)


@router.get("/{asset_id}/as-of", responses=problems(404))
@may(*STAFF)
def read_standing(
    asset_id: UUID,
    _caller: Asking,
    session: Reading,
    at: At,
    known_at: Annotated[AwareDatetime | None, Query(description="Count only what was recorded by then.")] = None,
) -> StandingThen:
    """Say where an asset was at a moment, with whom and in which status."""
    possible(at, now=clock.now())
    return standing_then(session, asset_id=asset_id, at=at, known_at=known_at)


@router.get("/{asset_id}/passport", responses=problems(404))
@may(*STAFF)
def passport(
    asset_id: UUID,
    _caller: Asking,
    session: Reading,
    at: Annotated[AwareDatetime | None, Query(description="Moment, with its zone; now if left out.")] = None,
) -> Passport:
    """Read the passport of an asset as of a moment."""
    now = clock.now()
    return read_passport(session, asset_id=asset_id, as_of=possible(at, now=now) if at else now)


@router.post("/{asset_id}/moves", status_code=201, responses=problems(404))
@may(Role.ADMINISTRATOR, Role.FLEET_MANAGER, Role.TECHNICIAN)
def move_asset(asset_id: UUID, to: Destination, caller: Asking, session: Writing) -> AssetAnswer:
    """Record where an asset went, also in the past; give it as it is now."""
    known_asset(session, asset_id=asset_id, holder_id=None)
    move = Move.model_validate(to.model_dump(exclude_unset=True) | {"asset_id": asset_id})
    move_assets(session, [move], now=clock.now(), by=caller.actor)
    return _shown(known_asset(session, asset_id=asset_id, holder_id=None))


@router.post("/{asset_id}/status", status_code=201, responses=problems(404, 409))
@may(Role.ADMINISTRATOR, Role.FLEET_MANAGER, Role.TECHNICIAN)
def step_asset(asset_id: UUID, to: Step, caller: Asking, session: Writing) -> AssetAnswer:
    """Step an asset to another status, where that is allowed; give it as it is now."""
    known_asset(session, asset_id=asset_id, holder_id=None)
    change = StatusChange.model_validate(to.model_dump() | {"asset_id": asset_id})
    change_status(session, [change], now=clock.now(), by=caller.actor)
    return _shown(known_asset(session, asset_id=asset_id, holder_id=None))


def own(caller: Caller) -> UUID | None:
    """Give the customer to whose things a caller is held; a contact of no customer sees nothing."""
    return caller.customer_id or UUID(int=0) if caller.role is Role.CUSTOMER else None


def _etag(asset: AssetRecord) -> str:
    return f'"{digest(asset.model_dump())[:32]}"'


def _shown(asset: AssetRecord) -> AssetAnswer:
    return AssetAnswer.model_validate(asset, from_attributes=True)
