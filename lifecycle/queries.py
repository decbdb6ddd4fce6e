"""Questions about the register: which asset is meant, what stood where, and what an asset was at a moment."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TypeVar
from uuid import UUID

from sqlmodel import Session, SQLModel, col, or_, select
from sqlmodel.sql.expression import SelectOfScalar

from lifecycle.asset import PlaceContent
from lifecycle.tables import (
    AssetEventRecord,
    AssetRecord,
    CustomerRecord,
    MaterialRecord,
    ProductRecord,
    SiteRecord,
    StayRecord,
)
from telemetry.refusal import Refusal

_AT_ONCE = 500

Catalogued = TypeVar("Catalogued", CustomerRecord, MaterialRecord, ProductRecord, SiteRecord, AssetRecord)
T = TypeVar("T")


class UnknownAsset(Refusal):
    """No asset of ours answers to that."""


class UnknownReference(Refusal):
    """Something is named that is not in the register."""


class NotInCatalogue(Refusal):
    """Nothing of that kind has that id."""


def assets_by_reference(session: Session, references: Iterable[str]) -> dict[str, UUID]:
    """Find assets by what people call them: UUID, public identifier, or a serial number that only one asset has.

    What answers to nothing, or to several, is left out.
    """
    wanted = sorted(set(references))
    found: dict[str, UUID] = {}
    for some in chunks(wanted):
        serials: dict[str, list[UUID]] = {}
        own = {identity: text for text in some if (identity := _identity(text))}
        for asset in session.exec(
            select(AssetRecord.id, AssetRecord.public_id, AssetRecord.serial).where(
                or_(
                    col(AssetRecord.id).in_(own),
                    col(AssetRecord.public_id).in_(some),
                    col(AssetRecord.serial).in_(some),
                )
            )
        ):
            identity, public_id, serial = asset
            serials.setdefault(serial, []).append(identity)
            found |= {name: identity for name in (own.get(identity), public_id) if name}
        found = {serial: ids[0] for serial, ids in serials.items() if len(ids) == 1} | found
    return {text: found[text] for text in wanted if text in found}


def refuse_unknown(session: Session, kind: type[Catalogued], ids: Iterable[UUID | None], *, field: str) -> None:
    """Hold ids that rows will refer to against the register.

    Raises UnknownReference naming the first that is not there.
    """
    wanted = sorted({identity for identity in ids if identity is not None})
    known: set[UUID] = set()
    for some in chunks(wanted):
        known |= set(session.exec(select(kind.id).where(col(kind.id).in_(some))))
    if missing := [identity for identity in wanted if identity not in known]:
        sentence = f"{field} names {missing[0]}, and there is no such {kind.__tablename__}"
        raise UnknownReference(sentence, field=field)


def in_catalogue(session: Session, kind: type[Catalogued], identity: UUID) -> Catalogued:
    """Give one product, material, site or customer.

    Raises NotInCatalogue.
    """
    found = session.exec(select(kind).where(kind.id == identity)).first()
    if found is None:
        raise NotInCatalogue(f"there is no such {kind.__tablename__}")
    return found


def codes_of(session: Session, kind: type[SQLModel], ids: Iterable[UUID]) -> dict[UUID, str]:
    """Give the natural codes of products, sites, customers or materials by id."""
    table = kind
    found: dict[UUID, str] = {}
    for some in chunks(sorted(set(ids))):
        found |= dict(session.exec(select(table.id, table.code).where(col(table.id).in_(some))).all())  # type: ignore[attr-defined]
    return found


def known_asset(session: Session, *, asset_id: UUID, holder_id: UUID | None) -> AssetRecord:
    """Give one asset; where a holder is named, only if it is with that holder now.

    Raises UnknownAsset, in the same words for what is not there and for what is not theirs.
    """
    query = select(AssetRecord).where(AssetRecord.id == asset_id)
    found = session.exec(query if holder_id is None else query.where(AssetRecord.holder_id == holder_id)).first()
    if found is None:
        raise UnknownAsset("there is no such asset")
    return found


def history(session: Session, *, asset_id: UUID) -> list[AssetEventRecord]:
    """Give the whole history of an asset in the order in which it was recorded."""
    query = select(AssetEventRecord).where(AssetEventRecord.asset_id == asset_id)
    return list(session.exec(query.order_by(col(AssetEventRecord.sequence))))


def stays(session: Session, *, asset_id: UUID) -> list[StayRecord]:
    """Give where an asset was, one stay after another."""
    return list(session.exec(select(StayRecord).where(StayRecord.asset_id == asset_id).order_by(col(StayRecord.since))))


def stays_at(*, site_id: UUID, at: datetime) -> SelectOfScalar[StayRecord]:
    """Ask for the stays of a place that a moment falls in."""
    return select(StayRecord).where(
        StayRecord.site_id == site_id,
        StayRecord.since <= at,
        or_(col(StayRecord.until).is_(None), col(StayRecord.until) > at),
    )


def assets_at(
    session: Session, *, site_id: UUID, at: datetime, after: UUID | None = None, limit: int | None = None
) -> list[PlaceContent]:
    """Give what stood in a place at a moment, sorted by asset id, from after an asset id on."""
    query = stays_at(site_id=site_id, at=at).order_by(col(StayRecord.asset_id))
    if after is not None:
        query = query.where(col(StayRecord.asset_id) > after)
    return contents(session, list(session.exec(query.limit(limit) if limit else query)))


def contents(session: Session, found: Sequence[StayRecord]) -> list[PlaceContent]:
    """Name the things of some stays."""
    assets: dict[UUID, AssetRecord] = {}
    for some in chunks([stay.asset_id for stay in found]):
        assets |= {one.id: one for one in session.exec(select(AssetRecord).where(col(AssetRecord.id).in_(some)))}
    return [
        PlaceContent.model_validate(
            stay.model_dump(include=set(PlaceContent.model_fields))
            | {"serial": assets[stay.asset_id].serial, "product_id": assets[stay.asset_id].product_id}
        )
        for stay in found
    ]


def chunks(values: Sequence[T]) -> Iterable[Sequence[T]]:
    """Cut what goes into an IN list into pieces that SQLite takes."""
    return (values[start : start + _AT_ONCE] for start in range(0, len(values), _AT_ONCE))


def _identity(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
