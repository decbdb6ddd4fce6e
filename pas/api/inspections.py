"""Inspections over HTTP: what was seen is sent in once, by whatever road, and read by asset."""

from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter
from pydantic import AwareDatetime, StringConstraints
from pydantic import Field as Limits
from sqlmodel import Session, SQLModel

from lifecycle.checklist_queries import checklist_of
from lifecycle.checklist_tables import InspectionPhotoRecord, InspectionStrikeRecord
from lifecycle.condition_queries import inspections_of
from lifecycle.inspection import Component, Inspection, Score, StoredInspection, score_of_component
from lifecycle.inspection_queries import failed, known_inspection, photos_by_inspection, strikes_by_inspection
from lifecycle.label import Note
from lifecycle.log_inspections import log_inspections
from lifecycle.log_offline import Outcome, log_offline
from lifecycle.queries import known_asset
from lifecycle.strike_inspection import strike_inspection
from lifecycle.tables import InspectionRecord, ProductRecord
from lifecycle.take_call import Call, take_call
from pas import clock
from pas.access import EVERYBODY, Asking, Reading, Writing, may
from pas.api.assets import own
from pas.api.paging import Cursor, Limit, Page, page
from pas.api.problems import problems
from pas.role import Role

router = APIRouter(tags=["inspections"])

_LOOKS = (Role.ADMINISTRATOR, Role.FLEET_MANAGER, Role.TECHNICIAN)
"""Who inspects."""


class PhotoAnswer(SQLModel):
    """A photo of an inspection; `address` and `thumbnail` are where those who may see the inspection see it."""

    sha256: str
    component: str
    caption: str
    added_at: AwareDatetime
    address: str
    thumbnail: str


class FailureAnswer(SQLModel):
    """An item of the checklist that failed: what was found, and the limit it was held against."""

    name: str
    component: str
    found: str
    limit: str


class StrikeAnswer(SQLModel):
    """That an inspection counts for nothing any more, who said so and why."""

    struck_at: AwareDatetime
    struck_by: str
    why: str


class InspectionAnswer(StoredInspection):
    """An inspection as it was stored; `scores` are its grades as NEN 2767 scores, E being 5 where only E was told."""

    scores: dict[Component, Score]
    photos: list[PhotoAnswer]
    struck: StrikeAnswer | None


class InspectionInFull(InspectionAnswer):
    """An inspection, and what failed of the checklist that it was held against."""

    failures: list[FailureAnswer]


class SentLater(SQLModel):
    """What a device noted while it was offline; `sent_at` is what its clock says now."""

    model_config = {"extra": "forbid"}

    sent_at: AwareDatetime
    inspections: Annotated[list[Inspection], Limits(min_length=1, max_length=200)]


class OutcomeAnswer(SQLModel):
    """What became of one inspection that came late.

    `stored`; `already` there; `kept_beside`: another had its id, and both are kept; or `refused`, with the reason.
    """

    id: UUID
    outcome: Outcome
    stored_id: UUID | None
    contradicts: list[str]
    clock_error: float | None
    code: str | None
    reason: str | None


class Strike(SQLModel):
    """Why an inspection counts for nothing."""

    model_config = {"extra": "forbid"}

    why: Annotated[Note, StringConstraints(min_length=1, max_length=1000)]


@router.post("/inspections", status_code=201, responses=problems(404, 409))
@may(*_LOOKS)
def log_inspection(inspection: Inspection, caller: Asking, session: Writing) -> InspectionAnswer:
    """Log what was seen under an id of your own making; sent again word for word it changes nothing."""
    stored = log_inspections(session, [inspection], now=clock.now(), by=caller.actor)[0]
    return _shown(session, [stored])[0]


@router.post("/inspections/offline", status_code=201)
@may(*_LOOKS)
def log_what_was_seen_offline(sent: SentLater, caller: Asking, session: Writing) -> list[OutcomeAnswer]:
    """Take what a device noted offline: each is taken or refused by itself, and nothing that was seen is lost."""
    outcomes = log_offline(session, sent.inspections, sent_at=sent.sent_at, now=clock.now(), by=caller.actor)
    return [OutcomeAnswer.model_validate(one._asdict()) for one in outcomes]


