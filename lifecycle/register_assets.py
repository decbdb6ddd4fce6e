"""Register new assets: each gets its identifier and the first event of its history."""

from collections.abc import Sequence
from datetime import UTC, datetime, time
from typing import Any
from uuid import UUID

from sqlmodel import Session, col, select

from lifecycle.actor import Actor
from lifecycle.asset import NewAsset
from lifecycle.await_reassessment import await_reassessment
from lifecycle.chain import plain
from lifecycle.history import EARLIEST, REGISTERED, NewEvent
from lifecycle.public_id import given_public_id, public_id
from lifecycle.queries import UnknownReference, chunks, refuse_unknown
from lifecycle.record_events import ImpossibleMoment, record_events
from lifecycle.tables import AssetEventRecord, AssetRecord, CustomerRecord, ProductRecord, SiteRecord
from telemetry.refusal import Refusal
from telemetry.tables import tenant_of


class AlreadyRegistered(Refusal):
    """Another asset bears that id, that public identifier, or that serial number of that product."""


def register_assets(session: Session, assets: Sequence[NewAsset], *, now: datetime, by: Actor) -> list[AssetRecord]:
    """Register assets; one that was registered before in the very same words is given back as it is.

    Raises AlreadyRegistered, UnknownReference, ImpossibleMoment and BadPublicId.
    """
    _refuse_unknown(session, assets)
    named = _named(session, assets)
    known = _registered_before(session, named)
    fresh = [asset for asset in named if asset.id not in known]
    _refuse_twins(session, fresh)

    records = [
        AssetRecord.model_validate(asset, update={"tenant_id": tenant_of(session), "registered_at": now})
        for asset in fresh
    ]
    events = [NewEvent(asset.id, REGISTERED, _begin(asset, now), _facts(asset)) for asset in fresh]

    session.add_all(records)
    session.flush()
    record_events(session, events, now=now, by=by)
    await_reassessment(session, (record.id for record in records), cause=REGISTERED, now=now)
    made = known | {record.id: record for record in records}
    return [made[asset.id] for asset in named]


def _facts(asset: NewAsset) -> dict[str, Any]:
    facts: dict[str, Any] = plain(asset.model_dump(exclude={"id"}))
    return facts


def _begin(asset: NewAsset, now: datetime) -> datetime:
    """Say from when on the asset is where it is registered: when it went into service, else when it was made."""
    for day in (asset.made_on, asset.in_service_on):
        if day is not None and day < EARLIEST.date():
            raise ImpossibleMoment(f"{day} is too long ago for a thing of ours", field="made_on")
    if asset.made_on is not None and asset.made_on.year > now.year:
        raise ImpossibleMoment(f"{asset.made_on} is still to come; nothing is made by then", field="made_on")
    begin = asset.in_service_on or asset.made_on
    return min(datetime.combine(begin, time(), UTC), now) if begin else now


def _named(session: Session, assets: Sequence[NewAsset]) -> list[NewAsset]:
    """Give each asset its public identifier."""
    gtins: dict[UUID, str | None] = {}
    for some in chunks(sorted({asset.product_id for asset in assets})):
        gtins |= dict(
            session.exec(select(ProductRecord.id, ProductRecord.gtin).where(col(ProductRecord.id).in_(some))).all()
        )
    return [
        asset.model_copy(
            update={
                "public_id": given_public_id(asset.public_id)
                if asset.public_id
                else public_id(gtin=gtins[asset.product_id], serial=asset.serial, asset_id=asset.id)
            }
        )
        for asset in assets
    ]


def _registered_before(session: Session, assets: Sequence[NewAsset]) -> dict[UUID, AssetRecord]:
    """Find those that are here already under the same id, and refuse those that were registered in other words."""
    told = {asset.id: _facts(asset) for asset in assets}
    known: dict[UUID, AssetRecord] = {}
    for some in chunks(sorted(told)):
        known |= {one.id: one for one in session.exec(select(AssetRecord).where(col(AssetRecord.id).in_(some)))}
    for some in chunks(sorted(known)):
        first = select(AssetEventRecord).where(col(AssetEventRecord.asset_id).in_(some), AssetEventRecord.sequence == 1)
        for event in session.exec(first):
            if event.facts != told[event.asset_id]:
                sentence = f"asset {event.asset_id} is registered already, in other words; correct it instead"
                raise AlreadyRegistered(sentence, field="id")
    return known


def _refuse_twins(session: Session, assets: Sequence[NewAsset]) -> None:
    """No two assets of a product share a serial number, no two assets a public identifier."""
    serials = {(asset.product_id, asset.serial): asset for asset in assets}
    publics = {asset.public_id: asset for asset in assets}
    ids = {asset.id: asset for asset in assets}
    for asset in assets:
        if not asset is serials[asset.product_id, asset.serial] is publics[asset.public_id] is ids[asset.id]:
            raise AlreadyRegistered(f"serial number {asset.serial} ({asset.public_id}) is given twice", field="serial")
    for some in chunks(sorted({asset.serial for asset in assets})):
        for record in session.exec(select(AssetRecord).where(col(AssetRecord.serial).in_(some))):
            if (record.product_id, record.serial) in serials:
                sentence = f"serial number {record.serial} of this product is registered already, as {record.public_id}"
                raise AlreadyRegistered(sentence, field="serial")
    for some in chunks(sorted(publics)):
        for record in session.exec(select(AssetRecord).where(col(AssetRecord.public_id).in_(some))):
            raise AlreadyRegistered(f"{record.public_id} is registered already", field="public_id")


def _refuse_unknown(session: Session, assets: Sequence[NewAsset]) -> None:
    refuse_unknown(session, ProductRecord, (asset.product_id for asset in assets), field="product_id")
    refuse_unknown(session, SiteRecord, (asset.site_id for asset in assets), field="site_id")
    refuse_unknown(session, CustomerRecord, (asset.holder_id for asset in assets), field="holder_id")
    own = {asset.id for asset in assets}
    for asset in assets:
        if asset.previous_life_id == asset.id:
            sentence = f"{asset.serial} cannot be made of itself; name the asset that was there before it"
            raise UnknownReference(sentence, field="previous_life_id")
    previous = (asset.previous_life_id for asset in assets if asset.previous_life_id not in own)
    refuse_unknown(session, AssetRecord, previous, field="previous_life_id")
