"""A site is a place with an address, coordinates and a time zone; assets stand in it."""

from zoneinfo import available_timezones

from pydantic import field_validator
from sqlmodel import Field, SQLModel

from lifecycle.label import Label, Line, Name
from telemetry.refusal import Refusal

ZONES = frozenset(available_timezones())
"""The names of all time zones that IANA lists."""


class UnknownZone(Refusal, ValueError):
    """A time zone that IANA does not list."""


class Site(SQLModel):
    """A place. Latitude and longitude in degrees (WGS 84); `zone` is an IANA name and decides what a day is there."""

    model_config = {"extra": "forbid", "allow_inf_nan": False}

    code: Label = Field(min_length=1, max_length=60)
    name: Name = Field(min_length=1, max_length=200)
    street: Line = Field(default="", max_length=200)
    postal_code: Line = Field(default="", max_length=20)
    city: Line = Field(default="", max_length=120)
    country: str = Field(default="BE", schema_extra={"pattern": "^[A-Z]{2}$"}, max_length=2)
    latitude: float | None = Field(default=None, ge=-90, le=90)
    longitude: float | None = Field(default=None, ge=-180, le=180)
    zone: Line = Field(default="Europe/Brussels", max_length=60)

    @field_validator("zone")
    @classmethod
    def _known_zone(cls, zone: str) -> str:
        if zone not in ZONES:
            raise UnknownZone(f"{zone!r} is no time zone; write one such as Europe/Brussels", field="zone")
        return zone
