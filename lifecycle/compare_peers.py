"""Compare a thing with its sisters: read what was seen, used and measured of all things of its product."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import NamedTuple
from uuid import UUID

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sqlmodel import Session, col, select

from lifecycle.asset import Asset
from lifecycle.condition.sight import sight
from lifecycle.grade import Floats
from lifecycle.inspection import InspectionSource
from lifecycle.inspection_queries import still_counts
from lifecycle.peers import Standing, compare, lost_when_new, rules, wear_rates
from lifecycle.product import ChecklistItem, Product
from lifecycle.tables import AssetRecord, InspectionRecord, ProductRecord
from telemetry.queries import gauge_means
from telemetry.read_meter_days import meter_days

_DAYS_A_YEAR = 365.25
_EARLIEST = date(2000, 1, 1)


class _Look(NamedTuple):
    """What one inspection says: whose, when, how many points were lost by then, and the meter if it was read."""

    thing: int
    on: date
    lost: float
    read: float | None


def peers_of(session: Session, *, asset: AssetRecord, now: datetime) -> Standing:
    """Hold one thing against its sisters."""
    return peers_of_product(session, product_id=asset.product_id, now=now)[asset.id]


def peers_of_product(session: Session, *, product_id: UUID, now: datetime) -> dict[UUID, Standing]:
    """Hold every thing of a product against the others, in one go."""
    product = session.exec(select(ProductRecord).where(ProductRecord.id == product_id)).one()
    query = select(AssetRecord).where(AssetRecord.product_id == product_id).order_by(col(AssetRecord.id))
    assets = list(session.exec(query))
    looks = _looks(session, assets, product)
    use, least = _use(session, assets, product, looks, now)
    there = np.isfinite(use) & (use > 0)
    lost = np.array([look.lost for look in looks], dtype=np.float64)[there]
    rate = wear_rates(
        np.array([look.thing for look in looks], dtype=np.int64)[there],
        use[there],
        lost - lost_when_new(use[there], lost),
        things=len(assets),
        least_use=least,
    )
    metric = product.usage_metric if _counts(product) else None
    found = compare(rate, _climate(session, assets, now), metric=metric, rooms=[_room(asset) for asset in assets])
    return {asset.id: one for asset, one in zip(assets, found, strict=True)}


def _looks(session: Session, assets: Sequence[AssetRecord], product: Product) -> list[_Look]:
    """Load what was seen of each thing, up to its first repair: behind that it is another thing."""
    place = {asset.id: at for at, asset in enumerate(assets)}
    items = [ChecklistItem.model_validate(item) for item in product.checklist]
    components = tuple(dict.fromkeys(item.component for item in items)) or ("overall",)
    weight = {item.component: item.weight for item in items}
    weights = np.array([weight.get(component, 1.0) for component in components])
    of_product = select(AssetRecord.id).where(col(AssetRecord.product_id).in_({asset.product_id for asset in assets}))
    query = select(InspectionRecord).where(col(InspectionRecord.asset_id).in_(of_product), still_counts())
    found: list[_Look] = []
    repaired: set[UUID] = set()
    for seen in session.exec(query.order_by(col(InspectionRecord.inspected_at), col(InspectionRecord.id))):
        if seen.source is InspectionSource.REPAIR:
            repaired.add(seen.asset_id)
        if seen.asset_id in repaired:
            continue
        told = sight(
            components, weights, grades=seen.grades, scores=seen.nen, index=seen.index, source=seen.source.value
        )
        if told is not None:
            known = np.isfinite(told.points)
            lost = 100 - float(np.average(told.points[known], weights=weights[known]))
            read = seen.readings.get(product.usage_metric or "")
            found.append(_Look(place[seen.asset_id], seen.inspected_at.date(), lost, read))
    return found


def _counts(product: Product) -> bool:
    return product.usage_metric is not None and product.rated_usage is not None


def _use(
    session: Session, assets: Sequence[AssetRecord], product: Product, looks: Sequence[_Look], now: datetime
) -> tuple[Floats, float]:
    """Give how much each thing had been used at each look, and how much is too little to tell a rate from."""
    share = float(rules()["least_use"]["lives"])
    if product.usage_metric is None or product.rated_usage is None:
        years = [_days(assets[look.thing], look.on) / _DAYS_A_YEAR for look in looks]
        return np.array(years, dtype=np.float64), share * product.rated_years
    wanted = [(asset.id, product.usage_metric) for asset in assets]
    rows = meter_days(session, wanted=wanted, first=_EARLIEST, last=now.date() + timedelta(days=1))
    lines = {UUID(str(asset_id)): own for asset_id, own in rows.groupby("asset_id")} if len(rows) else {}
    used = [
        look.read if look.read is not None else _used(lines.get(assets[look.thing].id), assets[look.thing], look.on)
        for look in looks
    ]
    return np.array(used, dtype=np.float64), share * product.rated_usage


def _days(asset: Asset, on: date) -> float:
    began = asset.in_service_on or asset.made_on
    return np.nan if began is None else float((on - began).days)


def _used(line: pd.DataFrame | None, asset: Asset, on: date) -> float:
    """Read the meter on a day; before its first reading it rose evenly from the beginning of service."""
    if line is None or line.empty:
        return np.nan
    day, opening = line["day"].to_numpy(dtype=np.float64), float(line["shown"].iloc[0])
    increase = line["increase"].to_numpy(dtype=np.float64, copy=True)
    increase[0] = 0.0
    if on.toordinal() >= day[0]:
        return float(np.interp(on.toordinal(), day, opening + np.cumsum(increase)))
    since = _days(asset, date.fromordinal(int(day[0])))
    return opening * _days(asset, on) / since if since > 0 else np.nan


def _room(asset: Asset) -> tuple[UUID, str] | None:
    """Name where a thing stands; None where no room is known."""
    return None if asset.site_id is None or not asset.place else (asset.site_id, asset.place)


def _climate(session: Session, assets: Sequence[AssetRecord], now: datetime) -> Mapping[str, Floats]:
    """Give the mean climate of each thing over the last year: measured on it, else in its room, else at its site."""
    figures = rules()["climate"]
    wanted = [(asset.id, str(name)) for asset in assets for name in figures["metrics"]]
    means = gauge_means(session, wanted=wanted, start=now - timedelta(days=int(figures["days"])), end=now)
    places = pd.DataFrame(
        {"room": [str(_room(one)) for one in assets], "site": [str(one.site_id) for one in assets]}, dtype=object
    )
    known = np.array([_room(one) is not None for one in assets], dtype=bool)
    found: dict[str, Floats] = {}
    for name in map(str, figures["metrics"]):
        own = [means[one.id, name].mean if (one.id, name) in means else np.nan for one in assets]
        found[name] = _shared(np.array(own, dtype=np.float64), places, known, least=int(figures["least_rooms"]))
    return found


def _shared(own: Floats, places: pd.DataFrame, known: NDArray[np.bool_], *, least: int) -> Floats:
    """Fill in what is not measured on a thing: the median of its room, else that of enough rooms of its site."""
    table = places.assign(own=own)
    rooms = table[known].groupby(["site", "room"])["own"].median().dropna()
    sites = rooms.groupby("site").agg(["median", "size"])
    by_site = sites.loc[sites["size"] >= least, "median"]
    in_room = table["room"].map(rooms.droplevel("site")).where(known)
    return np.asarray(table["own"].fillna(in_room).fillna(table["site"].map(by_site)), dtype=np.float64)
