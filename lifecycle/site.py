"""A site is a place with an address, coordinates and a time zone; assets stand in it."""

from sqlmodel import Field, SQLModel


class Site(SQLModel):
    """A place. Latitude and longitude in degrees (WGS 84); `zone` is an IANA name and decides what a day is there."""

    model_config = {"extra": "forbid"}

    code: str = Field(min_length=1, max_length=60)
    name: str = Field(min_length=1, max_length=200)
    street: str = Field(default="", max_length=200)
    postal_code: str = Field(default="", max_length=20)
    city: str = Field(default="", max_length=120)
    country: str = Field(default="BE", regex="^[A-Z]{2}$", max_length=2)
    latitude: float | None = Field(default=None, ge=-90, le=90)
    longitude: float | None = Field(default=None, ge=-180, le=180)
    zone: str = Field(default="Europe/Brussels", max_length=60)
