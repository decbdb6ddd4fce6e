"""The newest readings over HTTP: of one asset, and of a whole page of the fleet at once."""

from typing import Annotated, Any
from uuid import UUID

import pandas as pd
from fastapi import APIRouter, Query, Request, Response
from pydantic import AwareDatetime, BaseModel
from sqlmodel import Session, col

from lifecycle.queries import known_asset
from lifecycle.tables import AssetRecord
from pas.access import EVERYBODY, Asking, Reading, may
from pas.api.asset_filter import WantedAssets
from pas.api.assets import own
from pas.api.form import Form, WantedForm, files
from pas.api.paging import Cursor, Limit, Page, page
from pas.api.problems import problems
from pas.api.series import SCHEMA
from pas.api.table_stream import streamed
from telemetry.queries import Latest, latest

router = APIRouter(tags=["readings"])

MOST = 500
"""Assets or metrics named in one question."""
AssetIds = Annotated[list[UUID] | None, Query(alias="asset_id", max_length=MOST, description="Only these assets.")]
MetricCodes = Annotated[list[str] | None, Query(alias="metric", max_length=MOST, description="Only these metrics.")]


class LatestAnswer(BaseModel):
    """The newest reading of one metric."""

    metric: str
    at: AwareDatetime
    value: float
    unit: str


class AssetLatest(BaseModel):
    """An asset and the newest reading of each of its metrics, none where it was never measured."""

    asset_id: UUID
    public_id: str
    serial: str
    readings: list[LatestAnswer]


@router.get("/assets/{asset_id}/latest", responses=problems(404))
@may(*EVERYBODY)
def read_latest(asset_id: UUID, caller: Asking, session: Reading) -> list[LatestAnswer]:
    """Give the newest reading of every metric of an asset."""
    known_asset(session, asset_id=asset_id, holder_id=own(caller))
    found = latest(session, asset_ids=[asset_id])
    return [LatestAnswer(metric=code, **one._asdict()) for (_, code), one in sorted(found.items())]


@router.get("/latest", response_model=Page[AssetLatest], responses={**files(Form.CSV, Form.ARROW), **problems(422)})
@may(*EVERYBODY)
def list_latest(
    *,
    request: Request,
    caller: Asking,
    session: Reading,
    wanted: WantedAssets,
    asset_ids: AssetIds = None,
    metrics: MetricCodes = None,
    limit: Limit = 50,
    cursor: Cursor = None,
    form: WantedForm,
) -> Page[AssetLatest] | Response:
    """Give the newest readings of a page of assets, by serial number; filters narrow each other.

    As csv and Arrow too, a reading a row, where the `Link` header leads to the next page.
    """
    query = wanted.query(own(caller))
    if asset_ids is not None:
        query = query.where(col(AssetRecord.id).in_(asset_ids))
    assets, following = page(session, query, by=(AssetRecord.serial, AssetRecord.id), cursor=cursor, limit=limit)
    items = _measured(session, assets, metrics)
    if form is Form.JSON:
        return Page(items=items, next_cursor=following)
    answer = streamed([_table(items)], schema=SCHEMA, form=form, name="latest")
    if following is not None:
        again = request.url.include_query_params(cursor=following)
        answer.headers["Link"] = f'<{again.path}?{again.query}>; rel="next"'
    return answer


def _measured(session: Session, assets: list[AssetRecord], metrics: list[str] | None) -> list[AssetLatest]:
    found: dict[UUID, list[LatestAnswer]] = {}
    newest: dict[tuple[UUID, str], Latest] = latest(session, asset_ids=[asset.id for asset in assets])
    for (asset_id, code), one in sorted(newest.items()):
        if metrics is None or code in metrics:
            found.setdefault(asset_id, []).append(LatestAnswer(metric=code, **one._asdict()))
    return [
        AssetLatest(asset_id=one.id, public_id=one.public_id, serial=one.serial, readings=found.get(one.id, []))
        for one in assets
    ]


def _table(items: list[AssetLatest]) -> pd.DataFrame:
    rows: list[dict[str, Any]] = [
        {"asset": item.public_id, **one.model_dump()} for item in items for one in item.readings
    ]
    return pd.DataFrame(rows, columns=SCHEMA.names)
