"""The page of the fleet: find things, keep views of them, change many at once and take that back, label, export."""

import tempfile
from collections.abc import Iterator, Sequence
from typing import IO, Annotated, BinaryIO, NamedTuple, cast
from urllib.parse import parse_qsl
from uuid import UUID

from fastapi import APIRouter, Depends, Form, Query, Request, Response
from fastapi.responses import RedirectResponse, StreamingResponse
from sqlmodel import Session, col, select

from lifecycle.asset import AssetStatus, Destination, Step
from lifecycle.bulk_tables import BulkChangeRecord
from lifecycle.change_many import MOST, ManyChanged, change_many, changed_things, known_change, undo_many
from lifecycle.label_sheet import STOCKS
from lifecycle.tables import AssetRecord, CustomerRecord, ProductRecord, SiteRecord
from pas import clock
from pas.access import EVERYBODY, STAFF, Asking, Reading, Writing, may
from pas.api.assets import own
from pas.api.bulk_changes import CHANGERS
from pas.api.exchange import MEDIA, FormatName
from pas.caller import Caller
from pas.exchange.kinds import kind_named
from pas.exchange.write_sheet import write_sheet
from pas.list_views import NewView, drop_view, keep_view, settled, views_of
from pas.refusals import status_of
from pas.role import Role
from pas.web import overview
from pas.web.fleet import SORTS, Wanted, called, listed, matching, suggested
from pas.web.page import render
from telemetry.refusal import Refusal

router = APIRouter(include_in_schema=False)

Text = Annotated[str, Query(max_length=200)]
Field = Annotated[str, Form(max_length=200)]
Address = Annotated[str, Form(max_length=2000)]
_SHOWN_REFUSALS = 5
_CHUNK = 256 * 1024


class UnclearPlace(Refusal):
    """No place is called so, or several are."""


class NothingTicked(Refusal):
    """Many things were to be changed, and none was chosen."""


class NamelessView(Refusal):
    """A view was to be kept under no name."""


class NotDone(NamedTuple):
    """A thing that could not be changed, and the code of the reason."""

    serial: str
    code: str


class News(NamedTuple):
    """What a deed on many things brought about."""

    record: BulkChangeRecord
    changed: int
    left: int
    refused: Sequence[NotDone]
    refused_count: int


def _wanted(
    q: Text = "",
    product: Text = "",
    site: Text = "",
    holder: Text = "",
    status: Text = "",
    grade: Annotated[str, Query(pattern="^[A-E]?$")] = "",
    sort: Text = "",
) -> Wanted:
    """Read the address; what it cannot mean is left out."""
    known = status if status in set(AssetStatus) else ""
    order = sort if sort in SORTS and sort != SORTS[0] else ""
    return Wanted(q.strip(), product.strip(), site.strip(), holder.strip(), grade, known, order)


Asked = Annotated[Wanted, Depends(_wanted)]


@router.get("/assets")
@may(*EVERYBODY)
def fleet(
    request: Request,
    caller: Asking,
    session: Reading,
    wanted: Asked,
    cursor: Annotated[str | None, Query(max_length=400)] = None,
    changed: UUID | None = None,
) -> Response:
    """Show the list of things, and the news of what was just done to many."""
    return _page(request, caller, session, wanted, cursor=cursor, changed=changed)


@router.get("/assets/export.{format}")
@may(*STAFF)
def export(caller: Asking, session: Reading, wanted: Asked, format: FormatName) -> StreamingResponse:  # noqa: A002 - what people call it
    """Give the things that fit as a file that imports again with no change."""
    del caller
    fits = set(session.scalars(matching(wanted, holder_id=None).with_only_columns(col(AssetRecord.public_id))))
    assets = kind_named("assets")
    columns = [column for column in assets.columns if column.exported]
    rows = (row for row in assets.stored(session) if row["public_id"] in fits)
    file = tempfile.SpooledTemporaryFile(max_size=4 * 1024 * 1024)  # noqa: SIM115 - the answer closes it
    write_sheet(columns, rows, cast("BinaryIO", file), format.value)
    file.seek(0)
    named = {"Content-Disposition": f'attachment; filename="assets.{format.value}"'}
    return StreamingResponse(_pieces(file), media_type=MEDIA[format], headers=named)


@router.post("/assets/changes")
@may(*CHANGERS)
def change(
    *,
    request: Request,
    caller: Asking,
    session: Writing,
    asset_id: Annotated[list[UUID] | None, Form(max_length=MOST)] = None,
    deed: Field = "",
    site: Field = "",
    place: Field = "",
    status: Field = "",
    back: Address = "",
) -> Response:
    """Move the chosen things or change their status, and come back to the list as it was."""
    try:
        with session.begin_nested():
            wanted = _deed(session, asset_id or [], deed, site.strip(), place.strip(), status)
            done = change_many(session, wanted, now=clock.now(), by=caller.actor)
    except Refusal as refusal:
        return _page(request, caller, session, _of(back), refusal=refusal)
    return _to(back, done.id)


