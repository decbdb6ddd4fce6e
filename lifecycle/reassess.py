"""Assess the assets that wait for it: condition, alerts and route, all in bulk and all with their reasons."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import delete, insert
from sqlmodel import Session, col, select

from lifecycle.actor import SYSTEM
from lifecycle.condition.assessment import Assessment, assessments
from lifecycle.condition.conclusions import assess
from lifecycle.condition_queries import (
    bills_of_materials,
    input_hashes,
    last_routes,
    products_of,
    waiting,
)
from lifecycle.decide_route import end_verdict
from lifecycle.follow_readings import follow_readings
from lifecycle.raise_alerts import AlertNews, raise_alerts
from lifecycle.read_fleet import one_of, read_fleet
from lifecycle.read_looks import Thing
from lifecycle.route.choice import Choice, choose_costed, is_news
from lifecycle.route.costing import Costed, cost
from lifecycle.route.economics import parts_worth, scrap_worth
from lifecycle.route.verdict import VerdictKind, lapse, uphold
from lifecycle.route.worth import worth_of
from lifecycle.route_queries import last_verdicts, standing
from lifecycle.tables import (
    AssetRecord,
    ConditionRecord,
    MaterialRecord,
    PartRecord,
    ProductRecord,
    ReassessmentRecord,
    RouteDecisionRecord,
)
from lifecycle.valuation.value import Valued, value
from lifecycle.valuation_queries import lessons_known_at
from lifecycle.wear_queries import terms_by_product
from telemetry.identity import new_id
from telemetry.tables import tenant_of

_AT_ONCE = 500
_EVERYTHING = 1_000_000_000


class Reassessed(NamedTuple):
    """How many assets were taken off the queue, how many got a new condition, and what followed.

    `unknown` are those of which neither an inspection nor a date is known: nothing is concluded of them.
    """

    taken: int = 0
    assessed: int = 0
    unknown: int = 0
    alerts_raised: int = 0
    alerts_cleared: int = 0
    routes_changed: int = 0


def reassess(
    session: Session, *, now: datetime, limit: int | None = None, asset_ids: Sequence[UUID] | None = None
) -> Reassessed:
    """Assess what waits, longest first and at most `limit`, or the assets named, whether they wait or not.

    Without either, readings that nobody followed yet are followed first. All of it in the caller's transaction: a
    caller with much to do calls again and again with a limit. An asset whose inputs are those of its last condition
    gets no new one. Writes nothing into the history of assets.
    """
    left = _EVERYTHING if limit is None else limit
    total = Reassessed()
    if asset_ids is not None:
        for some in _chunks(sorted(set(asset_ids))[:left]):
            total = _add(total, _assess_some(session, _held(session, some), now=now))
        return total
    while limit is None and follow_readings(session, now=now).batches:
        pass
    while left > 0 and (assets := waiting(session, limit=min(left, _AT_ONCE))):
        total = _add(total, _assess_some(session, assets, now=now))
        left -= len(assets)
    return total


def _assess_some(session: Session, assets: Sequence[AssetRecord], *, now: datetime) -> Reassessed:
    products = products_of(session, assets)
    terms = terms_by_product(session, products)
    things = [Thing(asset.id, asset.product_id, asset.in_service_on, asset.made_on) for asset in assets]
    which = one_of(thing.id for thing in things)
    read = read_fleet(session, things, which=which, terms=terms, today=now.date())

    told = assess(read.fleet, today=now.date())
    known = {one.asset_id: one for one in assessments(told)}
    choices = _upheld(session, _choices(session, assets, products, known, now), known, now)

    fresh = _append_conditions(session, assets, known, now)
    changed = _append_routes(session, assets, products, choices, now)
    alerts = raise_alerts(session, assets, products=products, assessments=known, readings=read.readings, now=now)
    _leave_the_queue(session, assets)
    return _news(len(assets), len(known), fresh, alerts, changed)


def _news(taken: int, known: int, fresh: int, alerts: AlertNews, changed: int) -> Reassessed:
    return Reassessed(
        taken=taken,
        assessed=fresh,
        unknown=taken - known,
        alerts_raised=alerts.raised,
        alerts_cleared=alerts.cleared,
        routes_changed=changed,
    )


def _choices(
    session: Session,
    assets: Sequence[AssetRecord],
    products: Mapping[UUID, ProductRecord],
    assessments: Mapping[UUID, Assessment],
    now: datetime,
) -> dict[UUID, Choice]:
    bills = bills_of_materials(session, products)
    known = [asset for asset in assets if asset.id in assessments and products[asset.product_id].routes]
    lessons = lessons_known_at(session, products, at=now)
    things = [
        Valued(one.id, one, one.product_id, products[one.product_id], None, None, 0, lessons.get(one.product_id))
        for one in known
    ]
    choices: dict[UUID, Choice] = {}
    sold = {product_id: _sold_apart(products[product_id], bills[product_id]) for product_id in products}
    costs: dict[tuple[UUID, str], Costed] = {}
    for asset, worth in zip(known, value(things, as_of=now.date(), today=now.date()), strict=True):
        product, grade = products[asset.product_id], assessments[asset.id].grade
        whole = None if worth.p50 is None else float(worth.p50)
        lesson = lessons.get(asset.product_id)
        if (product.id, grade) not in costs:
            costs[product.id, grade] = cost(product, bills[product.id], grade=grade)
        sold_as = worth_of(product, grade, whole, *sold[asset.product_id], lesson=lesson)
        choice = choose_costed(costs[product.id, grade], sold_as)
        if choice is not None:
            choices[asset.id] = choice
    return choices


def _upheld(
    session: Session, choices: Mapping[UUID, Choice], assessments: Mapping[UUID, Assessment], now: datetime
) -> dict[UUID, Choice]:
    """Let decisions of people hold; where the ground of one is gone, write down that it lapsed, and say why."""
    held = dict(choices)
    for asset_id, verdict in last_verdicts(session, choices).items():
        if verdict.kind is not VerdictKind.DECIDED:
            continue
        choice, decided = choices[asset_id], standing(verdict)
        gone = lapse(decided, choice, grade=assessments[asset_id].grade)
        if gone is None:
            held[asset_id] = uphold(choice, decided)
        else:
            told = gone.model_dump(mode="json")
            end_verdict(session, verdict, VerdictKind.LAPSED, why="", now=now, by=SYSTEM, reasons=[told])
            held[asset_id] = choice._replace(reasons=[*choice.reasons, gone])
    return held


def _sold_apart(
    product: ProductRecord, bill: Sequence[tuple[PartRecord, MaterialRecord]]
) -> tuple[float, float | None]:
    return parts_worth(part for part, _ in bill), scrap_worth(bill, currency=product.currency)


def _append_conditions(
    session: Session, assets: Sequence[AssetRecord], assessments: Mapping[UUID, Assessment], now: datetime
) -> int:
    """Append the conditions whose inputs are new, and move the assets' present to them."""
    before = input_hashes(session, [asset.condition_id for asset in assets if asset.condition_id])
    rows = []
    for asset in assets:
        one, last = assessments.get(asset.id), before.get(asset.id)
        if one is None or last == one.input_hash:
            continue
        row = _condition_row(tenant_of(session), one, now)
        asset.condition_id, asset.index, asset.grade = row["id"], one.index_p50, one.grade
        rows.append(row)
    if rows:
        session.execute(insert(ConditionRecord), rows)
    return len(rows)


