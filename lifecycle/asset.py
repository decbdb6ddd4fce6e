"""An asset is one physical thing: which product, which number on its plate, whose, where, in which status."""

from datetime import date
from enum import StrEnum
from uuid import UUID

from sqlmodel import Field, SQLModel

from telemetry.columns import worded


class AssetStatus(StrEnum):
    """Where a thing stands in its life."""

    IN_STOCK = "in_stock"
    IN_TRANSIT = "in_transit"
    IN_SERVICE = "in_service"
    RETURNED = "returned"
    IN_WORKSHOP = "in_workshop"
    RETIRED = "retired"


class Asset(SQLModel):
    """One physical thing as it is registered.

    `public_id` is a GS1 Digital Link and unique for the tenant; `serial` is unique for the product.
    `owner` is the legal owner where it is not the tenant (a bank, say); `previous_life_id` the asset this one was
    remanufactured from.
    """

    model_config = {"extra": "forbid"}

    serial: str = Field(min_length=1, max_length=80)
    public_id: str = Field(max_length=200)
    product_id: UUID
    owner: str = Field(default="", max_length=200)
    status: AssetStatus = Field(default=AssetStatus.IN_STOCK, sa_type=worded(AssetStatus))
    holder_id: UUID | None = None
    site_id: UUID | None = None
    place: str = Field(default="", max_length=120)
    made_on: date | None = None
    in_service_on: date | None = None
    previous_life_id: UUID | None = None