@router.post("/assets/changes/{change_id}/undo")
@may(*CHANGERS)
def undo(change_id: UUID, caller: Asking, session: Writing, back: Address = "") -> Response:
    """Take a deed on many things back, and come back to the list."""
    undo_many(session, change_id=change_id, now=clock.now(), by=caller.actor)
    return _to(back, change_id)


@router.post("/assets/views")
@may(*EVERYBODY)
def keep(
    request: Request, caller: Asking, session: Writing, name: Field = "", shared: Field = "", back: Address = ""
) -> Response:
    """Keep the list as it is under a name."""
    try:
        with session.begin_nested():
            new = _view(name, back, shared=bool(shared))
            view = keep_view(session, new, caller=caller, now=clock.now())
    except Refusal as refusal:
        return _page(request, caller, session, _of(back), refusal=refusal)
    return RedirectResponse(f"/assets?{view.query}", status_code=303)


@router.post("/assets/views/{view_id}/drop")
@may(*EVERYBODY)
def drop(view_id: UUID, caller: Asking, session: Writing, back: Address = "") -> Response:
    """Drop a view."""
    drop_view(session, view_id=view_id, caller=caller, now=clock.now())
    return _to(back, None)


def _pieces(file: IO[bytes]) -> Iterator[bytes]:
    with file:
        while piece := file.read(_CHUNK):
            yield piece


def _deed(session: Session, ids: list[UUID], deed: str, site: str, place: str, status: str) -> ManyChanged:
    """Read what is to be done. Raises NothingTicked and UnclearPlace."""
    if not ids:
        raise NothingTicked("tick the things to change first", field="asset")
    if deed == "status" and status in set(AssetStatus):
        return ManyChanged(assets=ids, step=Step(at=clock.now(), status=AssetStatus(status)))
    where: dict[str, object] = {"at": clock.now()}
    if site:
        where["site_id"] = _place(session, site)
    if place:
        where["place"] = place
    return ManyChanged(assets=ids, move=Destination.model_validate(where))


def _place(session: Session, text: str) -> UUID:
    found = called(session, SiteRecord, text)
    if len(found) != 1:
        meant = ", ".join(name for _, name in found[:3])
        raise UnclearPlace(
            f"{text!r} could be {meant or 'no place that we know'}; choose one of the list", field="site"
        )
    return found[0][0]


def _view(name: str, back: str, *, shared: bool) -> NewView:
    """Read the view to be kept; a name that is none is refused in words."""
    if not name.strip():
        raise NamelessView("give the view a name", field="name")
    return NewView(name=name[:80], query=settled(back)[:1000], shared=shared)


def _page(
    request: Request,
    caller: Caller,
    session: Session,
    wanted: Wanted,
    *,
    cursor: str | None = None,
    changed: UUID | None = None,
    refusal: Refusal | None = None,
) -> Response:
    staff, changes = caller.role is not Role.CUSTOMER, caller.role in CHANGERS
    return render(
        request,
        "assets.html",
        caller=caller,
        status=status_of(refusal) if refusal else 200,
        refusal=refusal,
        found=listed(session, wanted=wanted, holder_id=own(caller), cursor=cursor),
        wanted=wanted,
        continued=cursor is not None,
        back=wanted.query(),
        views=views_of(session, caller=caller),
        staff=staff,
        changes=changes,
        news=_news(session, changed) if changed and changes else None,
        products=suggested(session, ProductRecord) if staff else [],
        sites=suggested(session, SiteRecord) if staff else [],
        holders=suggested(session, CustomerRecord) if staff else [],
        statuses=[one.value for one in AssetStatus],
        grades=overview.GRADES,
        sorts=SORTS,
        stocks=[(stock.value, size) for stock, size in STOCKS.items()],
    )


def _news(session: Session, change_id: UUID) -> News:
    record = known_change(session, change_id)
    things = changed_things(session, change_id)
    left = sum(not one.undone for one in things) if record.undone_at else 0
    shown = record.refused[:_SHOWN_REFUSALS]
    ids = [UUID(one["asset_id"]) for one in shown]
    query = select(AssetRecord.id, AssetRecord.serial).where(col(AssetRecord.id).in_(ids))
    serials: dict[UUID | None, str] = dict(session.exec(query).all())
    refused = [NotDone(serials.get(UUID(one["asset_id"]), ""), one["code"]) for one in shown]
    return News(record, len(things), left, refused, len(record.refused))


def _of(back: str) -> Wanted:
    """Read the list that somebody came from."""
    said = dict(parse_qsl(settled(back)))
    return _wanted(**said | {"grade": said.get("grade", "") if said.get("grade") in overview.GRADES else ""})


def _to(back: str, changed: UUID | None) -> Response:
    query = "&".join(part for part in (settled(back), f"changed={changed}" if changed else "") if part)
    return RedirectResponse(f"/assets?{query}" if query else "/assets", status_code=303)
