"""Published figures of price indices over HTTP: finance keeps them, indexed prices follow them."""

from typing import Annotated

from fastapi import APIRouter, Query

from billing import contract_life_queries
from billing.contract_life.price_index import IndexFigure
from billing.contract_life_tables import PriceIndexRecord
from billing.keep_indices import keep_indices
from pas import clock
from pas.access import Asking, Reading, Writing, may
from pas.api.paging import Cursor, Limit, Page, page
from pas.api.problems import problems
from pas.role import Role

router = APIRouter(prefix="/price-indices", tags=["contracts"])

Source = Annotated[str | None, Query(max_length=60, description="Only this index.")]


@router.get("", responses=problems(422))
@may(Role.ADMINISTRATOR, Role.FINANCE, Role.FLEET_MANAGER)
def list_figures(
    _caller: Asking, session: Reading, source: Source = None, limit: Limit = 50, cursor: Cursor = None
) -> Page[IndexFigure]:
    """List the published figures by index, month and day of publication."""
    one = PriceIndexRecord
    query = contract_life_queries.published(source=source)
    by = (one.source, one.month, one.published_on)
    found, next_cursor = page(session, query, by=by, cursor=cursor, limit=limit)
    return Page(items=[_shown(record) for record in found], next_cursor=next_cursor)


@router.post("", status_code=201, responses=problems(409, 422))
@may(Role.ADMINISTRATOR, Role.FINANCE)
def publish(figure: IndexFigure, caller: Asking, session: Writing) -> IndexFigure:
    """Keep a published figure; the same again changes nothing, a revision has a later day of publication."""
    return _shown(keep_indices(session, [figure], now=clock.now(), by=caller.actor)[0])


def _shown(record: PriceIndexRecord) -> IndexFigure:
    return IndexFigure.model_validate(record.model_dump(include=set(IndexFigure.model_fields)))
