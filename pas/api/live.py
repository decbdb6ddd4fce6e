"""New readings over HTTP as they are accepted, whichever process accepted them: server-sent events."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from time import monotonic
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Header, Request
from fastapi.sse import EventSourceResponse, ServerSentEvent
from sqlmodel import Session, col
from starlette.concurrency import run_in_threadpool

from lifecycle.queries import known_asset
from lifecycle.tables import AssetRecord
from pas import live
from pas.access import EVERYBODY, Asking, may
from pas.api.asset_filter import WantedAssets
from pas.api.assets import own
from pas.api.latest import AssetIds, MetricCodes
from pas.api.listening import Listening, listening
from pas.api.paging import Cursor, Limit, page
from pas.api.problems import problems

router = APIRouter(tags=["readings"])

LOOK_BACK = 10_000
"""So many batches back a listener who was away may go on; who was away longer asks for the readings of the span."""
_AGAIN_AFTER = 2000
"""Milliseconds after which a browser that lost the connection comes again."""
_EVENTS = {
    "type": "array",
    "items": {"type": "object", "properties": {name: {"type": "string"} for name in ("event", "data", "id")}},
}
_STREAM: dict[int | str, dict[str, Any]] = {
    200: {"description": "Events.", "content": {"text/event-stream": {"schema": _EVENTS}}}
}

LastSeen = Annotated[
    str | None, Header(alias="Last-Event-ID", max_length=40, description="Id of the event seen last: what came since.")
]


def _asset(
    *, request: Request, asset_id: UUID, caller: Asking, metrics: MetricCodes = None, last_seen: LastSeen = None
) -> Iterator[Listening]:
    def find(session: Session) -> list[UUID]:
        return [known_asset(session, asset_id=asset_id, holder_id=own(caller)).id]

    yield from listening(request.app.state.live, caller, find, metrics=metrics, last_seen=last_seen)


def _fleet(
    *,
    request: Request,
    caller: Asking,
    wanted: WantedAssets,
    asset_ids: AssetIds = None,
    metrics: MetricCodes = None,
    limit: Limit = 50,
    cursor: Cursor = None,
    last_seen: LastSeen = None,
) -> Iterator[Listening]:
    query = wanted.query(own(caller))
    if asset_ids is not None:
        query = query.where(col(AssetRecord.id).in_(asset_ids))

    def find(session: Session) -> list[UUID]:
        by = (AssetRecord.serial, AssetRecord.id)
        return [asset.id for asset in page(session, query, by=by, cursor=cursor, limit=limit)[0]]

    yield from listening(request.app.state.live, caller, find, metrics=metrics, last_seen=last_seen)


@router.get("/assets/{asset_id}/live", response_class=EventSourceResponse, responses={**_STREAM, **problems(404, 429)})
@may(*EVERYBODY)
async def follow_asset(heard: Annotated[Listening, Depends(_asset)]) -> AsyncIterator[ServerSentEvent]:
    """Tell an asset's new readings as they are accepted, until the login ends.

    An event `readings` holds `{"readings": [{"asset_id", "metric", "at", "value", "unit"}, ...]}`. Its id, sent back as
    `Last-Event-ID`, leads on without loss; a reading may then come twice. `missed` says that too much came since, and
    `ended` that one may not listen any more.
    """
    async for event in _events(heard):
        yield event


@router.get("/live", response_class=EventSourceResponse, responses={**_STREAM, **problems(422, 429)})
@may(*EVERYBODY)
async def follow_fleet(heard: Annotated[Listening, Depends(_fleet)]) -> AsyncIterator[ServerSentEvent]:
    """Tell the new readings of a page of assets, the same page as that of `/latest`; events as of one asset."""
    async for event in _events(heard):
        yield event


async def _events(heard: Listening) -> AsyncIterator[ServerSentEvent]:
    """Look for news now and then, and show life in between; ends by itself after an hour."""
    ends_at = monotonic() + heard.live.longest
    head = await heard.head()
    number, sent_at = head if heard.after is None else min(heard.after, head), monotonic()
    yield ServerSentEvent(id=str(number), retry=_AGAIN_AFTER, comment="listening")
    if head - number > LOOK_BACK:
        yield ServerSentEvent(event="missed", data={"after": number, "until": head}, id=str(head))
        number = head
    while monotonic() < ends_at and not heard.live.stopping:
        if heard.is_due and not await run_in_threadpool(heard.may_go_on):
            yield ServerSentEvent(event="ended", data={})
            return
        if await heard.head() > number:
            async for event in _news(heard, number):
                yield event
                number, sent_at = int(event.id or number), monotonic()
            continue
        if monotonic() - sent_at >= live.BEAT:
            yield ServerSentEvent(id=str(number), comment="nothing new")
            sent_at = monotonic()
        await asyncio.sleep(live.PAUSE)


async def _news(heard: Listening, number: int) -> AsyncIterator[ServerSentEvent]:
    """Tell what came after a batch, in events of some readings each; the last one carries the number reached."""
    news = await run_in_threadpool(heard.live.news, heard.caller.tenant_id, number)
    left = heard.settled(news)
    while (some := await run_in_threadpool(next, left, None)) is not None:
        yield ServerSentEvent(event="readings", data={"readings": some})
    for some in heard.fresh(news):
        yield ServerSentEvent(event="readings", data={"readings": some})
    yield ServerSentEvent(id=str(news.upto))
