"""The page of what came from the field and a person must decide: strange labels, and commands that came too late."""

from typing import Annotated, Any, NamedTuple
from uuid import UUID

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse
from sqlmodel import Session, col, select

from lifecycle.decide_field_record import accept_field_record, decline_field_record, match_field_record
from lifecycle.field_queries import field_photos, field_records
from lifecycle.field_record import FieldKind, Stood
from lifecycle.field_tables import FieldPhotoRecord, FieldRecordRecord
from lifecycle.tables import AssetRecord, SiteRecord
from lifecycle.work_order_queries import assets_by_id
from pas import clock
from pas.access import Asking, Reading, database, may
from pas.caller import Caller
from pas.refusals import status_of
from pas.role import Role
from pas.web.page import render
from telemetry.refusal import Refusal

router = APIRouter(include_in_schema=False)

_DECIDES = (Role.ADMINISTRATOR, Role.FLEET_MANAGER)
_MOST = 50
_PLACING = ("status", "site_id", "place")


class Version(NamedTuple):
    """One fact of a thing, as the technician knew it, as the technician says it is, and as it stands now."""

    field: str
    known: str | None
    wanted: str | None
    now: str | None


class Waiting(NamedTuple):
    """A record that waits, the thing it is about, both versions of it, and its photos."""

    record: FieldRecordRecord
    asset: AssetRecord | None
    versions: list[Version]
    photos: list[FieldPhotoRecord]


@router.get("/tech-decisions")
@may(*_DECIDES)
def decisions(request: Request, caller: Asking, session: Reading) -> Response:
    """Show what waits, the oldest first."""
    return _page(request, caller, session)


@router.post("/tech-decisions/{record_id}/match")
@may(*_DECIDES)
def match(
    request: Request, record_id: UUID, caller: Asking, tag: Annotated[str, Form(max_length=300)] = ""
) -> Response:
    """Say which thing it is."""
    return _decided(request, caller, record_id, lambda s, **how: match_field_record(s, tag=tag.strip(), **how))


@router.post("/tech-decisions/{record_id}/accept")
@may(*_DECIDES)
def accept(request: Request, record_id: UUID, caller: Asking) -> Response:
    """Follow the technician."""
    return _decided(request, caller, record_id, accept_field_record)


@router.post("/tech-decisions/{record_id}/decline")
@may(*_DECIDES)
def decline(
    request: Request, record_id: UUID, caller: Asking, why: Annotated[str, Form(max_length=1000)] = ""
) -> Response:
    """Leave everything as it stands."""
    return _decided(request, caller, record_id, lambda s, **how: decline_field_record(s, why=why.strip(), **how))


def _decided(request: Request, caller: Caller, record_id: UUID, decide: Any) -> Response:
    """Decide in a transaction of its own; where that is refused nothing is kept, and the page says why."""
    db = database(request)
    try:
        with db.writing(caller.tenant_id) as session:
            decide(session, record_id=record_id, now=clock.now(), by=caller.actor)
    except Refusal as refusal:
        with db.reading(caller.tenant_id) as session:
            return _page(request, caller, session, refusal=refusal)
    return RedirectResponse("/tech-decisions", status_code=303)


def _page(
    request: Request,
    caller: Caller,
    session: Session,
    *,
    refusal: Refusal | None = None,
) -> Response:
    order = (col(FieldRecordRecord.received_at), col(FieldRecordRecord.id))
    rows = session.exec(field_records(waiting=True).order_by(*order).limit(_MOST)).all()
    return render(
        request,
        "tech_decisions.html",
        caller=caller,
        status=status_of(refusal) if refusal else 200,
        waiting=_waiting(session, list(rows)),
        code=refusal.code() if refusal else None,
    )


def _waiting(session: Session, rows: list[FieldRecordRecord]) -> list[Waiting]:
    assets = assets_by_id(session, [row.asset_id for row in rows if row.asset_id])
    photos = field_photos(session, [row.id for row in rows])
    sites = dict(
        session.exec(select(SiteRecord.id, SiteRecord.name).where(col(SiteRecord.id).in_(_sites(rows, assets)))).all()
    )
    return [
        Waiting(row, asset, _versions(row, asset, sites), photos.get(row.id, []))
        for row in rows
        for asset in [assets.get(row.asset_id) if row.asset_id else None]
    ]


def _sites(rows: list[FieldRecordRecord], assets: dict[UUID, AssetRecord]) -> set[UUID]:
    named = [(row.told.get(part) or {}).get("site_id") for row in rows for part in ("based_on", "wanted")]
    return {UUID(one) for one in named if one} | {one.site_id for one in assets.values() if one.site_id}


def _versions(row: FieldRecordRecord, asset: AssetRecord | None, sites: dict[UUID, str]) -> list[Version]:
    """Lay the versions of a command beside each other where they differ; facts have one only."""
    if row.kind not in {FieldKind.MOVE, FieldKind.STATUS} or asset is None:
        return []
    known, wanted = row.told.get("based_on") or {}, row.told.get("wanted") or {}
    now = Stood(status=asset.status, site_id=asset.site_id, place=asset.place).model_dump(mode="json")

    def named(told: dict[str, Any], field: str) -> str | None:
        value = told.get(field)
        return sites.get(UUID(value)) if field == "site_id" and value else value

    versions = [Version(field, *(named(told, field) for told in (known, wanted, now))) for field in _PLACING]
    return [one for one in versions if one.wanted is not None or one.known != one.now]
