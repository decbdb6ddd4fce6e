"""Photos over HTTP: added to an inspection, and seen by those who may see it."""

from enum import StrEnum
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, File, Form, Query, Response, UploadFile
from pydantic import StringConstraints

from lifecycle.add_photo import add_photo
from lifecycle.inspection import OVERALL, Component
from lifecycle.inspection_queries import known_inspection, photo_of
from lifecycle.label import Line
from lifecycle.photo import MEDIA_TYPE
from lifecycle.photo_gateway import pictures_of
from lifecycle.show_photo import show_photo
from pas import clock
from pas.access import EVERYBODY, Asking, Reading, Writing, may
from pas.api.assets import own
from pas.api.inspections import PhotoAnswer, photo_answer
from pas.api.problems import problems
from pas.role import Role

router = APIRouter(prefix="/inspections/{inspection_id}/photos", tags=["inspections"])

_PICTURE: dict[int | str, dict[str, Any]] = {
    200: {"description": "The photo.", "content": {MEDIA_TYPE: {"schema": {"type": "string", "format": "binary"}}}}
}


class Size(StrEnum):
    """How large a photo is shown."""

    FULL = "full"
    SMALL = "small"


@router.post("", status_code=201, responses=problems(404, 413))
@may(Role.ADMINISTRATOR, Role.FLEET_MANAGER, Role.TECHNICIAN)
def add_photo_to_inspection(
    inspection_id: UUID,
    file: Annotated[UploadFile, File(description="A photo in JPEG, PNG, WebP or HEIC.")],
    caller: Asking,
    session: Writing,
    *,
    component: Annotated[Component, Form(description="What it shows.")] = OVERALL,
    caption: Annotated[Line, StringConstraints(max_length=500), Form(description="What is to be seen.")] = "",
) -> PhotoAnswer:
    """Add a photo; it is turned upright, shrunk, and loses where it was taken. The same one again changes nothing."""
    made, now = pictures_of(file.file.read()), clock.now()
    part = add_photo(
        session,
        inspection_id=inspection_id,
        made=made,
        component=component,
        caption=caption,
        now=now,
        by=caller.actor,
    )
    return photo_answer(part)


@router.get("/{sha256}", response_class=Response, responses={**_PICTURE, **problems(404)})
@may(*EVERYBODY)
def see_photo(
    inspection_id: UUID,
    sha256: str,
    caller: Asking,
    session: Reading,
    size: Annotated[Size, Query(description="Full, or small as in a list.")] = Size.FULL,
) -> Response:
    """Show a photo of an inspection."""
    known_inspection(session, inspection_id=inspection_id, holder_id=own(caller))
    photo = photo_of(session, inspection_id=inspection_id, sha256=sha256)
    content = show_photo(session, sha256=photo.sha256, small=size is Size.SMALL)
    return Response(content, media_type=MEDIA_TYPE, headers={"Cache-Control": "private, max-age=3600"})
