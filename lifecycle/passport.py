"""The plain passport of one asset: what it is, of what it is made, where it was, and its lives."""

from datetime import date, datetime
from uuid import UUID

from sqlmodel import SQLModel

from lifecycle.asset import AssetStatus
from lifecycle.product import Part


class StandingThen(SQLModel):
    """Where an asset was at a moment, with whom and in which status, since and until when."""

    asset_id: UUID
    at: datetime
    since: datetime
    until: datetime | None
    site_id: UUID | None
    holder_id: UUID | None
    place: str
    status: AssetStatus


class MaterialShare(SQLModel):
    """How much of one material is in the thing, in kg, and how much of that was recycled."""

    material: str
    name: str
    mass: float
    recycled_mass: float


class PassportPart(Part):
    """A part as the passport lists it."""

    material: str


class PassportPlace(SQLModel):
    """A stay: where and with whom, by their codes."""

    since: datetime
    until: datetime | None
    site: str | None
    country: str | None
    holder: str | None
    place: str
    status: AssetStatus


class PassportCondition(SQLModel):
    """The condition as it was known at the moment."""

    assessed_at: datetime
    index: float
    grade: str
    rule: str


class PassportInspection(SQLModel):
    """The last inspection up to the moment."""

    inspected_at: datetime
    grades: dict[str, str]
    index: float | None


class Life(SQLModel):
    """An earlier or later life of the same thing."""

    public_id: str
    serial: str
    product: str
    registered_at: datetime


class Passport(SQLModel):
    """The passport of one asset as of a moment; `life` counts its lives from 1. Masses in kg, for one thing."""

    as_of: datetime
    public_id: str
    serial: str
    product: str
    product_name: str
    trade: str
    maker: str
    gtin: str | None
    owner: str
    made_on: date | None
    in_service_on: date | None
    parts: list[PassportPart]
    materials: list[MaterialShare]
    mass: float
    recycled_mass: float
    place: PassportPlace
    stays: list[PassportPlace]
    life: int = 1
    previous_lives: list[Life]
    next_life: Life | None
    condition: PassportCondition | None
    last_inspection: PassportInspection | None
    events: int
