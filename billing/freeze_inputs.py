"""Gather all that a finance report rests on, as it was known on a day."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple, Self
from uuid import UUID

from sqlmodel import Session, col, select

from billing.contract_life.ending import Ending
from billing.end_report_queries import residuals_known, sales_of_ours
from billing.end_report_tables import ResidualRecord
from billing.ending_queries import endings_known
from billing.finance_report.assumptions import Premise
from billing.finance_report.frozen import (
    FrozenCondition,
    FrozenProduct,
    FrozenSale,
    FrozenThing,
    Inputs,
    SetResidual,
)
from billing.period import FIRST_DAY, LAST_DAY, NotAPeriod, Period
from billing.tables import SellerRecord
from lifecycle.condition_queries import bills_of_materials, conditions_known_at, products_of, sales_by_category
from lifecycle.material import Material
from lifecycle.opinion_queries import opinions_heard
from lifecycle.product import Part, Product
from lifecycle.queries import assets_by_reference, known_asset
from lifecycle.tables import AssetRecord, ConditionRecord, ProductRecord, SaleRecord
from lifecycle.valuation.opinions import Heard
from lifecycle.valuation.value import AssetValue
from lifecycle.valuation_queries import lessons_known_at
from lifecycle.value_assets import value_assets
from telemetry.lots import KEYS, lots

DAY = timedelta(days=1)
_OF_PRODUCT = set(Product.model_fields) - {"checklist", "ratings"}


def freeze_inputs(session: Session, *, period: Period, as_of: date, premise: Premise, now: datetime) -> Inputs:
    """Gather what was known at the end of `as_of`, or is known today where that is yet to come; writes nothing.

    What a product or a thing says of itself is taken as it stands: only kept reports freeze that as well.
    Raises NotAPeriod.
    """
    moment = _Moment.of(as_of, now)
    endings = endings_known(session, period=period, as_of=moment.day, known_until=moment.last)

    inputs = _gather(session, endings, period=period, as_of=as_of, premise=premise, moment=moment)

    return inputs.model_copy(update={"sales": _sales(session, as_of=moment.day, known_until=moment.last)})


def freeze_thing(session: Session, *, asset_id: UUID, day: date, premise: Premise, now: datetime) -> Inputs:
    """Gather what is to be known of one thing as of a day, past or to come. Raises UnknownAsset and NotAPeriod."""
    asset = known_asset(session, asset_id=asset_id, holder_id=None)
    moment = _Moment.of(day, now)
    alone = Ending(
        contract="", customer="", customer_name="", asset_id=asset.id, public_id=asset.public_id, last_day=day
    )
    return _gather(session, [alone], period=Period(day, day + DAY), as_of=day, premise=premise, moment=moment)


class _Moment(NamedTuple):
    """Until when something counts as known: the day, its last moment, and the first one after it."""

    day: date
    last: datetime
    until: datetime

    @classmethod
    def of(cls, as_of: date, now: datetime) -> Self:
        if not FIRST_DAY <= as_of < LAST_DAY:
            raise NotAPeriod(f"a report is of a day from {FIRST_DAY} up to {LAST_DAY}, not of {as_of}", field="as_of")
        day = min(as_of, now.date())
        until = datetime.combine(day + DAY, time(), tzinfo=UTC)
        return cls(day, min(now, until - timedelta(microseconds=1)), until)


def _gather(
    session: Session, endings: Sequence[Ending], *, period: Period, as_of: date, premise: Premise, moment: _Moment
) -> Inputs:
    assets = _assets(session, [one.asset_id for one in endings])
    products = products_of(session, assets.values())
    conditions = conditions_known_at(session, assets, at=moment.until)
    heard = opinions_heard(session, product_ids=products, as_of=moment.day, at=moment.until)
    residuals = residuals_known(session, assets, as_of=as_of, known_until=moment.last)
    return Inputs(
        start=period.start,
        end=period.end,
        as_of=as_of,
        known_on=moment.day,
        premise=premise,
        reporter=session.exec(select(SellerRecord.name)).first() or "",
        products=_products(session, products, moment.until),
        things=[
            _thing(one, assets[one.asset_id], conditions.get(one.asset_id), residuals.get(one.asset_id), heard)
            for one in endings
        ],
        sales=[],
    )


def _assets(session: Session, asset_ids: Iterable[UUID]) -> dict[UUID, AssetRecord]:
    found: dict[UUID, AssetRecord] = {}
    for some in lots(sorted(set(asset_ids)), KEYS):
        found |= {row.id: row for row in session.exec(select(AssetRecord).where(col(AssetRecord.id).in_(some)))}
    return found


def _products(session: Session, products: Mapping[UUID, ProductRecord], until: datetime) -> list[FrozenProduct]:
    bills, lessons = bills_of_materials(session, products), lessons_known_at(session, products, at=until)
    names = {name for one in products.values() for name in (one.trade, one.code)}
    counts = sales_by_category(session, sorted(names), before=until)
    return [
        FrozenProduct(
            id=one.id,
            terms=one.model_dump(mode="json", include=_OF_PRODUCT),
            parts=[
                (
                    part.model_dump(mode="json", include=set(Part.model_fields)),
                    material.model_dump(mode="json", include=set(Material.model_fields)),
                )
                for part, material in bills[one.id]
            ],
            lesson=lessons[one.id].model_dump(mode="json") if one.id in lessons else None,
            sales=sum(counts.get(name, 0) for name in {one.trade, one.code}),
        )
        for one in sorted(products.values(), key=lambda one: one.code)
    ]


def _thing(
    ending: Ending,
    asset: AssetRecord,
    condition: ConditionRecord | None,
    residual: ResidualRecord | None,
    heard: Mapping[UUID, Sequence[Heard]],
) -> FrozenThing:
    return FrozenThing(
        asset_id=asset.id,
        product_id=asset.product_id,
        serial=asset.serial,
        public_id=asset.public_id,
        contract=ending.contract,
        customer=ending.customer,
        customer_name=ending.customer_name,
        last_day=ending.last_day,
        made_on=asset.made_on,
        in_service_on=asset.in_service_on,
        condition=None if condition is None else _condition(condition),
        residual=None
        if residual is None
        else SetResidual.model_validate(residual.model_dump(include=set(SetResidual.model_fields))),
        heard=[one for one in heard.get(asset.product_id, ()) if one.asset_id in {None, asset.id}],
    )


def _condition(condition: ConditionRecord) -> FrozenCondition:
    kept = condition.model_dump(include=set(FrozenCondition.model_fields))
    return FrozenCondition.model_validate(kept | {"assessed_on": condition.assessed_at.date()})


def _sales(session: Session, *, as_of: date, known_until: datetime) -> list[FrozenSale]:
    """Set what our own things were sold for beside what had been told of them the day before."""
    sales = sales_of_ours(session, as_of=as_of, known_until=known_until)
    ours = assets_by_reference(session, {sale.asset_id for sale in sales})
    by_day: defaultdict[date, list[SaleRecord]] = defaultdict(list)
    for sale in sales:
        if sale.asset_id in ours and sale.sold_on is not None:
            by_day[sale.sold_on].append(sale)
    return [one for day, some in sorted(by_day.items()) for one in _told_before(session, some, ours, day)]


def _told_before(
    session: Session, sales: Sequence[SaleRecord], ours: Mapping[str, UUID], day: date
) -> list[FrozenSale]:
    before = datetime.combine(day, time(), tzinfo=UTC) - timedelta(microseconds=1)
    ids = sorted({ours[sale.asset_id] for sale in sales})
    told = {one.asset_id: one for one in value_assets(session, asset_ids=ids, as_of=day, now=before)}
    return [_frozen_sale(sale, told[ours[sale.asset_id]]) for sale in sales]


def _frozen_sale(sale: SaleRecord, told: AssetValue) -> FrozenSale:
    sold_on = sale.sold_on or date.min
    speaks = told.currency == sale.currency
    return FrozenSale(
        sale=f"{sale.source} {sale.sale_id}",
        asset_id=told.asset_id,
        serial=told.serial,
        product=told.product,
        sold_on=sold_on,
        currency=sale.currency,
        price=sale.price,
        p10=told.p10 if speaks else None,
        p50=told.p50 if speaks else None,
        p90=told.p90 if speaks else None,
        book_value=told.straight_line if speaks else None,
        told_by=told.evidence,
    )
