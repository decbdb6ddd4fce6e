"""Offers, quotes, appraisals and grades over HTTP: what somebody says that a thing is worth, or how it is."""

from datetime import date
from decimal import Decimal
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import AwareDatetime, BaseModel
from sqlmodel import col, select

from lifecycle.keep_opinions import ToldOpinion, keep_opinions
from lifecycle.opinion import OpinionKind
from lifecycle.opinion_tables import PriceOpinionRecord
from pas import clock
from pas.access import Asking, Reading, Writing, may
from pas.api.paging import Cursor, Limit, Page, page
from pas.api.problems import problems
from pas.role import Role

router = APIRouter(prefix="/price-opinions", tags=["values"])


class OpinionAnswer(BaseModel):
    """An opinion as it was told; `noise` and `leaning` are what was known of its giver then, in the logarithm."""

    id: UUID
    source: str
    opinion_id: str
    kind: OpinionKind
    given_by: str
    given_on: date
    product_id: UUID
    asset_id: UUID | None
    age_years: float | None
    condition_grade: float | None
    price: Decimal | None
    currency: str | None
    spread: float | None
    noise: float
    leaning: float
    recorded_at: AwareDatetime


class Kept(BaseModel):
    """How many of the opinions sent were new, changed, and known already."""

    new: int
    changed: int
    unchanged: int


@router.post("", responses=problems(422))
@may(Role.ADMINISTRATOR, Role.FLEET_MANAGER, Role.FINANCE)
def keep_opinion(opinion: ToldOpinion, _caller: Asking, session: Writing) -> Kept:
    """Keep an opinion on a thing of ours, or on a product at an age; the same again changes nothing.

    Another word under the same source and number stands from now on; the former stays on record.
    """
    return Kept(**keep_opinions(session, [opinion], now=clock.now())._asdict())


@router.get("", responses=problems(422))
@may(Role.ADMINISTRATOR, Role.FLEET_MANAGER, Role.FINANCE)
def list_opinions(
    _caller: Asking,
    session: Reading,
    asset: Annotated[UUID | None, Query(description="Only those on this thing.")] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[OpinionAnswer]:
    """List every word in the order in which it was told, former ones too."""
    one = PriceOpinionRecord
    query = select(one) if asset is None else select(one).where(col(one.asset_id) == asset)
    found, next_cursor = page(session, query, by=(one.recorded_at, one.id), cursor=cursor, limit=limit)
    items = [OpinionAnswer.model_validate(record, from_attributes=True) for record in found]
    return Page(items=items, next_cursor=next_cursor)
