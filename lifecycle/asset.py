"""An asset is one physical thing: which product, which number on its plate, whose, where, in which status."""

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from pydantic import AwareDatetime
from sqlmodel import Field, SQLModel

from lifecycle.label import Label, Line, Name, Note
from telemetry.columns import worded
from telemetry.identity import new_id


class AssetStatus(StrEnum):
    """Where a thing stands in its life."""

    IN_STOCK = "in_stock"
    IN_TRANSIT = "in_transit"
    IN_SERVICE = "in_service"
    RETURNED = "returned"
    IN_WORKSHOP = "in_workshop"
    RETIRED = "retired"


STEPS: dict[AssetStatus, frozenset[AssetStatus]] = {
    AssetStatus.IN_STOCK: frozenset(
        {AssetStatus.IN_TRANSIT, AssetStatus.IN_SERVICE, AssetStatus.IN_WORKSHOP, AssetStatus.RETIRED}
    ),
    AssetStatus.IN_TRANSIT: frozenset(
        {AssetStatus.IN_STOCK, AssetStatus.IN_SERVICE, AssetStatus.RETURNED, AssetStatus.IN_WORKSHOP}
    ),
    AssetStatus.IN_SERVICE: frozenset(
        {AssetStatus.IN_TRANSIT, AssetStatus.RETURNED, AssetStatus.IN_WORKSHOP, AssetStatus.RETIRED}
    ),
    AssetStatus.RETURNED: frozenset(
        {AssetStatus.IN_TRANSIT, AssetStatus.IN_STOCK, AssetStatus.IN_WORKSHOP, AssetStatus.RETIRED}
    ),
    AssetStatus.IN_WORKSHOP: frozenset(
        {AssetStatus.IN_TRANSIT, AssetStatus.IN_STOCK, AssetStatus.IN_SERVICE, AssetStatus.RETIRED}
    ),
    AssetStatus.RETIRED: frozenset(),
}
"""Which status may follow which. What is retired stays so: remanufacture makes a new asset with a previous life."""


class Asset(SQLModel):
    """One physical thing as it is registered.

    `public_id` is a GS1 Digital Link and unique for the tenant; `serial` is unique for the product.
    `owner` is the legal owner where it is not the tenant (a bank, say); `previous_life_id` the asset this one was
    remanufactured from.
    """

    model_config = {"extra": "forbid"}

    serial: Label = Field(min_length=1, max_length=80)
    public_id: Line = Field(max_length=200)
    product_id: UUID
    owner: Line = Field(default="", max_length=200)
    status: AssetStatus = Field(default=AssetStatus.IN_STOCK, sa_type=worded(AssetStatus))
    holder_id: UUID | None = None
    site_id: UUID | None = None
    place: Line = Field(default="", max_length=120)
    made_on: date | None = None
    in_service_on: date | None = None
    previous_life_id: UUID | None = None


class NewAsset(Asset):
    """An asset to be registered; an identifier that is left out is made: from its GTIN and serial, or a GIAI."""

    id: UUID = Field(default_factory=new_id)
    public_id: Line = Field(default="", max_length=200)


class Destination(SQLModel):
    """Where a thing went, to whom, from when on. A field left out stays as it was; null means nowhere, nobody."""

    model_config = {"extra": "forbid"}

    at: AwareDatetime
    site_id: UUID | None = None
    holder_id: UUID | None = None
    place: Line = Field(default="", max_length=120)
    note: Note = Field(default="", max_length=2000)


class Move(Destination):
    """A move of one thing."""

    asset_id: UUID


class Step(SQLModel):
    """A step to another status, from when on."""

    model_config = {"extra": "forbid"}

    at: AwareDatetime
    status: AssetStatus
    note: Note = Field(default="", max_length=2000)


class StatusChange(Step):
    """A step of one thing to another status."""

    asset_id: UUID


class Amendment(SQLModel):
    """What an event of the history should have said, or that it never happened. Fields left out stay as they were."""

    model_config = {"extra": "forbid"}

    event_id: UUID
    why: Name = Field(max_length=2000)
    withdrawn: bool = False
    at: AwareDatetime | None = None
    site_id: UUID | None = None
    holder_id: UUID | None = None
    place: Line = Field(default="", max_length=120)
    status: AssetStatus = AssetStatus.IN_STOCK


class Correction(Amendment):
    """An amendment to the history of one thing."""

    asset_id: UUID


class PlaceContent(SQLModel):
    """A thing that stood in a place at a moment."""

    asset_id: UUID
    serial: str
    product_id: UUID
    since: datetime
    until: datetime | None
    holder_id: UUID | None
    place: str
    status: AssetStatus
