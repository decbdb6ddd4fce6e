"""Say whether things are the right model for how they are used of late, and which model would fit better."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlmodel import Session, col, select

from lifecycle.alert_rules import rules as alert_rules
from lifecycle.condition.assumptions import figure
from lifecycle.condition_queries import products_of
from lifecycle.fit import FitOfThing, Model, Profile, judge
from lifecycle.tables import AssetRecord, ProductRecord
from lifecycle.wear_readings import NOTHING, Measured, Since, measured


def fits_of(session: Session, assets: Sequence[AssetRecord], *, now: datetime) -> dict[UUID, FitOfThing]:
    """Judge many things at once: their meters and levels are read in one go, the catalogue once."""
    products = products_of(session, assets)
    trades = {product.trade for product in products.values()}
    query = select(ProductRecord).where(col(ProductRecord.trade).in_(sorted(trades))).order_by(col(ProductRecord.code))
    catalogue = [Model(product.id, product) for product in session.exec(query)]
    since = now.date() - timedelta(days=int(figure("windows", "rate_days")))
    wanted = {one.id: Since(since, as_new=False, usage_metric=products[one.product_id].usage_metric) for one in assets}
    read = measured(session, wanted=wanted, today=now.date()) if wanted else {}
    return {one.id: judge(products[one.product_id], _profile(read.get(one.id, NOTHING)), catalogue) for one in assets}


def _profile(read: Measured) -> Profile:
    misuse, levels = alert_rules()["misuse"], dict(read.recent.means)
    if read.recent.shocks is not None and read.recent.use is not None and read.recent.use >= misuse["least_use"]:
        levels[str(misuse["metric"])] = read.recent.shocks / read.recent.use * float(misuse["per_use"])
    return Profile(read.use_per_day, levels)