@router.post("/inspections/calls", status_code=201, responses=problems(404, 409))
@may(*_LOOKS, Role.FINANCE)
def log_call(call: Call, caller: Asking, session: Writing) -> InspectionAnswer:
    """Log what somebody tells on the phone: which thing, how it fares, and as told by whom."""
    return _shown(session, [take_call(session, call, now=clock.now(), by=caller.actor)])[0]


@router.get("/assets/{asset_id}/inspections", responses=problems(404))
@may(*EVERYBODY)
def list_inspections(
    asset_id: UUID, caller: Asking, session: Reading, limit: Limit = 50, cursor: Cursor = None
) -> Page[InspectionAnswer]:
    """List the inspections of an asset, the oldest first, struck ones too."""
    known_asset(session, asset_id=asset_id, holder_id=own(caller))
    by = (InspectionRecord.inspected_at, InspectionRecord.id)
    found, next_cursor = page(session, inspections_of(asset_id), by=by, cursor=cursor, limit=limit)
    return Page(items=_shown(session, found), next_cursor=next_cursor)


@router.get("/inspections/{inspection_id}", responses=problems(404))
@may(*EVERYBODY)
def read_inspection(inspection_id: UUID, caller: Asking, session: Reading) -> InspectionInFull:
    """Give one inspection, with what failed."""
    found = known_inspection(session, inspection_id=inspection_id, holder_id=own(caller))
    asset = known_asset(session, asset_id=found.asset_id, holder_id=None)
    product = session.get_one(ProductRecord, (asset.tenant_id, asset.product_id))
    used = checklist_of(session, product=product, at=found.inspected_at, version=found.checklist_used)
    failures = [FailureAnswer.model_validate(one._asdict()) for one in failed(used.items, found)]
    return InspectionInFull.model_validate(_shown(session, [found])[0].model_dump() | {"failures": failures})


@router.post("/inspections/{inspection_id}/strike", status_code=201, responses=problems(404))
@may(Role.ADMINISTRATOR, Role.FLEET_MANAGER)
def strike(inspection_id: UUID, told: Strike, caller: Asking, session: Writing) -> InspectionAnswer:
    """Strike what was no true sight, such as a prank by the QR code: it stays on record and counts for nothing."""
    strike_inspection(session, inspection_id=inspection_id, why=told.why, now=clock.now(), by=caller.actor)
    return _shown(session, [known_inspection(session, inspection_id=inspection_id, holder_id=None)])[0]


def photo_answer(photo: InspectionPhotoRecord) -> PhotoAnswer:
    """Show a photo with the addresses under which it is seen."""
    address = f"/api/v1/inspections/{photo.inspection_id}/photos/{photo.sha256}"
    told = photo.model_dump(include={"sha256", "component", "caption", "added_at"})
    return PhotoAnswer.model_validate(told | {"address": address, "thumbnail": f"{address}?size=small"})


def _shown(session: Session, inspections: Sequence[InspectionRecord]) -> list[InspectionAnswer]:
    ids = [inspection.id for inspection in inspections]
    photos, strikes = photos_by_inspection(session, ids), strikes_by_inspection(session, ids)
    return [
        InspectionAnswer.model_validate(
            inspection.model_dump(exclude={"tenant_id"})
            | {
                "scores": {name: score_of_component(inspection, name) for name in inspection.grades},
                "photos": [photo_answer(photo) for photo in photos.get(inspection.id, [])],
                "struck": _strike(strikes.get(inspection.id)),
            }
        )
        for inspection in inspections
    ]


def _strike(strike: InspectionStrikeRecord | None) -> StrikeAnswer | None:
    return None if strike is None else StrikeAnswer.model_validate(strike.model_dump(exclude={"tenant_id"}))
