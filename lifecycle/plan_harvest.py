"""Plan the harvest: the good parts of things near their end, for things in service that will need them."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple
from uuid import UUID

from sqlmodel import Session, col, select

from lifecycle.asset import AssetStatus
from lifecycle.condition.assessment import limit
from lifecycle.condition.component import ComponentCondition, component_of
from lifecycle.condition.outlive import chance_to_outlive
from lifecycle.condition_queries import bills_of_materials, conditions_known_at, last_routes
from lifecycle.harvest.assignment import assign
from lifecycle.harvest.assumptions import assumptions
from lifecycle.harvest.parts import Donor, Need, Offer, Terms, chance_good, months_until
from lifecycle.harvest.plan import Field, HarvestPlan, draw_up
from lifecycle.route.economics import by_route
from lifecycle.tables import AssetRecord, ConditionRecord, PartRecord, ProductRecord, RouteDecisionRecord

_IN_HAND = frozenset({AssetStatus.IN_STOCK, AssetStatus.RETURNED, AssetStatus.IN_WORKSHOP})
HARVEST, RECYCLE = "harvest", "recycle"


class _Known(NamedTuple):
    """A thing with what is concluded of it, whole and by component."""

    asset: AssetRecord
    condition: ConditionRecord
    components: dict[str, ComponentCondition]


def plan_harvest(
    session: Session, *, horizon_days: int, wage: Decimal | None, product: str | None, now: datetime
) -> HarvestPlan:
    """Plan what to take apart so that the most is netted within a horizon; opens no work and moves nothing.

    Donors are things in hand that may be harvested, and things in service past their functional end. A part whose
    component nobody grades is neither offered nor needed. `wage` stands in for the products' own; `product` is the
    code of one, else all are planned, each for itself.
    """
    products = session.exec(select(ProductRecord).order_by(col(ProductRecord.code))).all()
    asked = [one for one in products if product in {None, one.code}]
    parts = bills_of_materials(session, [one.id for one in asked])
    planned = []
    for one in asked:
        field = _field(session, one, [part for part, _ in parts.get(one.id, [])], horizon_days, wage, now)
        planned.append((field, assign(field.donors, field.needs, terms=field.terms)))
    return draw_up(planned, as_of=now.date(), horizon_days=horizon_days)


def _field(
    session: Session, product: ProductRecord, parts: Sequence[PartRecord], horizon: int, wage: Decimal | None,
    now: datetime,
) -> Field:  # fmt: skip
    things = list(_things(session, product, now))
    routes = last_routes(session, [thing.asset.id for thing in things])
    donors = [thing for thing in things if _may_be_opened(thing, product, routes.get(thing.asset.id))]
    taken = {thing.asset.id for thing in donors}
    serving = [
        thing for thing in things if thing.asset.status is AssetStatus.IN_SERVICE and thing.asset.id not in taken
    ]
    terms = Terms(float(product.wage if wage is None else wage), float(assumptions()["storage"]["share_a_year"]))
    return Field(
        product.code,
        product.currency,
        [_donor(thing, product, parts, routes) for thing in donors],
        [need for thing in serving for need in _needs(thing, product, parts, horizon)],
        terms,
    )


def _things(session: Session, product: ProductRecord, now: datetime) -> Iterator[_Known]:
    query = select(AssetRecord).where(AssetRecord.product_id == product.id, AssetRecord.status != AssetStatus.RETIRED)
    assets = session.exec(query.order_by(col(AssetRecord.serial), col(AssetRecord.id))).all()
    conditions = conditions_known_at(session, [asset.id for asset in assets], at=now)
    for asset in assets:
        if condition := conditions.get(asset.id):
            stored = (condition.detail or {}).get("components", [])
            told = [component_of(one, rule=condition.rule) for one in stored]
            yield _Known(asset, condition, {one.component: one for one in told})


def _may_be_opened(thing: _Known, product: ProductRecord, decided: RouteDecisionRecord | None) -> bool:
    """Tell whether a thing is near its end and its product may be harvested in that state."""
    if decided is None or not any(one["route"] == HARVEST and one["feasible"] for one in decided.options):
        return False
    return thing.asset.status in _IN_HAND or thing.condition.index_p50 <= limit(product, "end")


def _donor(
    thing: _Known, product: ProductRecord, parts: Sequence[PartRecord], routes: Mapping[UUID, RouteDecisionRecord]
) -> Donor:
    setup = by_route(product.routes)[HARVEST].labour_minutes
    graded = [part for part in parts if part.component in thing.components and part.value > 0]
    spare = setup * float(assumptions()["setup"]["undeclared_share"]) / max(sum(part.quantity for part in graded), 1)
    least = product.wear_limits.get("attention", float(assumptions()["good"]["index"]))
    offers = []
    for part in graded:
        seen = thing.components[part.component]
        good = chance_good(seen.index_p10, seen.index_p50, seen.index_p90, least=least)
        minutes = spare if part.removal_minutes is None else part.removal_minutes
        offers.append(Offer(part.code, part.quantity, good, minutes, float(part.value)))
    return Donor(
        thing.asset.id, thing.asset.serial, product.code, tuple(offers), setup, _forgone(routes[thing.asset.id])
    )


def _forgone(decided: RouteDecisionRecord) -> float:
    """Give what the best other route nets more than recycling what is left; never less than nothing."""
    nets = {one["route"]: float(one["net_value"]) for one in decided.options if one["feasible"]}
    rest = nets.get(RECYCLE, 0.0)
    return max(max((net for route, net in nets.items() if route != HARVEST), default=rest) - rest, 0.0)


def _needs(thing: _Known, product: ProductRecord, parts: Sequence[PartRecord], horizon: int) -> Iterator[Need]:
    least = float(assumptions()["need"]["least_chance"])
    for part in parts:
        seen = thing.components.get(part.component)
        if seen is None or seen.remaining_days_p50 is None:
            continue
        days = (seen.remaining_days_p10, seen.remaining_days_p50, seen.remaining_days_p90)
        outlives = chance_to_outlive(days, horizon=horizon)
        chance = 0.0 if outlives is None else round(1 - outlives, 2)
        if chance >= least:
            months = months_until(seen.remaining_days_p50, horizon=horizon)
            yield Need(thing.asset.id, thing.asset.serial, product.code, part.code, part.quantity, chance, months)
