"""How a person wants to be told of alerts: by which way, when not, how often, and of what not at all."""

from datetime import UTC, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from pydantic import field_validator
from sqlmodel import Field, SQLModel

from lifecycle.alert import AlertKind
from lifecycle.site import ZONES, UnknownZone
from telemetry.columns import Json, worded

_A_DAY = timedelta(days=1)
_MONDAY = 0


class Digest(StrEnum):
    """How often what was not told by itself is told together."""

    DAILY = "daily"
    WEEKLY = "weekly"
    NEVER = "never"
    """It stands on the page only."""


class Wishes(SQLModel):
    """A person's wishes; hours are those of the clock in `zone`, and equal quiet hours mean none.

    `off` are kinds of alerts that this person is not told of at all, not in the digest either.
    """

    model_config = {"extra": "forbid"}

    mail: bool = True
    zone: str = Field(default="Europe/Brussels", max_length=60)
    quiet_from: int = Field(default=21, ge=0, le=23)
    quiet_until: int = Field(default=7, ge=0, le=23)
    digest: Digest = Field(default=Digest.WEEKLY, sa_type=worded(Digest))
    digest_hour: int = Field(default=8, ge=0, le=23)
    off: list[AlertKind] = Field(default_factory=list, sa_type=Json)

    @field_validator("zone")
    @classmethod
    def _known_zone(cls, zone: str) -> str:
        if zone not in ZONES:
            raise UnknownZone(f"{zone!r} is no time zone; write one such as Europe/Brussels", field="zone")
        return zone


def not_before(wishes: Wishes, *, now: datetime) -> datetime:
    """Give the first moment from now on at which the person may be told: now, or when the quiet hours end.

    >>> late = datetime(2026, 11, 1, 22, 30, tzinfo=UTC)
    >>> not_before(Wishes(), now=late).isoformat()
    '2026-11-02T06:00:00+00:00'
    """
    local = now.astimezone(ZoneInfo(wishes.zone))
    if not _is_quiet(wishes, local.hour):
        return now
    ends = _at(wishes, local, wishes.quiet_until)
    return ends if ends > now else _at(wishes, local + _A_DAY, wishes.quiet_until)


def digest_at(wishes: Wishes, *, after: datetime) -> datetime | None:
    """Give the first moment after another at which the person's digest is due; None where no digest is wanted."""
    if wishes.digest is Digest.NEVER:
        return None
    local = after.astimezone(ZoneInfo(wishes.zone))
    for ahead in range(9):
        moment = _at(wishes, local + ahead * _A_DAY, wishes.digest_hour)
        its_day = wishes.digest is Digest.DAILY or moment.astimezone(ZoneInfo(wishes.zone)).weekday() == _MONDAY
        if moment > after and its_day:
            return moment
    return None


def _is_quiet(wishes: Wishes, hour: int) -> bool:
    first, last = wishes.quiet_from, wishes.quiet_until
    return first <= hour < last if first <= last else hour >= first or hour < last


def _at(wishes: Wishes, local: datetime, hour: int) -> datetime:
    return datetime.combine(local.date(), time(hour), ZoneInfo(wishes.zone)).astimezone(UTC)
