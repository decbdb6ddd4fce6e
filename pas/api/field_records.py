"""What technicians' devices send over HTTP: taken once, kept whatever it says, decided by a person where it must."""

from collections.abc import Sequence
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, File, Form, Header, Query, Response, UploadFile
from pydantic import AwareDatetime, BaseModel, StringConstraints
from sqlmodel import Session, SQLModel

from lifecycle.add_field_photo import add_field_photo
from lifecycle.decide_field_record import accept_field_record, decline_field_record, match_field_record
from lifecycle.field_queries import decisions_of, field_photo_of, field_photos, field_records, known_field_record
from lifecycle.field_record import FieldDecision, FieldKind, FieldOutcome, FieldRecord
from lifecycle.field_tables import FieldDecisionRecord, FieldPhotoRecord, FieldRecordRecord
from lifecycle.inspection import OVERALL, Component
from lifecycle.label import Line, Note
from lifecycle.photo import MEDIA_TYPE
from lifecycle.photo_gateway import pictures_of
from lifecycle.show_photo import show_photo
from lifecycle.take_field_record import take_field_record
from pas import clock
from pas.access import Asking, Reading, Writing, may
from pas.api.paging import Cursor, Limit, Page, page
from pas.api.photos import Size
from pas.api.problems import problems
from pas.role import Role

router = APIRouter(prefix="/field-records", tags=["technician"])

_LOOKS = (Role.ADMINISTRATOR, Role.FLEET_MANAGER, Role.TECHNICIAN)
_DECIDES = (Role.ADMINISTRATOR, Role.FLEET_MANAGER)
_PICTURE: dict[int | str, dict[str, Any]] = {
    200: {"description": "The photo.", "content": {MEDIA_TYPE: {"schema": {"type": "string", "format": "binary"}}}}
}


class FieldPhotoAnswer(BaseModel):
    """A photo that came with a record, and where it is seen."""

    sha256: str
    component: str
    caption: str
    added_at: AwareDatetime
    address: str


class DecisionAnswer(BaseModel):
    """What a person made of a record that waited, and what came of it."""

    decision: FieldDecision
    asset_id: UUID | None
    result_id: UUID | None
    why: str
    decided_at: AwareDatetime
    decided_by: str


class FieldRecordAnswer(BaseModel):
    """A record as it came, and what became of it.

    `stored`; `proposed`: the thing stands otherwise than the device knew, and a person decides; `unmatched`: no thing
    answers to the tag, and a person says which it is. `flags` say what is odd about a fact that was kept all the same:
    superseded, counter_back, clock_corrected, contradicts; or why a person must decide. `stood` is how the thing stood
    when the record came, `result_id` the inspection, work order or event made of it.
    """

    id: UUID
    kind: FieldKind
    outcome: FieldOutcome
    flags: list[str]
    tag: str
    asset_id: UUID | None
    captured_at: AwareDatetime
    device: str
    told: dict[str, Any]
    stood: dict[str, Any]
    result_id: UUID | None
    received_at: AwareDatetime
    received_by: str
    photos: list[FieldPhotoAnswer]
    decision: DecisionAnswer | None


class Matched(SQLModel):
    """Which thing it is: its serial number, the address on its label, or its id."""

    model_config = {"extra": "forbid"}

    tag: Annotated[Line, StringConstraints(min_length=1, max_length=300)]


class Declined(SQLModel):
    """Why a record changes nothing."""

    model_config = {"extra": "forbid"}

    why: Annotated[Note, StringConstraints(min_length=1, max_length=1000)]


@router.post("", status_code=201, responses=problems(404, 409))
@may(*_LOOKS)
def take_record(
    record: FieldRecord,
    caller: Asking,
    session: Writing,
    device_time: Annotated[AwareDatetime | None, Header(description="What the device's clock says now.")] = None,
) -> FieldRecordAnswer:
    """Take what was noted under an id of the device's own making; sent again word for word it changes nothing."""
    row = take_field_record(session, record, sent_at=device_time, now=clock.now(), by=caller.actor)
    return _shown(session, [row])[0]