def _condition_row(tenant_id: int, one: Assessment, now: datetime) -> dict[str, Any]:
    use, days = (
        dict(zip(("p10", "p50", "p90"), some, strict=True)) for some in (one.remaining_use, one.remaining_days)
    )
    return {
        "tenant_id": tenant_id,
        "id": new_id(),
        "asset_id": one.asset_id,
        "assessed_at": now,
        "index_p10": one.index_p10,
        "index_p50": one.index_p50,
        "index_p90": one.index_p90,
        "grade": one.grade,
        "usage": one.usage,
        **{f"remaining_use_{name}": left for name, left in use.items()},
        **{f"remaining_days_{name}": left for name, left in days.items()},
        "layer": one.layer,
        "reasons": one.account,
        "detail": one.detail,
        "rule": one.rule,
        "input_hash": one.input_hash,
    }


def _append_routes(
    session: Session,
    assets: Sequence[AssetRecord],
    products: Mapping[UUID, ProductRecord],
    choices: Mapping[UUID, Choice],
    now: datetime,
) -> int:
    """Append the decisions that differ from the last one of their asset."""
    before = last_routes(session, choices)
    rows = []
    for asset in assets:
        choice, last = choices.get(asset.id), before.get(asset.id)
        asset.route = None if choice is None else choice.route
        told = None if last is None else (last.route, last.net_value)
        if choice is not None and is_news(told, choice, price_new=products[asset.product_id].price_new):
            rows.append(_route_row(tenant_of(session), asset.id, choice, now))
    if rows:
        session.execute(insert(RouteDecisionRecord), rows)
    return len(rows)


def _route_row(tenant_id: int, asset_id: UUID, choice: Choice, now: datetime) -> dict[str, Any]:
    return {
        "tenant_id": tenant_id,
        "id": new_id(),
        "asset_id": asset_id,
        "decided_at": now,
        "route": choice.route,
        "net_value": choice.net_value,
        "currency": choice.currency,
        "options": [option.model_dump(mode="json") for option in choice.options],
        "reasons": [reason.model_dump(mode="json") for reason in choice.reasons],
        "rule": choice.rule,
    }


def _leave_the_queue(session: Session, assets: Sequence[AssetRecord]) -> None:
    session.flush()
    done = [asset.id for asset in assets]
    session.execute(delete(ReassessmentRecord).where(col(ReassessmentRecord.asset_id).in_(done)))


def _held(session: Session, asset_ids: Sequence[UUID]) -> list[AssetRecord]:
    """Load named assets and hold them, in one order for all."""
    query = select(AssetRecord).where(col(AssetRecord.id).in_(asset_ids)).order_by(col(AssetRecord.id))
    return list(session.exec(query.with_for_update().execution_options(populate_existing=True)))


def _add(one: Reassessed, other: Reassessed) -> Reassessed:
    return Reassessed(*(a + b for a, b in zip(one, other, strict=True)))


def _chunks(ids: Sequence[UUID]) -> Iterable[Sequence[UUID]]:
    return (ids[start : start + _AT_ONCE] for start in range(0, len(ids), _AT_ONCE))
