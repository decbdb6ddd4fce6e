"""Read the plain passport of one asset as of a moment: what it is, of what it is made, where it was, its lives."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlmodel import Session, col, select
from sqlmodel.sql.expression import SelectOfScalar

from lifecycle.history import Span, spans
from lifecycle.inspection_queries import still_counts
from lifecycle.passport import (
    Life,
    MaterialShare,
    Passport,
    PassportCondition,
    PassportInspection,
    PassportPart,
    PassportPlace,
    StandingThen,
)
from lifecycle.product import Part
from lifecycle.queries import codes_of, history, known_asset
from lifecycle.tables import (
    AssetRecord,
    ConditionRecord,
    CustomerRecord,
    InspectionRecord,
    MaterialRecord,
    PartRecord,
    ProductRecord,
    SiteRecord,
)
from telemetry.moment import plainly
from telemetry.refusal import Refusal


class NotYetThere(Refusal):
    """A moment at which the asset did not exist yet, as far as the register knows."""


def standing_then(session: Session, *, asset_id: UUID, at: datetime, known_at: datetime | None) -> StandingThen:
    """Say where an asset was at a moment; with `known_at`, as far as was recorded by then.

    Raises UnknownAsset and NotYetThere.
    """
    known_asset(session, asset_id=asset_id, holder_id=None)
    events = history(session, asset_id=asset_id)
    folded = spans(event for event in events if known_at is None or event.recorded_at <= known_at)
    span = _span_at(folded, at)
    return StandingThen(asset_id=asset_id, at=at, since=span.since, until=span.until, **span.standing._asdict())


def read_passport(session: Session, *, asset_id: UUID, as_of: datetime) -> Passport:
    """Read a passport from the history.

    The bill of materials is that of the product today. Raises UnknownAsset and NotYetThere.
    """
    asset = known_asset(session, asset_id=asset_id, holder_id=None)
    product = session.exec(select(ProductRecord).where(ProductRecord.id == asset.product_id)).one()
    events = history(session, asset_id=asset_id)
    folded = _up_to(spans(events), as_of)

    parts = _parts(session, product.id)
    places = _places(session, folded)

    previous = _previous_lives(session, asset)
    return Passport(
        as_of=as_of,
        public_id=asset.public_id,
        serial=asset.serial,
        product=product.code,
        product_name=product.name,
        trade=product.trade,
        maker=product.maker,
        gtin=product.gtin,
        owner=asset.owner,
        made_on=asset.made_on,
        in_service_on=asset.in_service_on,
        parts=[_part(part, material) for part, material in parts],
        materials=_materials(parts),
        mass=sum(part.mass * part.quantity for part, _ in parts),
        recycled_mass=sum(part.mass * part.quantity * part.recycled_content for part, _ in parts),
        place=places[-1],
        stays=places,
        life=len(previous) + 1,
        previous_lives=previous,
        next_life=_next_life(session, asset, as_of),
        condition=_condition(session, asset_id, as_of),
        last_inspection=_last_inspection(session, asset_id, as_of),
        events=sum(event.happened_at <= as_of for event in events),
    )


def _span_at(folded: list[Span], at: datetime) -> Span:
    for span in folded:
        if span.since <= at and (span.until is None or at < span.until):
            return span
    begin = plainly(folded[0].since) if folded else "later"
    raise NotYetThere(f"the register knows this asset from {begin} on, not at {plainly(at)}", field="at")


def _up_to(folded: list[Span], as_of: datetime) -> list[Span]:
    """Forget what came after a moment."""
    last = _span_at(folded, as_of)
    return [span for span in folded if span.since < last.since] + [last._replace(until=None)]


def _parts(session: Session, product_id: UUID) -> list[tuple[PartRecord, MaterialRecord]]:
    query = select(PartRecord, MaterialRecord).join(MaterialRecord, col(MaterialRecord.id) == PartRecord.material_id)
    return list(session.exec(query.where(PartRecord.product_id == product_id).order_by(col(PartRecord.code))))


def _part(part: PartRecord, material: MaterialRecord) -> PassportPart:
    return PassportPart.model_validate(part.model_dump(include=set(Part.model_fields)) | {"material": material.code})


def _materials(parts: list[tuple[PartRecord, MaterialRecord]]) -> list[MaterialShare]:
    """Add the masses of the parts up by material."""
    mass: dict[str, float] = defaultdict(float)
    recycled: dict[str, float] = defaultdict(float)
    for part, material in parts:
        mass[material.code] += part.mass * part.quantity
        recycled[material.code] += part.mass * part.quantity * part.recycled_content
    names = {material.code: material.name for _, material in parts}
    return [
        MaterialShare(material=code, name=names[code], mass=mass[code], recycled_mass=recycled[code])
        for code in sorted(names)
    ]


def _places(session: Session, folded: list[Span]) -> list[PassportPlace]:
    sites = {site.id: site for site in session.exec(_of(SiteRecord, {span.standing.site_id for span in folded}))}
    wanted = {span.standing.holder_id for span in folded}
    holders = {holder.id: holder for holder in session.exec(_of(CustomerRecord, wanted))}
    return [
        PassportPlace(
            since=span.since,
            until=span.until,
            site=sites[span.standing.site_id].code if span.standing.site_id else None,
            country=sites[span.standing.site_id].country if span.standing.site_id else None,
            holder=holders[span.standing.holder_id].code if span.standing.holder_id else None,
            place=span.standing.place,
            status=span.standing.status,
        )
        for span in folded
    ]


def _of(kind: type[SiteRecord] | type[CustomerRecord], ids: set[UUID | None]) -> SelectOfScalar[Any]:
    return select(kind).where(col(kind.id).in_(identity for identity in ids if identity))


def _lives(session: Session, assets: Iterable[AssetRecord]) -> list[Life]:
    found = list(assets)
    codes = codes_of(session, ProductRecord, (asset.product_id for asset in found))
    return [
        Life(
            public_id=asset.public_id,
            serial=asset.serial,
            product=codes[asset.product_id],
            registered_at=asset.registered_at,
        )
        for asset in found
    ]


def _previous_lives(session: Session, asset: AssetRecord) -> list[Life]:
    """Follow the lives back, the latest first."""
    found: dict[UUID, AssetRecord] = {}
    before = asset.previous_life_id
    while before and before not in found:
        found[before] = session.exec(select(AssetRecord).where(AssetRecord.id == before)).one()
        before = found[before].previous_life_id
    return _lives(session, found.values())


def _next_life(session: Session, asset: AssetRecord, as_of: datetime) -> Life | None:
    query = select(AssetRecord).where(AssetRecord.previous_life_id == asset.id, AssetRecord.registered_at <= as_of)
    later = session.exec(query.order_by(col(AssetRecord.registered_at))).first()
    return _lives(session, [later])[0] if later else None


def _condition(session: Session, asset_id: UUID, as_of: datetime) -> PassportCondition | None:
    """Give the last condition concluded up to the moment."""
    mine = select(ConditionRecord).where(ConditionRecord.asset_id == asset_id, ConditionRecord.assessed_at <= as_of)
    last = session.exec(mine.order_by(col(ConditionRecord.assessed_at).desc(), col(ConditionRecord.id).desc())).first()
    if last is None:
        return None
    return PassportCondition(assessed_at=last.assessed_at, index=last.index_p50, grade=last.grade, rule=last.rule)


def _last_inspection(session: Session, asset_id: UUID, as_of: datetime) -> PassportInspection | None:
    mine = select(InspectionRecord).where(InspectionRecord.asset_id == asset_id, InspectionRecord.inspected_at <= as_of)
    last = session.exec(mine.where(still_counts()).order_by(col(InspectionRecord.inspected_at).desc()).limit(1)).first()
    if last is None:
        return None
    return PassportInspection(inspected_at=last.inspected_at, grades=last.grades, index=last.index)
