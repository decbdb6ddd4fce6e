"""A technician's day over HTTP: all that a device takes along to work where there is no network."""

from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import AwareDatetime, BaseModel

from lifecycle.asset import STEPS, AssetStatus
from lifecycle.checklist import Item
from lifecycle.due_date import DueStanding, standing
from lifecycle.product import Product
from lifecycle.read_field_work import FieldWork, read_field_work
from lifecycle.work_order import WorkKind, WorkPriority, WorkState
from pas import clock
from pas.access import Asking, Reading, may
from pas.role import Role
from telemetry.metric import Metric
from telemetry.queries import latest, metrics

router = APIRouter(prefix="/field-work", tags=["technician"])


class FieldSite(BaseModel):
    """A place, and how to get there."""

    id: UUID
    name: str
    street: str
    postal_code: str
    city: str


class FieldMeter(BaseModel):
    """A meter that is read off a product; a counter never runs backwards."""

    metric: str
    unit: str
    name: str


class FieldProduct(BaseModel):
    """What a thing is a piece of, and what to look at on it."""

    id: UUID
    name: str
    checklist_version: int
    items: list[Item]
    meter: FieldMeter | None


class FieldThing(BaseModel):
    """A thing that may be found at a place: how it stands, and what its meter showed last."""

    id: UUID
    serial: str
    public_id: str
    product_id: UUID
    status: AssetStatus
    site_id: UUID | None
    holder_id: UUID | None
    place: str
    grade: str | None
    reading: float | None


class FieldDue(BaseModel):
    """An inspection that is due."""

    asset_id: UUID
    standing: DueStanding
    due_on: date


class FieldOrder(BaseModel):
    """A work order that is open."""

    id: UUID
    asset_id: UUID
    kind: WorkKind
    component: str
    state: WorkState
    priority: WorkPriority
    due_on: date | None
    assignee: str
    note: str


class FieldWorkAnswer(BaseModel):
    """A day's work with all that must be known for it; `steps` says which status may follow which."""

    made_at: AwareDatetime
    who: str
    due: list[FieldDue]
    work: list[FieldOrder]
    things: list[FieldThing]
    sites: list[FieldSite]
    products: list[FieldProduct]
    steps: dict[AssetStatus, list[AssetStatus]]


@router.get("")
@may(Role.ADMINISTRATOR, Role.FLEET_MANAGER, Role.TECHNICIAN)
def read_work(
    caller: Asking,
    session: Reading,
    site: Annotated[UUID | None, Query(description="Only what is at this place.")] = None,
) -> FieldWorkAnswer:
    """Give what is due and open, the things at those places, and their checklists: enough for a day without network."""
    now = clock.now()
    found = read_field_work(session, site_id=site, today=now.date(), now=now)
    known = metrics(session)
    return FieldWorkAnswer(
        made_at=now,
        who=caller.actor.name,
        due=_due(found, now.date()),
        work=[FieldOrder.model_validate(one, from_attributes=True) for one in found.work],
        things=_things(found, {pair: one.value for pair, one in latest(session, asset_ids=list(found.assets)).items()}),
        sites=[FieldSite.model_validate(one, from_attributes=True) for one in found.sites.values()],
        products=[_product(found, one, product, known) for one, product in found.products.items()],
        steps={status: sorted(following) for status, following in STEPS.items()},
    )


def _due(found: FieldWork, today: date) -> list[FieldDue]:
    return [
        FieldDue(asset_id=one.asset_id, standing=standing(one.due_on, one.lead_days, today=today), due_on=one.due_on)
        for one in found.due
        if one.due_on is not None
    ]


def _things(found: FieldWork, readings: dict[tuple[UUID, str], float]) -> list[FieldThing]:
    return [
        FieldThing.model_validate(
            asset.model_dump(include=set(FieldThing.model_fields))
            | {"reading": readings.get((asset.id, found.products[asset.product_id].usage_metric or ""))}
        )
        for asset in found.assets.values()
    ]


def _product(found: FieldWork, identity: UUID, product: Product, known: dict[str, Metric]) -> FieldProduct:
    checklist, metric = found.checklists[identity], known.get(product.usage_metric or "")
    return FieldProduct(
        id=identity,
        name=product.name,
        checklist_version=checklist.version,
        items=list(checklist.items),
        meter=None if metric is None else FieldMeter(metric=metric.code, unit=metric.unit, name=metric.name),
    )