@router.get("")
@may(*_LOOKS)
def list_records(
    *,
    _caller: Asking,
    session: Reading,
    waiting: Annotated[bool | None, Query(description="Only those that wait for a person, or only others.")] = None,
    asset: Annotated[UUID | None, Query(description="Id of the asset.")] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[FieldRecordAnswer]:
    """List what devices sent, the oldest first."""
    by = (FieldRecordRecord.received_at, FieldRecordRecord.id)
    query = field_records(waiting=waiting, asset_id=asset)
    found, next_cursor = page(session, query, by=by, cursor=cursor, limit=limit)
    return Page(items=_shown(session, found), next_cursor=next_cursor)


@router.get("/{record_id}", responses=problems(404))
@may(*_LOOKS)
def read_record(record_id: UUID, _caller: Asking, session: Reading) -> FieldRecordAnswer:
    """Give one record."""
    return _shown(session, [known_field_record(session, record_id=record_id)])[0]


@router.post("/{record_id}/photos", status_code=201, responses=problems(404, 409, 413))
@may(*_LOOKS)
def add_photo_to_record(
    record_id: UUID,
    file: Annotated[UploadFile, File(description="A photo in JPEG, PNG, WebP or HEIC.")],
    caller: Asking,
    session: Writing,
    *,
    component: Annotated[Component, Form(description="What it shows.")] = OVERALL,
    caption: Annotated[Line, StringConstraints(max_length=500), Form(description="What is to be seen.")] = "",
) -> FieldPhotoAnswer:
    """Add a photo; the same one again changes nothing. It belongs to the inspection too, as soon as there is one."""
    made, now = pictures_of(file.file.read()), clock.now()
    told = {"component": component, "caption": caption}
    return _photo(add_field_photo(session, record_id=record_id, made=made, **told, now=now, by=caller.actor))


@router.get("/{record_id}/photos/{sha256}", response_class=Response, responses={**_PICTURE, **problems(404)})
@may(*_LOOKS)
def see_photo_of_record(
    record_id: UUID,
    sha256: str,
    _caller: Asking,
    session: Reading,
    size: Annotated[Size, Query(description="Full, or small as in a list.")] = Size.FULL,
) -> Response:
    """Show a photo of a record."""
    photo = field_photo_of(session, record_id=record_id, sha256=sha256)
    content = show_photo(session, sha256=photo.sha256, small=size is Size.SMALL)
    return Response(content, media_type=MEDIA_TYPE, headers={"Cache-Control": "private, max-age=3600"})


@router.post("/{record_id}/match", status_code=201, responses=problems(404, 409))
@may(*_DECIDES)
def match_record(record_id: UUID, told: Matched, caller: Asking, session: Writing) -> FieldRecordAnswer:
    """Say which thing an unmatched record is about; what it tells is done to that thing."""
    match_field_record(session, record_id=record_id, tag=told.tag, now=clock.now(), by=caller.actor)
    return _shown(session, [known_field_record(session, record_id=record_id)])[0]


@router.post("/{record_id}/accept", status_code=201, responses=problems(404, 409))
@may(*_DECIDES)
def accept_record(record_id: UUID, caller: Asking, session: Writing) -> FieldRecordAnswer:
    """Follow a proposal after all, from now on."""
    accept_field_record(session, record_id=record_id, now=clock.now(), by=caller.actor)
    return _shown(session, [known_field_record(session, record_id=record_id)])[0]


@router.post("/{record_id}/decline", status_code=201, responses=problems(404, 409))
@may(*_DECIDES)
def decline_record(record_id: UUID, told: Declined, caller: Asking, session: Writing) -> FieldRecordAnswer:
    """Leave everything as it stands; the record stays on file with the reason."""
    decline_field_record(session, record_id=record_id, why=told.why, now=clock.now(), by=caller.actor)
    return _shown(session, [known_field_record(session, record_id=record_id)])[0]


def _shown(session: Session, rows: Sequence[FieldRecordRecord]) -> list[FieldRecordAnswer]:
    ids = [row.id for row in rows]
    photos, decided = field_photos(session, ids), decisions_of(session, ids)
    return [
        FieldRecordAnswer.model_validate(
            row.model_dump(exclude={"tenant_id"})
            | {"photos": [_photo(one) for one in photos.get(row.id, [])], "decision": _decision(decided.get(row.id))}
        )
        for row in rows
    ]


def _photo(photo: FieldPhotoRecord) -> FieldPhotoAnswer:
    address = f"/api/v1/field-records/{photo.record_id}/photos/{photo.sha256}"
    told = photo.model_dump(include={"sha256", "component", "caption", "added_at"})
    return FieldPhotoAnswer.model_validate(told | {"address": address})


def _decision(decided: FieldDecisionRecord | None) -> DecisionAnswer | None:
    return None if decided is None else DecisionAnswer.model_validate(decided, from_attributes=True)
