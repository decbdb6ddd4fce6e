"""Alarm rules over HTTP: where readings should not be; tried out on what was measured before they are switched on."""

from datetime import datetime
from functools import partial
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Query
from pydantic import AwareDatetime, BaseModel

from lifecycle.alarm_queries import known_products
from lifecycle.change_alarm_rule import change_alarm_rule
from pas import clock
from pas.access import STAFF, Asking, Reading, Writing, may
from pas.api.paging import Cursor, Limit, Page, page
from pas.api.problems import problems
from pas.role import Role
from telemetry import try_alarm_rule
from telemetry.alarm_rule import AlarmTerms
from telemetry.alarm_tables import AlarmRuleRecord
from telemetry.find_alarm_rules import latest_rules

router = APIRouter(prefix="/alarm-rules", tags=["alarms"])


class KeptTerms(AlarmTerms):
    """What a rule is to say; it judges readings from `since` on, or from now."""

    since: AwareDatetime | None = None


class AlarmRule(AlarmTerms):
    """A rule as it is now, and from when on."""

    code: str
    version: int
    since: datetime


class TriedAsset(BaseModel):
    """How many alarms one asset would have had, and how often it crossed the bare limit."""

    asset_id: UUID
    alarms: int
    crossings: int


class Trial(BaseModel):
    """What a rule would have told: of `series` series that it would watch, `looked_at` were tried."""

    series: int
    looked_at: int
    readings: int
    alarms: int
    crossings: int
    assets: list[TriedAsset]


@router.get("")
@may(*STAFF)
def list_rules(_caller: Asking, session: Reading, limit: Limit = 50, cursor: Cursor = None) -> Page[AlarmRule]:
    """List the rules by code, each in its latest version."""
    found, next_cursor = page(session, latest_rules(), by=(AlarmRuleRecord.code,), cursor=cursor, limit=limit)
    return Page(items=[_shown(one) for one in found], next_cursor=next_cursor)


@router.put("/{code}", responses=problems(404, 422))
@may(Role.ADMINISTRATOR, Role.FLEET_MANAGER)
def keep_rule(
    code: Annotated[str, Path(pattern="^[a-z][a-z0-9_]{0,59}$")], terms: KeptTerms, caller: Asking, session: Writing
) -> AlarmRule:
    """Add a rule, or a new version of one; the same again changes nothing. `active: false` switches it off."""
    said = AlarmTerms.model_validate(terms.model_dump(exclude={"since"}))
    return _shown(
        change_alarm_rule(session, code=code, terms=said, since=terms.since, now=clock.now(), by=caller.actor)
    )


@router.post("/trial", responses=problems(404, 422))
@may(Role.ADMINISTRATOR, Role.FLEET_MANAGER)
def try_rule(
    terms: AlarmTerms,
    _caller: Asking,
    session: Reading,
    days: Annotated[int, Query(ge=1, le=31, description="Over how many days back.")] = 7,
) -> Trial:
    """Tell how many alarms a rule would have raised of late, asset by asset, the loudest first; nothing is kept."""
    products = partial(known_products, session)
    found = try_alarm_rule.try_alarm_rule(session, terms=terms, days=days, products=products, now=clock.now())
    return Trial(
        series=found.series,
        looked_at=found.looked_at,
        readings=found.readings,
        alarms=sum(one.alarms for one in found.assets),
        crossings=sum(one.crossings for one in found.assets),
        assets=[TriedAsset(**one._asdict()) for one in found.assets],
    )


def _shown(rule: AlarmRuleRecord) -> AlarmRule:
    return AlarmRule.model_validate(rule.model_dump(include=set(AlarmRule.model_fields)))
